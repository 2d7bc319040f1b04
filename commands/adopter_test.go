package commands_test

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"ecsctl/internal/testkit/stage"
	"ecsctl/prefect"
	"ecsctl/sandbox"
)

// adopter is an account with what a pool that has lived for a year uses.
type adopter struct {
	*account
	api *prefect.Client
	ids map[string]string
}

const trustTasks = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"ecs-tasks.amazonaws.com"},"Action":"sts:AssumeRole"}]}`

func newAdopter(t *testing.T) *adopter {
	t.Helper()
	images := t.TempDir()
	opts := sandbox.Options{EnforceIAM: true, Images: map[string]string{
		"prefecthq/*": images, "registry.example/*": images, "datadog/*": images,
	}}
	a := &adopter{account: openAccount(t, opts), ids: map[string]string{}}
	a.bring(images, "quick-worker", "python")
	const script = `#!/bin/sh
test "$1" = worker && exec quick-worker "$@"
for at in /mnt/shared /scratch; do
	test -e $at/note && echo "there is a note at $at" && exit 9
	test -d $at && echo note > $at/note
done
exec quick-worker demo flow-run
`
	a.must(os.WriteFile(filepath.Join(images, "prefect"), []byte(script), 0o700))
	a.env = append(a.env, "ECSCTL_RUNTIME=prefect")
	api, err := prefect.New(prefect.Options{APIURL: a.Server.PrefectAPIURL()})
	a.must(err)
	a.api = api
	a.furnish()
	return a
}

// make calls AWS past the tap and keeps an id of the answer.
func (a *adopter) make(name, path, service, operation, input string) {
	a.t.Helper()
	answer, err := a.Call(a.t.Context(), service, operation, input)
	a.must(err)
	if name != "" {
		a.ids[name], err = stage.At(answer, path)
		a.must(err)
	}
}

func (a *adopter) furnish() {
	a.t.Helper()
	a.make("CLUSTER", "Cluster.ClusterArn", "ecs", "CreateCluster",
		"{ClusterName: acme, CapacityProviders: [FARGATE, FARGATE_SPOT]}")
	a.make("", "", "ecs", "CreateCluster", "{ClusterName: prod}")
	a.make("VPC", "Vpcs.0.VpcId", "ec2", "DescribeVpcs", "{}")
	a.make("SUBNET_A", "Subnets.0.SubnetId", "ec2", "DescribeSubnets", "{}")
	a.make("SUBNET_B", "Subnets.1.SubnetId", "ec2", "DescribeSubnets", "{}")
	a.make("PRIVATE", "Subnet.SubnetId", "ec2", "CreateSubnet", "{VpcId: "+a.ids["VPC"]+
		", CidrBlock: 172.31.200.0/24, AvailabilityZone: eu-west-1a}")
	a.make("TABLE", "RouteTable.RouteTableId", "ec2", "CreateRouteTable", "{VpcId: "+a.ids["VPC"]+"}")
	a.make("", "", "ec2", "AssociateRouteTable", "{RouteTableId: "+a.ids["TABLE"]+", SubnetId: "+a.ids["PRIVATE"]+"}")
	a.make("GROUP", "GroupId", "ec2", "CreateSecurityGroup", "{VpcId: "+a.ids["VPC"]+
		", GroupName: acme, Description: acme}")
	a.make("SECRET", "ARN", "secretsmanager", "CreateSecret",
		`{Name: acme/flows, SecretString: '{"prefect-api-key": "`+stage.Canary+
			`", "google-api-key": "g", "supabase-url": "u"}'}`)
	a.make("", "", "logs", "CreateLogGroup", "{LogGroupName: /acme/flows}")
	a.role("EXECUTION_ROLE", "acme-execution")
	a.make("", "", "iam", "AttachRolePolicy", "{RoleName: acme-execution, PolicyArn: "+
		"'arn:aws:iam::aws:policy/service-role/AmazonECSTaskExecutionRolePolicy'}")
	a.make("", "", "iam", "PutRolePolicy", `{RoleName: acme-execution, PolicyName: secrets, PolicyDocument: '`+
		`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"secretsmanager:GetSecretValue","Resource":"`+
		a.ids["SECRET"]+`"}]}'}`)
	a.role("TASK_ROLE", "acme-task")
	a.make("", "", "iam", "CreateUser", "{UserName: acme-ci}")
	a.make("", "", "iam", "AttachUserPolicy",
		"{UserName: acme-ci, PolicyArn: 'arn:aws:iam::aws:policy/AdministratorAccess'}")
	key, err := a.Call(a.t.Context(), "iam", "CreateAccessKey", "{UserName: acme-ci}")
	a.must(err)
	a.ids["ACCESS_KEY"], err = stage.At(key, "AccessKey.AccessKeyId")
	a.must(err)
	a.ids["SECRET_KEY"], err = stage.At(key, "AccessKey.SecretAccessKey")
	a.must(err)
	a.make("DEFINITION", "TaskDefinition.TaskDefinitionArn", "ecs", "RegisterTaskDefinition",
		`{Family: acme-by-hand, Cpu: "256", Memory: "512",
		NetworkMode: awsvpc, RequiresCompatibilities: [FARGATE], ExecutionRoleArn: '`+a.ids["EXECUTION_ROLE"]+
			`', TaskRoleArn: '`+a.ids["TASK_ROLE"]+`',
		ContainerDefinitions: [{Name: prefect, Image: 'registry.example/flows:7', Essential: true, LogConfiguration: {LogDriver: awslogs,
		Options: {awslogs-group: /acme/flows, awslogs-region: eu-west-1, awslogs-stream-prefix: hand}}}]}`)
	a.ids["BLOCK"] = "" // once there is one
}

func (a *adopter) role(id, name string) {
	a.t.Helper()
	a.make(id, "Role.Arn", "iam", "CreateRole", "{RoleName: "+name+", AssumeRolePolicyDocument: '"+trustTasks+"'}")
}

// deployment makes one of a flow in the pool.
func (a *adopter) deployment(ctx context.Context, variables json.RawMessage) *prefect.Deployment {
	a.t.Helper()
	flow, err := a.api.CreateFlow(ctx, "hello")
	a.must(err)
	deployment, err := a.api.CreateDeployment(ctx, prefect.DeploymentCreate{
		Name: "d", FlowID: flow.ID, WorkPoolName: publishedPoolName, JobVariables: variables,
	})
	a.must(err)
	return deployment
}
