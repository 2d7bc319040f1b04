package worker

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
	"github.com/google/go-cmp/cmp"

	"ecsctl/prefect"
	"ecsctl/worker/observe"
	"ecsctl/worker/runlog"
	"ecsctl/worker/taskchange"
)

// fargateEvent has the fields of a task state change as ECS sends them (ECS Developer
// Guide, "Amazon ECS task state change events").
const fargateEvent = `{
  "version": "0", "id": "3317b2af-7005-947d-b652-f55e762e571a", "detail-type": "ECS Task State Change", "source": "aws.ecs",
  "account": "111122223333", "time": "2020-01-23T17:57:58Z", "region": "us-west-2",
  "resources": ["arn:aws:ecs:us-west-2:111122223333:task/FargateCluster/c13b4cb40f1f4fe4a2971f76ae5a47ad"],
  "detail": {
    "attachments": [{"id": "1789bcae-ddfb-4d10-8ebe-8ac87ddba5b8", "type": "eni", "status": "ATTACHED", "details": [{"name": "subnetId", "value": "subnet-abcd1234"}]}],
    "availabilityZone": "us-west-2c", "clusterArn": "arn:aws:ecs:us-west-2:111122223333:cluster/FargateCluster",
    "containers": [{
      "containerArn": "arn:aws:ecs:us-west-2:111122223333:container/cf159fd6-3e3f-4a9e-84f9-66cbe726af01", "lastStatus": "STOPPED", "name": "FargateApp",
      "image": "111122223333.dkr.ecr.us-west-2.amazonaws.com/hello-repository:latest", "imageDigest": "sha256:74b2c688c700", "runtimeId": "ad64cbc71c7fb31",
      "taskArn": "arn:aws:ecs:us-west-2:111122223333:task/FargateCluster/c13b4cb40f1f4fe4a2971f76ae5a47ad",
      "networkInterfaces": [{"attachmentId": "1789bcae", "privateIpv4Address": "10.0.0.139"}], "cpu": "0", "exitCode": 137, "reason": "OutOfMemoryError: killed"
    }],
    "createdAt": "2020-01-23T17:57:34.402Z", "launchType": "FARGATE", "cpu": "256", "memory": "512", "desiredStatus": "STOPPED", "group": "family:sample-fargate",
    "lastStatus": "STOPPED", "connectivity": "CONNECTED", "connectivityAt": "2020-01-23T17:57:38.453Z",
    "overrides": {"containerOverrides": [{"name": "FargateApp", "environment": [{"name": "PREFECT__FLOW_RUN_ID", "value": "7d0d7b5a-8f1c-4b9e-9f0a-3d1b6f0a2c11"}]}]},
    "pullStartedAt": "2020-01-23T17:57:52.103Z", "startedAt": "2020-01-23T17:57:58.103Z", "pullStoppedAt": "2020-01-23T17:57:55.103Z",
    "stoppedAt": "2020-01-23T17:58:00.103Z", "stopCode": "EssentialContainerExited", "stoppedReason": "Essential container in task exited",
    "updatedAt": "2020-01-23T17:57:58.103Z", "taskArn": "arn:aws:ecs:us-west-2:111122223333:task/FargateCluster/c13b4cb40f1f4fe4a2971f76ae5a47ad",
    "taskDefinitionArn": "arn:aws:ecs:us-west-2:111122223333:task-definition/sample-fargate:1", "version": 4, "platformVersion": "1.3.0",
    "ephemeralStorage": {"sizeInGiB": 20}, "enableExecuteCommand": false, "attributes": [{"name": "ecs.cpu-architecture", "value": "x86_64"}]
  }
}`

func TestParseChange(t *testing.T) {
	t.Parallel()
	c, err := taskchange.Parse(fargateEvent)
	if err != nil {
		t.Fatal(err)
	}
	if !c.Stopped() || c.RunID() != "7d0d7b5a-8f1c-4b9e-9f0a-3d1b6f0a2c11" ||
		c.Time != time.Date(2020, 1, 23, 17, 57, 58, 0, time.UTC) {
		t.Errorf("got %+v", c)
	}
	if reason := exitReason(c.Task); !strings.Contains(reason, "OutOfMemoryError") ||
		!strings.Contains(reason, "137") || !strings.Contains(reason, "EssentialContainerExited") {
		t.Errorf("the reason is %q", reason)
	}
	if c.Task.StoppedAt == nil || c.Task.Version != 4 ||
		*c.Task.Containers[0].NetworkInterfaces[0].PrivateIpv4Address != "10.0.0.139" {
		t.Errorf("got %+v", c.Task)
	}
}

func TestMessagesThatAreNoChanges(t *testing.T) {
	t.Parallel()
	for body, foreign := range map[string]bool{
		``: false, `x`: false, `[]`: false, `{}`: true,
		`{"detail-type": "ECS Deployment State Change", "detail": 3}`:               true,
		`{"detail-type": "ECS Task State Change"}`:                                  false,
		`{"detail-type": "ECS Task State Change", "detail": {"taskArn": "a"}}`:      false,
		`{"detail-type": "ECS Task State Change", "detail": {"taskArn": 1}}`:        false,
		`{"detail-type": "ECS Task State Change", "time": "yesterday", "detail":1}`: false,
	} {
		if _, err := taskchange.Parse(body); err == nil || errors.Is(err, taskchange.ErrForeignEvent) != foreign {
			t.Errorf("%s: got %v", body, err)
		}
	}
}

// The run is named by the tags, by startedBy or by the environment.
func TestRunOfATask(t *testing.T) {
	t.Parallel()
	const id, other = "7d0d7b5a-8f1c-4b9e-9f0a-3d1b6f0a2c11", "00000000-8f1c-4b9e-9f0a-3d1b6f0a2c11"
	environment := &types.TaskOverride{ContainerOverrides: []types.ContainerOverride{{},
		{Environment: []types.KeyValuePair{
			{Name: aws.String("A"), Value: aws.String("b")},
			{Name: aws.String("PREFECT__FLOW_RUN_ID"), Value: aws.String(id)}}}}}
	for name, tc := range map[string]struct {
		c    taskchange.Change
		want string
	}{
		"tags": {taskchange.Change{
			Tags: map[string]string{taskchange.TagFlowRunID: id},
			Task: types.Task{StartedBy: aws.String(startedBy(other, other))},
		}, id},
		"started by us":     {taskchange.Change{Task: types.Task{StartedBy: aws.String(startedBy(id, other))}}, id},
		"started by others": {taskchange.Change{Task: types.Task{StartedBy: aws.String("prefect/x/y")}}, ""},
		"a service":         {taskchange.Change{Task: types.Task{StartedBy: aws.String("ecs-svc/123")}}, ""},
		"environment": {taskchange.Change{Task: types.Task{
			StartedBy: aws.String("someone"), Overrides: environment,
		}}, id},
		"nothing": {taskchange.Change{}, ""},
	} {
		if got := tc.c.RunID(); got != tc.want {
			t.Errorf("%s: got %q", name, got)
		}
	}
}

// Word of a task may come when its run is about to get, or has got, the next one.
func TestLateWordOfAnOldTask(t *testing.T) {
	t.Parallel()
	stopped := time.Now()
	old := exited(1)
	old.StoppedAt = &stopped
	state := func(after time.Duration) *prefect.State { return &prefect.State{Timestamp: stopped.Add(after)} }
	for name, tc := range map[string]struct {
		run  *prefect.FlowRun
		want verdict
	}{
		"claimed again": {&prefect.FlowRun{
			StateType: prefect.Pending, State: state(time.Minute), InfrastructurePID: "c::old",
		}, isFine},
		"launched again": {&prefect.FlowRun{
			StateType: prefect.Running, State: state(time.Minute), InfrastructurePID: "c::new",
		}, isFine},
		"never ran": {&prefect.FlowRun{StateType: prefect.Pending, State: state(-time.Minute)}, hasCrashed},
		"ran": {&prefect.FlowRun{
			StateType: prefect.Running, State: state(-time.Minute), InfrastructurePID: "by-name::old",
		}, hasCrashed},
		"cancelled afterwards": {&prefect.FlowRun{
			StateType: prefect.Cancelling, State: state(time.Minute), InfrastructurePID: "c::old",
		}, isCancelled},
	} {
		if got := judgeForeign(ending{entry: tracked{at: place{task: "old"}}, task: old}, tc.run); got != tc.want {
			t.Errorf("%s: got %s, want %s", name, got, tc.want)
		}
	}
}

// A launch that took over a task which had stopped already gets no other: its run must
// not stay Pending.
func TestTakenOverAfterTheEnd(t *testing.T) {
	t.Parallel()
	stopped := time.Now()
	old := exited(1)
	old.StoppedAt = &stopped
	run := &prefect.FlowRun{StateType: prefect.Pending, State: &prefect.State{Timestamp: stopped.Add(time.Second)},
		InfrastructurePID: "c::old"}
	entry := tracked{at: place{task: "old"}, since: stopped.Add(2 * time.Second)}
	if got := judgeForeign(ending{entry: entry, task: old}, run); got != hasCrashed {
		t.Errorf("got %s", got)
	}
}

// Settling an old task does not end the tracking of the next one.
func TestLeaveTask(t *testing.T) {
	t.Parallel()
	table := newTable(1)
	table.admit(runlog.Run{ID: "r"}, time.Time{})
	table.leaveTask("r", "old")
	if _, in := table.find("r"); !in || !table.isFull() {
		t.Error("a run that is being launched left with its old task")
	}
	table.launched("r", launchedTask{at: place{task: "new"}})
	table.leaveTask("r", "old")
	if _, in := table.find("r"); !in {
		t.Error("a run left with its old task")
	}
	table.leaveTask("r", "new")
	if _, in := table.find("r"); in || table.isFull() {
		t.Error("a run is tracked after its task")
	}
}

// A task whose tags ECS has forgotten still names its run.
func TestEventWithoutTags(t *testing.T) {
	t.Parallel()
	c, err := taskchange.Parse(fargateEvent)
	if err != nil {
		t.Fatal(err)
	}
	const arn = "arn:aws:ecs:us-west-2:111122223333:"
	want := prefect.Event{
		ID: "3317b2af-7005-947d-b652-f55e762e571a", Occurred: c.Time, Event: "prefect.ecs.task.stopped",
		Resource: map[string]string{
			"prefect.resource.id": "prefect.ecs.task.c13b4cb40f1f4fe4a2971f76ae5a47ad", "ecs.taskArn": arn +
				"task/FargateCluster/c13b4cb40f1f4fe4a2971f76ae5a47ad",
			"ecs.clusterArn": arn + "cluster/FargateCluster", "ecs.taskDefinitionArn": arn +
				"task-definition/sample-fargate:1",
		},
		Related: []map[string]string{{"prefect.resource.id": "prefect.flow-run.7d0d7b5a-8f1c-4b9e-9f0a-3d1b6f0a2c11",
			"prefect.resource.role": "flow-run"}},
	}
	if diff := cmp.Diff(want, c.Event(Type, "3.8.8")); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

// The tags of tasks are remembered within bounds.
func TestTaskTagsAreBounded(t *testing.T) {
	t.Parallel()
	tags := &observe.Tags{}
	for i := range 4 * observe.MaxTagged {
		tags.Remember(strings.Repeat("x", i%7)+time.Duration(i).String(), map[string]string{})
	}
	if n := len(tags.Young) + len(tags.Old); n > 2*observe.MaxTagged {
		t.Errorf("%d tasks are remembered", n)
	}
}
