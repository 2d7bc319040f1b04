package commands_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"ecsctl/prefect"
	"ecsctl/sandbox/fault"
)

// capacityRuns is how many flow runs each capacity is to carry; every other one is for ARM.
const capacityRuns = 20

// TestCapacities takes each capacity from bootstrap to teardown: verify passes, its runs are on it,
// on the processor that each asks for, a second plan is empty and nothing is left.
func TestCapacities(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		prepare  func(*adopter)
		args     []string
		kind     types.LaunchType // of the tasks
		provider string
	}{
		"fargate": {args: []string{"--capacity", "fargate"}, kind: types.LaunchTypeFargate},
		"spot": {args: []string{"--capacity", "fargate-spot"}, kind: types.LaunchTypeFargate,
			provider: "FARGATE_SPOT"},
		"managed instances": {prepare: (*adopter).natted, args: []string{"--capacity", "managed-instances",
			"--instance-type", "m7*", "--instance-vcpus", "2-8"}, kind: types.LaunchTypeManagedInstances,
			provider: "prefect-" + publishedPoolName},
		"GPUs": {prepare: (*adopter).natted, args: []string{"--capacity", "managed-instances", "--instance-type", "g5*",
			"--instance-gpus", "1-", "--job-variable", `resource_requirements=[{"type": "GPU", "value": "1"}]`},
			kind: types.LaunchTypeManagedInstances, provider: "prefect-" + publishedPoolName},
		"ec2": {prepare: func(a *adopter) {
			a.make("", "", "ecs", "CreateCapacityProvider",
				"{Name: batch, AutoScalingGroupProvider: {AutoScalingGroupArn: '"+
					"arn:aws:autoscaling:eu-west-1:123456789012:autoScalingGroup:00000000-0000-4000-8000-000000000000:"+
					"autoScalingGroupName/batch', ManagedScaling: {Status: ENABLED}}}")
		}, args: []string{"--capacity", "ec2", "--capacity-provider", "batch"}, kind: types.LaunchTypeEc2,
			provider: "batch"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := newAdopter(t)
			if test.prepare != nil {
				test.prepare(a)
			}
			before := a.read()
			args := append([]string{"bootstrap", "--pool", publishedPoolName, "--job-variable",
				`runtime_platform={"cpuArchitecture": "X86_64", "operatingSystemFamily": "LINUX"}`}, test.args...)
			a.Run(append(args, "--yes")...)
			a.Run("verify", "--pool", publishedPoolName)
			for platform, tasks := range a.twentyRuns() {
				if len(tasks) != capacityRuns/2 {
					t.Errorf("%d tasks for %s", len(tasks), platform)
				}
				for _, task := range tasks {
					if task.LaunchType != test.kind || aws.ToString(task.CapacityProviderName) != test.provider {
						t.Errorf("a task is on %s %s", task.LaunchType, aws.ToString(task.CapacityProviderName))
					}
				}
			}
			a.Run(append(args, "--dry-run", "--detailed-exitcode")...)
			a.Run("status", "--pool", publishedPoolName)
			a.tearsDown()
			a.deregister()
			a.tornDown(before)
		})
	}
}

// natted gives the default VPC private subnets with a way out, which tasks on managed instances need.
func (a *adopter) natted() {
	a.make("ADDRESS", "AllocationId", "ec2", "AllocateAddress", "{}")
	a.make("NAT", "NatGateway.NatGatewayId", "ec2", "CreateNatGateway",
		"{SubnetId: "+a.ids["SUBNET_A"]+", AllocationId: "+a.ids["ADDRESS"]+"}")
	a.make("NATTED", "RouteTable.RouteTableId", "ec2", "CreateRouteTable", "{VpcId: "+a.ids["VPC"]+"}")
	a.make("", "", "ec2", "CreateRoute", "{RouteTableId: "+a.ids["NATTED"]+
		", DestinationCidrBlock: 0.0.0.0/0, NatGatewayId: "+a.ids["NAT"]+"}")
	for zone, block := range map[string]string{"eu-west-1a": "172.31.201.0/24", "eu-west-1b": "172.31.202.0/24"} {
		a.make("SUBNET", "Subnet.SubnetId", "ec2", "CreateSubnet", "{VpcId: "+a.ids["VPC"]+", CidrBlock: "+block+
			", AvailabilityZone: "+zone+"}")
		a.make("", "", "ec2", "AssociateRouteTable", "{RouteTableId: "+a.ids["NATTED"]+
			", SubnetId: "+a.ids["SUBNET"]+"}")
	}
}

// The command of a fresh bootstrap's worker, run beside the sandbox, launches on demand what Spot has no capacity for.
func TestSpotFallbackOfAFreshBootstrap(t *testing.T) {
	t.Parallel()
	a := newAdopter(t)
	a.env = slices.DeleteFunc(a.env, func(v string) bool { return v == "ECSCTL_RUNTIME=prefect" })
	a.Run("bootstrap", "--pool", publishedPoolName, "--capacity", "fargate-spot", "--spot-fallback", "--yes",
		"--desired-count", "0", "--no-wait")
	definition, err := a.Source.ECS.DescribeTaskDefinition(t.Context(),
		&ecs.DescribeTaskDefinitionInput{TaskDefinition: aws.String("prefect-worker-" + publishedPoolName)})
	a.must(err)
	worker, out := a.command(definition.TaskDefinition.ContainerDefinitions[0].Command...)
	worker.Env = append(worker.Env, "PREFECT_WORKER_WEBSERVER_PORT=0")
	a.must(worker.Start())
	t.Cleanup(func() {
		_ = worker.Process.Kill()
		_ = worker.Wait()
		if t.Failed() {
			t.Log(out)
		}
	})
	a.Server.AddFault(fault.Fault{
		Service: "ecs", Operation: "RunTask", Kind: fault.Capacity, Reason: fault.NoCapacity, Times: 1,
	})
	deployment := a.deployment(t.Context(), nil)
	run, err := a.api.CreateFlowRun(t.Context(), deployment.ID, prefect.FlowRunCreate{})
	a.must(err)
	if task := a.taskOf(a.completedRun(run.ID)); aws.ToString(task.CapacityProviderName) != "FARGATE" {
		t.Errorf("the task is on %q, want FARGATE", aws.ToString(task.CapacityProviderName))
	}
}

// twentyRuns are the tasks of as many flow runs, by the processor that their definitions are for.
func (a *adopter) twentyRuns() map[string][]types.Task {
	a.t.Helper()
	ctx := a.limited()
	deployment := a.deployment(ctx, nil)
	var ids []string
	for i := range capacityRuns {
		var create prefect.FlowRunCreate
		if i%2 == 1 {
			create.JobVariables = []byte(
				`{"runtime_platform": {"cpuArchitecture": "ARM64", "operatingSystemFamily": "LINUX"}}`)
		}
		run, err := a.api.CreateFlowRun(ctx, deployment.ID, create)
		a.must(err)
		ids = append(ids, run.ID)
	}
	out := map[string][]types.Task{}
	for _, id := range ids {
		task := a.taskOf(a.completedRun(id))
		definition, err := a.Source.ECS.DescribeTaskDefinition(ctx,
			&ecs.DescribeTaskDefinitionInput{TaskDefinition: task.TaskDefinitionArn})
		a.must(err)
		platform := string(definition.TaskDefinition.RuntimePlatform.CpuArchitecture)
		out[platform] = append(out[platform], task)
	}
	return out
}

func (a *adopter) completedRun(id string) *prefect.FlowRun {
	a.t.Helper()
	ctx := a.limited()
	var run *prefect.FlowRun
	a.eventually(ctx, "the run ends", func() bool {
		var err error
		run, err = a.api.ReadFlowRun(ctx, id)
		a.must(err)
		return run.State.Type.Terminal()
	})
	if run.State.Type != prefect.Completed {
		a.t.Fatalf("the run is %s: %s", run.State.Name, run.State.Message)
	}
	return run
}

func (a *adopter) taskOf(run *prefect.FlowRun) types.Task {
	a.t.Helper()
	cluster, arn, _ := strings.Cut(run.InfrastructurePID, "::")
	out, err := a.Source.ECS.DescribeTasks(a.t.Context(), &ecs.DescribeTasksInput{
		Cluster: &cluster, Tasks: []string{arn},
	})
	a.must(err)
	if len(out.Tasks) != 1 {
		a.t.Fatalf("task %s: %+v", arn, out.Failures)
	}
	return out.Tasks[0]
}
