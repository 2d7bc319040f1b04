package sandbox_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
	"github.com/aws/aws-sdk-go-v2/service/iam"

	"ecsctl/sandbox"
	"ecsctl/sandbox/fault"
)

// fault arms one as a person writes it.
func (c *clients) fault(t *testing.T, spec string) {
	t.Helper()
	c.server.AddFault(must(fault.ParseFault(spec))(t))
}

// launch runs a task and returns the whole answer.
func (c *clients) launch(t *testing.T, definition *string, change func(*ecs.RunTaskInput)) (*ecs.RunTaskOutput, error) {
	t.Helper()
	in := &ecs.RunTaskInput{Cluster: c.cluster(t), TaskDefinition: definition, LaunchType: types.LaunchTypeFargate,
		NetworkConfiguration: c.network(t)}
	if change != nil {
		change(in)
	}
	return c.ecs.RunTask(t.Context(), in)
}

func TestCapacityIsAFailureOfRunTask(t *testing.T) {
	t.Parallel()
	c := running(t, "exec sleep 600", sandbox.Options{})
	definition := c.app(t, nil)
	must(c.ecs.CreateCluster(t.Context(), &ecs.CreateClusterInput{}))(t)
	for reason, want := range map[string]string{
		"": "Capacity is unavailable at this time. Please try again later or in a different " +
			"availability zone",
		",reason=memory": "RESOURCE:MEMORY", ",reason=cpu": "RESOURCE:CPU", ",reason=eni": "RESOURCE:ENI",
		",reason=agent": "AGENT",
		",reason=vcpus": "You’ve reached the limit on the number of vCPUs you can run concurrently",
	} {
		c.fault(t, "ecs:RunTask=capacity"+reason)
		token := unique("token")
		once := func(in *ecs.RunTaskInput) { in.ClientToken, in.Cluster = token, aws.String("default") }
		out := must(c.launch(t, definition, once))(t)
		if len(out.Tasks) != 0 || len(out.Failures) != 1 || *out.Failures[0].Reason != want {
			t.Errorf("%s: got %+v, %+v", reason, out.Tasks, out.Failures)
			continue
		}
		if named := out.Failures[0].Arn != nil; named != (strings.HasPrefix(want, "RESOURCE:") || want == "AGENT") {
			t.Errorf("%s: a container instance is named: %t", reason, named)
		}
		// What was not placed may be tried again with the same token.
		if again := must(c.launch(t, definition, once))(t); len(again.Tasks) != 1 {
			t.Errorf("%s: got %+v, %+v", reason, again.Tasks, again.Failures)
		}
	}
}

func TestServiceWaitsForCapacity(t *testing.T) {
	t.Parallel()
	c := running(t, "exec sleep 600",
		sandbox.Options{Faults: []fault.Fault{{Service: "ecs", Operation: fault.ServiceOperation, Kind: fault.Capacity,
			Times: 5}}})
	s := c.awaitService(t, c.serve(t, c.app(t, nil), nil), "steady", completed)
	said := 0
	for _, e := range s.Events {
		if strings.Contains(*e.Message,
			"(service s) was unable to place a task. Reason: Capacity is unavailable at this time.") {
			said++
		}
	}
	if said != 5 || s.Deployments[0].FailedTasks != 0 {
		t.Errorf("said so %d times, %d failed tasks", said, s.Deployments[0].FailedTasks)
	}
}

// spot makes the task one of FARGATE_SPOT, in a cluster that has it.
func (c *clients) spot(t *testing.T) func(*ecs.RunTaskInput) {
	return func(in *ecs.RunTaskInput) {
		must(c.ecs.PutClusterCapacityProviders(t.Context(), &ecs.PutClusterCapacityProvidersInput{
			Cluster: in.Cluster, CapacityProviders: []string{"FARGATE", "FARGATE_SPOT"},
			DefaultCapacityProviderStrategy: []types.CapacityProviderStrategyItem{}}))(t)
		in.LaunchType = ""
		in.CapacityProviderStrategy = []types.CapacityProviderStrategyItem{
			{CapacityProvider: aws.String("FARGATE_SPOT"), Weight: 1}}
	}
}

func TestSpotTasksAreInterrupted(t *testing.T) {
	t.Parallel()
	c := running(t, `trap 'echo warned; exit 3' TERM; echo up; while :; do sleep 0.05; done`, sandbox.Options{})
	queue := c.subscribe(t, `{"source":["aws.ecs"]}`, "")
	group := c.logGroup(t, nil)
	definition := c.app(t, logged(group))
	c.fault(t, "ecs:Task=spot,times=all")
	steady := c.run(t, definition, nil) // not on Spot: it stays
	c.awaitTask(t, steady, "RUNNING")
	c.server.ClearFaults()
	task := c.run(t, definition, c.spot(t))
	c.awaitTask(t, task, "RUNNING")
	eventually(t, "the trap to be set", func() bool { return len(c.logLines(t, group, task)) == 1 })
	c.fault(t, "ecs:Task=spot") // one that runs already
	got := c.awaitTask(t, task, "STOPPED")
	if got.StopCode != types.TaskStopCodeSpotInterruption || *got.StoppedReason != "Your Spot Task was interrupted." ||
		*got.Containers[0].ExitCode != 3 {
		t.Errorf("got %s, %s, exit %d", got.StopCode, *got.StoppedReason, *got.Containers[0].ExitCode)
	}
	if lines := c.logLines(t, group, task); !slices.Contains(lines, "warned") {
		t.Errorf("got lines %q", lines)
	}
	warned := false
	for _, e := range c.drain(t, queue) {
		warned = warned || e.Detail.TaskARN == *task.TaskArn && e.Detail.StopCode == "SpotInterruption" &&
			e.Detail.LastStatus == "RUNNING" && e.Detail.DesiredStatus == "STOPPED"
	}
	if !warned {
		t.Error("no event gave warning")
	}
	if *c.describeTask(t, steady).LastStatus != "RUNNING" {
		t.Error("a task that is not on Spot was interrupted")
	}
}

func TestSpotWarningCanBeShortened(t *testing.T) {
	t.Parallel()
	c := running(t, `trap '' TERM; while :; do sleep 0.05; done`, sandbox.Options{})
	c.fault(t, "ecs:Task=spot,after=200ms,warning=100ms")
	const whole = 2 * time.Minute
	patient := func(in *ecs.RegisterTaskDefinitionInput) {
		in.ContainerDefinitions[0].StopTimeout = aws.Int32(int32(whole.Seconds()))
	}
	got := c.awaitTask(t, c.run(t, c.app(t, patient), c.spot(t)), "STOPPED")
	if got.StopCode != types.TaskStopCodeSpotInterruption || *got.Containers[0].ExitCode != 137 {
		t.Errorf("got %s, exit %d", got.StopCode, *got.Containers[0].ExitCode)
	}
	ran, left := got.StoppingAt.Sub(*got.StartedAt), got.StoppedAt.Sub(*got.StoppingAt)
	if ran < 200*time.Millisecond || left >= whole {
		t.Errorf("interrupted after %s, over %s later", ran, left)
	}
}

func TestServiceReplacesInterruptedTask(t *testing.T) {
	t.Parallel()
	c := running(t, "exec sleep 600", sandbox.Options{})
	s := c.serve(t, c.app(t, nil), func(in *ecs.CreateServiceInput) {
		run := &ecs.RunTaskInput{Cluster: in.Cluster}
		c.spot(t)(run)
		in.LaunchType, in.CapacityProviderStrategy = "", run.CapacityProviderStrategy
	})
	c.awaitService(t, s, "steady", completed)
	first := *c.tasksOf(t, s)[0].TaskArn
	c.fault(t, "ecs:Task=spot")
	eventually(t, "another task", func() bool {
		tasks := c.tasksOf(t, s)
		return len(tasks) == 1 && *tasks[0].TaskArn != first && *tasks[0].LastStatus == "RUNNING"
	})
}

func TestImagesComeLateOrNotAtAll(t *testing.T) {
	t.Parallel()
	c := running(t, "exit 0", sandbox.Options{})
	definition := c.app(t, nil)
	c.fault(t, "ecs:Task=pull")
	got := c.awaitTask(t, c.run(t, definition, nil), "STOPPED")
	if got.StopCode != types.TaskStopCodeTaskFailedToStart ||
		!strings.HasPrefix(*got.StoppedReason, "CannotPullContainerError: ") || got.StartedAt != nil {
		t.Errorf("got %s, %s", got.StopCode, *got.StoppedReason)
	}
	c.fault(t, "ecs:Task=latency,latency=300ms")
	slow := c.awaitTask(t, c.run(t, definition, nil), "STOPPED")
	if took := slow.PullStoppedAt.Sub(*slow.PullStartedAt); took < 300*time.Millisecond {
		t.Errorf("the pull took %s", took)
	}
}

func TestRolesAreNotSeenForSoManyCalls(t *testing.T) {
	t.Parallel()
	c := running(t, "exit 0", sandbox.Options{})
	definition := c.app(t, nil)
	c.fault(t, "iam:Role=unseen,times=2")
	for range 2 {
		_, err := c.launch(t, definition, nil)
		wantMessage(t, err, "ClientException", "unable to assume the role")
	}
	c.run(t, definition, nil)
}

func TestYoungTasksAreNotSeen(t *testing.T) {
	t.Parallel()
	c := running(t, "sleep 60", sandbox.Options{})
	c.fault(t, "ecs:Task=unseen,latency=1h")
	task := c.run(t, c.app(t, nil), nil)
	found := must(c.ecs.DescribeTasks(t.Context(), &ecs.DescribeTasksInput{
		Cluster: task.ClusterArn, Tasks: []string{*task.TaskArn},
	}))(t)
	if len(found.Tasks) != 0 || *found.Failures[0].Reason != "MISSING" {
		t.Errorf("DescribeTasks gives %d tasks, %v", len(found.Tasks), found.Failures)
	}
	if arns := must(c.ecs.ListTasks(t.Context(), &ecs.ListTasksInput{Cluster: task.ClusterArn}))(t).TaskArns; len(
		arns) != 0 {
		t.Errorf("ListTasks gives %v", arns)
	}
	_, err := c.ecs.StopTask(t.Context(), &ecs.StopTaskInput{Cluster: task.ClusterArn, Task: task.TaskArn})
	wantMessage(t, err, "InvalidParameterException", "The referenced task was not found.")
}

func TestYoungRolesAreNotSeen(t *testing.T) {
	t.Parallel()
	c := running(t, "exit 0", sandbox.Options{})
	c.fault(t, "iam:Role=latency,latency=1h")
	in := c.sleeper(t)
	in.ExecutionRoleArn = c.role(t).Arn
	definition := c.register(t, in).TaskDefinitionArn
	for range 2 { // it is not used up
		_, err := c.launch(t, definition, nil)
		wantMessage(t, err, "ClientException", "unable to assume the role")
	}
	c.server.ClearFaults()
	must(c.launch(t, definition, nil))(t)
}

// A brand-new account: ECS's own role is not seen for so many calls, or there is none.
func TestServiceLinkedRole(t *testing.T) {
	t.Parallel()
	c := start(t, sandbox.Options{})
	look := func() error {
		_, err := c.iam.GetRole(t.Context(), &iam.GetRoleInput{RoleName: aws.String("AWSServiceRoleForECS")})
		return err
	}
	providers := &ecs.CreateClusterInput{ClusterName: aws.String("spot"), CapacityProviders: []string{"FARGATE"}}
	in := c.serviceInput(t)
	c.fault(t, "iam:ServiceLinkedRole=unseen,times=2")
	_, err := c.ecs.CreateCluster(t.Context(), providers)
	wantMessage(t, err, "InvalidParameterException", "Unable to assume the service linked role")
	_, err = c.ecs.CreateService(t.Context(), in)
	wantMessage(t, err, "InvalidParameterException", "Unable to assume the service linked role")
	if err := look(); err != nil {
		t.Error(err)
	}
	must(c.ecs.CreateCluster(t.Context(), providers))(t)
	c.fault(t, "iam:ServiceLinkedRole=unseen,times=all")
	wantCode(t, look(), "NoSuchEntity")
}
