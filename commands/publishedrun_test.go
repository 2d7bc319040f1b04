package commands_test

import (
	"bytes"
	"encoding/json"
	"net/http"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
	"github.com/google/go-cmp/cmp"

	"ecsctl/internal/testkit/inventory"
	"ecsctl/prefect"
	"ecsctl/templates"
)

const publishedPoolName = "acme"

// TestPublishedPools takes each pool through a bootstrap, one run and a teardown: the run
// works, or the plan said why it cannot, before anything was made.
func TestPublishedPools(t *testing.T) {
	t.Parallel()
	for _, file := range publishedNames(t) {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".yaml"), func(t *testing.T) {
			t.Parallel()
			a := newAdopter(t)
			p := a.publish(file)
			before := a.read()
			plan := a.bootstraps(p)
			a.planSays(p, plan)
			if p.Refused == "" {
				if p.Warned == "" {
					a.runs(p)
				}
				a.tearsDown()
				a.deregister()
			}
			a.tornDown(before)
		})
	}
}

// tearsDown waits for tasks: a run is Completed a moment before its process, and so its task, has ended.
func (a *adopter) tearsDown() {
	a.t.Helper()
	a.Run("teardown", "--pool", publishedPoolName, "--running", "wait", "--yes")
}

// tornDown compares the account with what it was. ECS shows a service that was deleted until its last task has stopped.
func (a *adopter) tornDown(before *inventory.Snapshot) {
	a.t.Helper()
	a.eventually(a.limited(), "the service has drained", func() bool {
		clusters, err := a.Source.ECS.ListClusters(a.t.Context(), &ecs.ListClustersInput{})
		a.must(err)
		for _, arn := range clusters.ClusterArns {
			services, err := a.Source.ECS.DescribeServices(a.t.Context(), &ecs.DescribeServicesInput{Cluster: &arn,
				Services: []string{"prefect-worker-" + publishedPoolName}})
			a.must(err)
			if len(services.Services) > 0 && aws.ToString(services.Services[0].Status) == "DRAINING" {
				return false
			}
		}
		return true
	})
	a.same("after teardown", before)
}

// publish makes the pool.
func (a *adopter) publish(file string) publishedPool {
	a.t.Helper()
	p := readPublished(a.t, file, a.ids)
	if p.Block != nil {
		a.ids["BLOCK"] = a.block(p.Block)
		p = readPublished(a.t, file, a.ids)
	}
	a.connect(p.Endpoints)
	_, err := a.api.CreateWorkPool(a.t.Context(), prefect.WorkPoolCreate{
		Name: publishedPoolName, Type: "ecs", BaseJobTemplate: p.template(a.t, templates.ECSBaseJobTemplate),
	})
	a.must(err)
	return p
}

// connect makes endpoints that let in the whole VPC.
func (a *adopter) connect(services []string) {
	if len(services) == 0 {
		return
	}
	a.make("OPEN", "GroupId", "ec2", "CreateSecurityGroup", "{VpcId: "+a.ids["VPC"]+
		", GroupName: endpoints, Description: endpoints}")
	a.make("", "", "ec2", "AuthorizeSecurityGroupIngress", "{GroupId: "+a.ids["OPEN"]+
		", IpPermissions: [{IpProtocol: tcp, FromPort: 443, ToPort: 443, IpRanges: [{CidrIp: 172.31.0.0/16}]}]}")
	for _, service := range services {
		a.make("", "", "ec2", "CreateVpcEndpoint", "{VpcId: "+a.ids["VPC"]+
			", VpcEndpointType: Interface, ServiceName: "+
			"com.amazonaws.eu-west-1."+service+", SubnetIds: ["+a.ids["PRIVATE"]+"], SecurityGroupIds: ["+
			a.ids["OPEN"]+"]}")
	}
}

// block makes an AwsCredentials block and returns its id.
func (a *adopter) block(data map[string]any) string {
	a.t.Helper()
	kind := a.post("/block_types/", map[string]any{"name": "AWS Credentials", "slug": "aws-credentials"})
	schema := a.post("/block_schemas/", map[string]any{
		"block_type_id": kind, "fields": map[string]any{
			"type": "object", "secret_fields": []string{"aws_secret_access_key"},
		}})
	return a.post("/block_documents/", map[string]any{
		"name": "prod", "data": data, "block_schema_id": schema, "block_type_id": kind,
	})
}

// post makes something on the Prefect server and returns its id.
func (a *adopter) post(path string, body any) string {
	a.t.Helper()
	raw, err := json.Marshal(body)
	a.must(err)
	res, err := http.Post(a.Server.PrefectAPIURL()+path, "application/json", bytes.NewReader(raw))
	a.must(err)
	defer res.Body.Close()
	var made struct{ ID string }
	a.must(json.NewDecoder(res.Body).Decode(&made))
	if made.ID == "" {
		a.t.Fatalf("POST %s: %s", path, res.Status)
	}
	return made.ID
}

// bootstraps returns what the dry run says; the bootstrap itself says the same.
func (a *adopter) bootstraps(p publishedPool) string {
	a.t.Helper()
	args := append([]string{"bootstrap", "--pool", publishedPoolName, "--cluster", p.Cluster}, p.Args...)
	a.Tap.Reset()
	cmd, out := a.command(append(args, "--dry-run")...)
	err := cmd.Run()
	if refused := p.Refused != ""; refused != (err != nil) {
		a.t.Fatalf("dry run: %v, want it refused: %v\n%s", err, refused, out)
	}
	if writes := a.Writes(); len(writes) > 0 {
		a.t.Fatalf("the dry run wrote: %q", writes)
	}
	if err == nil {
		a.Run(append(args, "--yes")...)
	}
	return out.String()
}

func matches(pattern, text string) bool { return regexp.MustCompile(pattern).MatchString(text) }

func (a *adopter) planSays(p publishedPool, plan string) {
	a.t.Helper()
	for _, want := range []string{p.Refused, p.Warned, p.Crash, p.Plan} {
		if !matches(want, plan) {
			a.t.Errorf("the plan does not say %q:\n%s", want, plan)
		}
	}
	for _, name := range p.Keeps {
		if strings.Contains(plan, "defaults."+name+": ") {
			a.t.Errorf("%s is changed:\n%s", name, plan)
		}
	}
}

// runs makes a deployment and a run of it, which must complete.
func (a *adopter) runs(p publishedPool) {
	a.t.Helper()
	ctx := a.limited()
	variables, err := json.Marshal(p.JobVariables)
	a.must(err)
	deployment := a.deployment(ctx, variables)
	if p.Deployment != "" {
		a.deploymentIsTold(p.Deployment)
		return
	}
	run, err := a.api.CreateFlowRun(ctx, deployment.ID, prefect.FlowRunCreate{})
	a.must(err)
	a.eventually(ctx, "the run ends", func() bool {
		run, err = a.api.ReadFlowRun(ctx, run.ID)
		a.must(err)
		return run.State.Type.Terminal()
	})
	if p.Unplayed != "" && strings.Contains(run.State.Message, "the ecsctl sandbox does not implement "+p.Unplayed) {
		return
	}
	if p.Crash != "" {
		if run.State.Type != prefect.Crashed {
			a.t.Errorf("the plan says that the run crashes, and it is %s", run.State.Name)
		}
		return
	}
	if run.State.Type != prefect.Completed {
		a.t.Fatalf("the run is %s: %s", run.State.Name, run.State.Message)
	}
	_, task, _ := strings.Cut(run.InfrastructurePID, "::")
	a.taskUses(p.Uses, p.Cluster, task)
}

func (a *adopter) deploymentIsTold(want string) {
	a.t.Helper()
	cmd, out := a.command("doctor", "--pool", publishedPoolName, "--deployments")
	if err := cmd.Run(); err == nil || !matches(want, out.String()) {
		a.t.Errorf("doctor --deployments: %v, does not say %q:\n%s", err, want, out)
	}
}

// taskUses compares what the task has with what its users chose.
func (a *adopter) taskUses(want taskUse, cluster, task string) {
	a.t.Helper()
	tasks, err := a.Source.ECS.DescribeTasks(a.t.Context(), &ecs.DescribeTasksInput{
		Cluster: &cluster, Tasks: []string{task},
	})
	a.must(err)
	definition, err := a.Source.ECS.DescribeTaskDefinition(a.t.Context(),
		&ecs.DescribeTaskDefinitionInput{TaskDefinition: tasks.Tasks[0].TaskDefinitionArn})
	a.must(err)
	got := useOf(tasks.Tasks[0], definition.TaskDefinition)
	if want.TaskRole == "" {
		got.TaskRole = ""
	}
	if want.ExecutionRole == "" {
		got.ExecutionRole = ""
	}
	if want.LogGroup == "" {
		got.LogGroup = ""
	}
	if want.Subnets == nil || slices.Equal(got.Subnets, want.Subnets) || len(got.Subnets) == 1 &&
		slices.Contains(want.Subnets, got.Subnets[0]) {
		got.Subnets = want.Subnets // a task is in one of them
	}
	if diff := cmp.Diff(want, got); diff != "" {
		a.t.Errorf("what the task uses (-want +got):\n%s", diff)
	}
}

func useOf(task types.Task, definition *types.TaskDefinition) taskUse {
	name := func(arn *string) string { return aws.ToString(arn)[strings.LastIndex(aws.ToString(arn), "/")+1:] }
	use := taskUse{TaskRole: name(definition.TaskRoleArn), ExecutionRole: name(definition.ExecutionRoleArn)}
	if o := task.Overrides; o != nil && o.TaskRoleArn != nil {
		use.TaskRole = name(o.TaskRoleArn)
	}
	for _, c := range definition.ContainerDefinitions {
		if c.LogConfiguration != nil && use.LogGroup == "" {
			use.LogGroup = c.LogConfiguration.Options["awslogs-group"]
		}
	}
	for _, attachment := range task.Attachments {
		for _, detail := range attachment.Details {
			if aws.ToString(detail.Name) == "subnetId" {
				use.Subnets = append(use.Subnets, aws.ToString(detail.Value))
			}
		}
	}
	return use
}

// deregister takes the definitions away that the worker has registered for flow runs: they stay
// with a pool that is not ecsctl's.
func (a *adopter) deregister() {
	a.t.Helper()
	out, err := a.Source.ECS.ListTaskDefinitions(a.t.Context(),
		&ecs.ListTaskDefinitionsInput{Status: types.TaskDefinitionStatusActive})
	a.must(err)
	for _, arn := range out.TaskDefinitionArns {
		if arn != a.ids["DEFINITION"] {
			_, err := a.Source.ECS.DeregisterTaskDefinition(a.t.Context(),
				&ecs.DeregisterTaskDefinitionInput{TaskDefinition: &arn})
			a.must(err)
		}
	}
}
