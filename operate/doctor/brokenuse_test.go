package doctor_test

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"

	"ecsctl/image"
	"ecsctl/internal/testkit/patient"
	"ecsctl/operate"
	"ecsctl/operate/doctor"
	"ecsctl/operate/status"
	"ecsctl/prefect"
	"ecsctl/provision/spec"
	"ecsctl/sandbox"
)

func init() { maps.Copy(brokenSetUps, brokenUses) }

// brokenUses are set-ups of issue 16 in which what was made cannot do its work, or cannot go.
var brokenUses = map[string]setUp{
	"Spot is not associated with the cluster": {before: func(p *patient.Patient) {
		_, err := ecs.NewFromConfig(p.Cfg).CreateCluster(p.T.Context(), &ecs.CreateClusterInput{
			ClusterName: aws.String("theirs"), CapacityProviders: []string{"FARGATE"}})
		must(p.T, err)
		p.Spec.Cluster = "theirs"
	}, made: true, damage: func(p *patient.Patient) {
		setDefault(p, "launch_type", "FARGATE_SPOT")
	}, change: asTheCommand, check: "the pool's own job", status: operate.CheckFail,
		says: `cluster "theirs" has no capacity provider FARGATE_SPOT`, fix: "aws ecs put-cluster-capacity-providers " +
			"--region eu-west-1 --cluster theirs --capacity-providers FARGATE FARGATE_SPOT"},
	"the worker's deployment has failed": {account: sandbox.Options{Functions: map[string]sandbox.Function{
		"prefecthq/*": func(context.Context, []string) int { return 3 },
	}}, before: func(p *patient.Patient) { one := 1; p.Spec.Worker.DesiredCount = &one },
		made: true, damage: untilGivenUp, change: asTheCommand, check: "what bootstrap made", status: operate.CheckFail,
		says: "ECS has given up", fix: "bootstrap --pool etl"},
	"a rule of others names the group": {made: true, damage: func(p *patient.Patient) { useGroup(p) },
		check: "security group", status: operate.CheckWarn, says: "is used by a rule of security group sg-",
		fix: "take the group out of these before a teardown"},
	"an interface of others is in the group": {made: true, damage: func(p *patient.Patient) {
		group, _ := groupOf(p)
		subnets, err := p.Ec2.DescribeSubnets(p.T.Context(), &ec2.DescribeSubnetsInput{})
		must(p.T, err)
		_, err = p.Ec2.CreateNetworkInterface(p.T.Context(), &ec2.CreateNetworkInterfaceInput{
			SubnetId: subnets.Subnets[0].SubnetId, Groups: []string{group}, Description: aws.String("ELB app/web")})
		must(p.T, err)
	}, check: "security group", status: operate.CheckWarn, says: "(ELB app/web)", fix: "take the group out of these"},
	"the execution role cannot use the secret's KMS key": {before: secretUnderKey, made: true,
		check: "execution-role tasks", status: operate.CheckWarn,
		says: "does not allow kms:Decrypt on arn:aws:kms:eu-west-1:123456789012:key/1234",
		fix:  "DecryptSecrets of `ecsctl policy execution`"},
	"more subnets in the pool's defaults than ECS takes": {made: true, damage: func(p *patient.Patient) {
		setDefault(p, "network_configuration", map[string]any{"subnets": many("subnet", 17)})
	}, check: "the pool's own job", status: operate.CheckFail,
		says: "network_configuration: it names 17 subnets, and ECS accepts 16",
		fix:  "change these defaults"},
	"more security groups in the pool's defaults than ECS takes": {made: true, damage: func(p *patient.Patient) {
		setDefault(p, "network_configuration", map[string]any{
			"subnets": many("subnet", 2), "securityGroups": many("sg", 6)})
	}, check: "the pool's own job", status: operate.CheckFail,
		says: "network_configuration: it names 6 security groups, and ECS accepts 5",
		fix:  "change these defaults"},
}

func many(kind string, n int) []string {
	out := make([]string, n)
	for i := range out {
		out[i] = fmt.Sprintf("%s-%017d", kind, i)
	}
	return out
}

// asTheCommand has the doctor ask status, as the command does.
func asTheCommand(*patient.Patient) func(*doctor.DoctorOptions) {
	return func(o *doctor.DoctorOptions) {
		o.Status = &status.Options{Options: o.Options, StuckAfter: time.Minute,
			Bootstrap: func(s spec.Spec) string { return "ecsctl bootstrap --pool " + s.Pool },
			UseBinary: func(s spec.Spec) (spec.Spec, *image.Binary, error) { return s.UseBinary() },
		}
	}
}

// setDefault changes a default of the pool, as its users do.
func setDefault(p *patient.Patient, variable string, value any) {
	p.T.Helper()
	ctx, api := p.T.Context(), p.API(p.Server.PrefectAPIURL())
	pool, err := api.ReadWorkPool(ctx, patient.PatientPool)
	must(p.T, err)
	var template struct {
		Job       json.RawMessage `json:"job_configuration"`
		Variables map[string]any  `json:"variables"`
	}
	must(p.T, json.Unmarshal(pool.BaseJobTemplate, &template))
	template.Variables["properties"].(map[string]any)[variable].(map[string]any)["default"] = value
	raw, err := json.Marshal(template)
	must(p.T, err)
	must(p.T, api.UpdateWorkPool(ctx, patient.PatientPool, prefect.WorkPoolUpdate{BaseJobTemplate: raw}))
}

// untilGivenUp waits until ECS has given up on the deployment of the worker's service.
func untilGivenUp(p *patient.Patient) {
	p.T.Helper()
	api, ticker := ecs.NewFromConfig(p.Cfg), time.NewTicker(5*time.Millisecond)
	defer ticker.Stop()
	for {
		out, err := api.DescribeServices(p.T.Context(),
			&ecs.DescribeServicesInput{Services: []string{"prefect-worker-etl"}})
		must(p.T, err)
		if out.Services[0].Deployments[0].RolloutState == ecstypes.DeploymentRolloutStateFailed {
			return
		}
		select {
		case <-ticker.C:
		case <-p.T.Context().Done():
			p.T.Fatal("ECS has not given up")
		}
	}
}

// groupOf is the security group that bootstrap made, and its VPC.
func groupOf(p *patient.Patient) (group, vpc string) {
	p.T.Helper()
	found, err := p.Ec2.DescribeSecurityGroups(p.T.Context(), &ec2.DescribeSecurityGroupsInput{
		Filters: []ec2types.Filter{{Name: aws.String("group-name"), Values: []string{"prefect-etl"}}}})
	must(p.T, err)
	return *found.SecurityGroups[0].GroupId, *found.SecurityGroups[0].VpcId
}

func useGroup(p *patient.Patient) {
	p.T.Helper()
	ctx := p.T.Context()
	group, vpc := groupOf(p)
	made, err := p.Ec2.CreateSecurityGroup(ctx, &ec2.CreateSecurityGroupInput{GroupName: aws.String("theirs"),
		Description: aws.String("d"), VpcId: &vpc})
	must(p.T, err)
	_, err = p.Ec2.AuthorizeSecurityGroupIngress(ctx, &ec2.AuthorizeSecurityGroupIngressInput{GroupId: made.GroupId,
		IpPermissions: []ec2types.IpPermission{{IpProtocol: aws.String("-1"),
			UserIdGroupPairs: []ec2types.UserIdGroupPair{{GroupId: &group}}}}})
	must(p.T, err)
}

// secretUnderKey gives an execution role of others a secret that it may read, and whose key it may not use.
func secretUnderKey(p *patient.Patient) {
	p.T.Helper()
	ctx, roles := p.T.Context(), iam.NewFromConfig(p.Cfg)
	made, err := secretsmanager.NewFromConfig(p.Cfg).CreateSecret(ctx, &secretsmanager.CreateSecretInput{
		Name: aws.String("theirs"), SecretString: aws.String(patient.PatientKey), KmsKeyId: aws.String("1234")})
	must(p.T, err)
	p.Spec.Prefect.APIKeySecret = *made.ARN
	_, err = roles.CreateRole(ctx, &iam.CreateRoleInput{RoleName: aws.String("tasks"),
		AssumeRolePolicyDocument: aws.String(`{"Version": "2012-10-17", "Statement": [{"Effect": "Allow",
			"Action": "sts:AssumeRole", "Principal": {"Service": "ecs-tasks.amazonaws.com"}}]}`)})
	must(p.T, err)
	_, err = roles.PutRolePolicy(ctx, &iam.PutRolePolicyInput{RoleName: aws.String("tasks"),
		PolicyName: aws.String("p"),
		PolicyDocument: aws.String(`{"Version": "2012-10-17", "Statement": [{"Effect": "Allow",
			"Action": ["secretsmanager:*", "ecr:*", "logs:*"], "Resource": "*"}]}`)})
	must(p.T, err)
	p.Spec.Names.ExecutionRole = "arn:aws:iam::123456789012:role/tasks"
}
