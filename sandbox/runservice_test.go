package sandbox_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"ecsctl/sandbox"
)

// serve makes a service of one task.
func (c *clients) serve(t *testing.T, definition *string, change func(*ecs.CreateServiceInput)) *types.Service {
	t.Helper()
	in := &ecs.CreateServiceInput{
		Cluster: c.cluster(t), ServiceName: aws.String("s"), TaskDefinition: definition, DesiredCount: aws.Int32(1),
		LaunchType: types.LaunchTypeFargate, NetworkConfiguration: c.network(t),
		DeploymentConfiguration: &types.DeploymentConfiguration{
			DeploymentCircuitBreaker: &types.DeploymentCircuitBreaker{Enable: true, Rollback: true},
		},
	}
	if change != nil {
		change(in)
	}
	return must(c.ecs.CreateService(t.Context(), in))(t).Service
}

func (c *clients) awaitService(t *testing.T, s *types.Service, what string, ok func(types.Service) bool) types.Service {
	t.Helper()
	var got types.Service
	eventually(t, "the service: "+what, func() bool {
		got = c.describeService(t, s.ClusterArn, s.ServiceName)
		return ok(got)
	})
	return got
}

func completed(s types.Service) bool {
	return len(s.Deployments) == 1 && s.Deployments[0].RolloutState == types.DeploymentRolloutStateCompleted
}

func (c *clients) tasksOf(t *testing.T, s *types.Service) []types.Task {
	t.Helper()
	arns := must(c.ecs.ListTasks(t.Context(), &ecs.ListTasksInput{
		Cluster: s.ClusterArn, ServiceName: s.ServiceName,
	}))(t).TaskArns
	if len(arns) == 0 {
		return nil
	}
	return must(c.ecs.DescribeTasks(t.Context(), &ecs.DescribeTasksInput{
		Cluster: s.ClusterArn, Tasks: arns, Include: []types.TaskField{types.TaskFieldTags},
	}))(t).Tasks
}

func TestServiceKeepsItsCount(t *testing.T) {
	t.Parallel()
	c := running(t, "exec sleep 600", sandbox.Options{})
	s := c.serve(t, c.app(t, nil), func(in *ecs.CreateServiceInput) {
		in.DesiredCount = aws.Int32(2)
		in.Tags = []types.Tag{{Key: aws.String("k"), Value: aws.String("v")}}
		in.PropagateTags = types.PropagateTagsService
		in.EnableECSManagedTags = true
	})
	got := c.awaitService(t, s, "steady", completed)
	if got.RunningCount != 2 || !strings.HasSuffix(*got.Events[0].Message, "has reached a steady state.") {
		t.Errorf("got %d running, event %q", got.RunningCount, *got.Events[0].Message)
	}
	tasks := c.tasksOf(t, s)
	tags := map[string]string{}
	for _, tag := range tasks[0].Tags {
		tags[*tag.Key] = *tag.Value
	}
	if tags["k"] != "v" || tags["aws:ecs:serviceName"] != "s" || *tasks[0].Group != "service:s" {
		t.Errorf("got tags %v, group %s", tags, *tasks[0].Group)
	}
	must(c.ecs.StopTask(t.Context(), &ecs.StopTaskInput{Cluster: s.ClusterArn, Task: tasks[0].TaskArn}))(t)
	c.awaitTask(t, &tasks[0], "STOPPED")
	c.awaitService(t, s, "another task", func(s types.Service) bool { return s.RunningCount == 2 })
	must(c.ecs.UpdateService(t.Context(), &ecs.UpdateServiceInput{
		Cluster: s.ClusterArn, Service: s.ServiceName, DesiredCount: aws.Int32(1),
	}))(t)
	c.awaitService(t, s, "one task", func(s types.Service) bool { return s.RunningCount == 1 && s.DesiredCount == 1 })
	if n := len(c.tasksOf(t, s)); n != 1 {
		t.Errorf("got %d tasks", n)
	}
}

func TestServiceReplacesATaskThatExits(t *testing.T) {
	t.Parallel()
	c := running(t, "sleep 0.3; exit 1", sandbox.Options{})
	s := c.serve(t, c.app(t, nil), nil)
	first := ""
	eventually(t, "another task", func() bool {
		for _, task := range c.tasksOf(t, s) {
			if first == "" {
				first = *task.TaskArn
			}
			if *task.TaskArn != first {
				return true
			}
		}
		return false
	})
}

func TestNewTaskDefinitionIsRolledOut(t *testing.T) {
	t.Parallel()
	c := running(t, "exec sleep 600", sandbox.Options{})
	s := c.serve(t, c.app(t, nil), nil)
	c.awaitService(t, s, "steady", completed)
	old := c.tasksOf(t, s)[0]
	next := c.app(t, nil)
	got := must(c.ecs.UpdateService(t.Context(), &ecs.UpdateServiceInput{
		Cluster: s.ClusterArn, Service: s.ServiceName, TaskDefinition: next,
	}))(t).Service
	if len(got.Deployments) != 2 || *got.Deployments[1].Status != "ACTIVE" ||
		got.Deployments[0].RolloutState != types.DeploymentRolloutStateInProgress {
		t.Errorf("got deployments %+v", got.Deployments)
	}
	c.awaitService(t, s, "rolled out", completed)
	tasks := c.tasksOf(t, s)
	if len(tasks) != 1 || *tasks[0].TaskDefinitionArn != *next {
		t.Errorf("got tasks %+v", tasks)
	}
	if stopped := c.awaitTask(t, &old, "STOPPED"); stopped.StopCode != types.TaskStopCodeServiceSchedulerInitiated {
		t.Errorf("got stop code %s", stopped.StopCode)
	}
}

func TestCircuitBreaker(t *testing.T) {
	t.Parallel()
	c := running(t, "exit 1", sandbox.Options{SteadyDelay: time.Hour}) // however late it ends
	s := c.serve(t, c.app(t, nil), nil)
	got := c.awaitService(t, s, "failed", func(s types.Service) bool {
		return s.Deployments[0].RolloutState == types.DeploymentRolloutStateFailed
	})
	if d := got.Deployments[0]; d.FailedTasks != 3 || !strings.Contains(*d.RolloutStateReason, "circuit breaker") {
		t.Errorf("got %d failed tasks, reason %q", d.FailedTasks, *d.RolloutStateReason)
	}
}

// A failure counts when its task has stopped, however long that takes; only then another task is started.
func TestCircuitBreakerOfTasksThatStopSlowly(t *testing.T) {
	t.Parallel()
	c := running(t, `[ "$1" = slow ] && trap "" TERM && sleep 600; exit 1`, sandbox.Options{
		SteadyDelay: time.Hour, RestartDelay: time.Millisecond,
	})
	s := c.serve(t, c.app(t, func(in *ecs.RegisterTaskDefinitionInput) {
		slow := in.ContainerDefinitions[0]
		slow.Name, slow.Command, slow.Essential = aws.String("slow"), []string{"app", "slow"}, aws.Bool(false)
		slow.StopTimeout = aws.Int32(2)
		in.ContainerDefinitions = append(in.ContainerDefinitions, slow)
	}), nil)
	got := c.awaitService(t, s, "failed", func(got types.Service) bool {
		must(c.ecs.UpdateService(t.Context(), &ecs.UpdateServiceInput{ // the scheduler looks again
			Cluster: s.ClusterArn, Service: s.ServiceName, DesiredCount: aws.Int32(1),
		}))(t)
		return got.Deployments[0].RolloutState == types.DeploymentRolloutStateFailed
	})
	var started int
	for _, event := range got.Events {
		if strings.Contains(*event.Message, "has started 1 tasks") {
			started++
		}
	}
	if failed := got.Deployments[0].FailedTasks; failed != 3 || started != 3 {
		t.Errorf("got %d failed tasks of %d", failed, started)
	}
}

// A task that becomes healthy and then ends is none that fails to start: the breaker never
// trips, however often it happens (DeploymentCircuitBreaker, resetOnHealthyTask).
func TestCircuitBreakerForgetsFailuresOnceATaskIsHealthy(t *testing.T) {
	t.Parallel()
	// The second check begins after the first has counted.
	c := running(t, "until [ -e twice ]; do sleep 0.05; done; exit 1", sandbox.Options{
		RestartDelay: time.Millisecond, SteadyDelay: time.Hour,
	})
	s := c.serve(t, c.app(t, func(in *ecs.RegisterTaskDefinitionInput) {
		in.ContainerDefinitions[0].HealthCheck = &types.HealthCheck{
			Command: []string{"CMD-SHELL", "if [ -e once ]; then : > twice; fi; : > once"}, Interval: aws.Int32(5),
		}
	}), nil)
	ended := map[string]bool{}
	eventually(t, "four tasks to end", func() bool {
		for _, task := range c.tasksOf(t, s) {
			if len(ended) < 4 && task.HealthStatus == types.HealthStatusHealthy {
				ended[*task.TaskArn] = true
			}
		}
		return len(ended) == 4
	})
	got := c.describeService(t, s.ClusterArn, s.ServiceName)
	if d := got.Deployments[0]; d.RolloutState != types.DeploymentRolloutStateInProgress || d.FailedTasks > 1 {
		t.Errorf("got rollout %s, %d failed tasks", d.RolloutState, d.FailedTasks)
	}
}

func TestCircuitBreakerRollsBack(t *testing.T) {
	t.Parallel()
	c := running(t, "exec sleep 600", sandbox.Options{})
	good := c.app(t, nil)
	s := c.serve(t, good, nil)
	c.awaitService(t, s, "steady", completed)
	bad := c.app(t, func(in *ecs.RegisterTaskDefinitionInput) {
		in.ContainerDefinitions[0].Image = aws.String("nobody/has:this")
	})
	must(c.ecs.UpdateService(t.Context(), &ecs.UpdateServiceInput{
		Cluster: s.ClusterArn, Service: s.ServiceName, TaskDefinition: bad,
	}))(t)
	c.awaitService(t, s, "rolled back", func(s types.Service) bool {
		return *s.TaskDefinition == *good &&
			completed(s)
	})
}

func TestDeletedServiceStopsItsTasks(t *testing.T) {
	t.Parallel()
	// The service drains until the file is there, and not only as long as a task takes to stop.
	drained := filepath.Join(t.TempDir(), "drained")
	c := running(t, "trap '' TERM; until [ -e '"+drained+"' ]; do sleep 0.05; done",
		sandbox.Options{Volumes: []string{filepath.Dir(drained)}})
	s := c.serve(t, c.app(t, nil), nil)
	c.awaitService(t, s, "steady", completed)
	task := c.tasksOf(t, s)[0]
	got := must(c.ecs.DeleteService(t.Context(), &ecs.DeleteServiceInput{
		Cluster: s.ClusterArn, Service: s.ServiceName, Force: aws.Bool(true),
	}))(t).Service
	if *got.Status != "DRAINING" {
		t.Errorf("got status %s", *got.Status)
	}
	_, err := c.ecs.CreateService(t.Context(),
		&ecs.CreateServiceInput{Cluster: s.ClusterArn, ServiceName: s.ServiceName, TaskDefinition: s.TaskDefinition,
			DesiredCount: aws.Int32(1), LaunchType: types.LaunchTypeFargate,
			NetworkConfiguration: s.NetworkConfiguration})
	wantMessage(t, err, "InvalidParameterException", "still Draining")
	if err := os.WriteFile(drained, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	c.awaitTask(t, &task, "STOPPED")
	c.awaitService(t, s, "INACTIVE", func(s types.Service) bool { return *s.Status == "INACTIVE" })
	must(c.ecs.DeleteCluster(t.Context(), &ecs.DeleteClusterInput{Cluster: s.ClusterArn}))(t)
}

func TestUnhealthyTaskIsReplaced(t *testing.T) {
	t.Parallel()
	c := running(t, "exec sleep 600", sandbox.Options{})
	definition := c.app(t, func(in *ecs.RegisterTaskDefinitionInput) {
		in.ContainerDefinitions[0].HealthCheck = &types.HealthCheck{
			Command: []string{"CMD-SHELL", "exit 1"}, Interval: aws.Int32(5), Retries: aws.Int32(1),
		}
	})
	s := c.serve(t, definition, nil)
	var first types.Task
	eventually(t, "a task", func() bool {
		tasks := c.tasksOf(t, s)
		if len(tasks) > 0 {
			first = tasks[0]
		}
		return len(tasks) > 0
	})
	got := c.awaitTask(t, &first, "STOPPED")
	if got.HealthStatus != types.HealthStatusUnhealthy || *got.StoppedReason != "Task failed container health checks" {
		t.Errorf("got health %s, reason %q", got.HealthStatus, *got.StoppedReason)
	}
}
