package sandbox_test

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

func (c *clients) runInput(t *testing.T) *ecs.RunTaskInput {
	t.Helper()
	return &ecs.RunTaskInput{
		Cluster: c.cluster(t), TaskDefinition: c.register(t, c.sleeper(t)).TaskDefinitionArn,
		LaunchType:           types.LaunchTypeFargate,
		NetworkConfiguration: c.network(t), StartedBy: unique("me"),
	}
}

func TestRunAndStopTask(t *testing.T) {
	t.Parallel()
	c := contract(t)
	in := c.runInput(t)
	in.Tags = []types.Tag{{Key: aws.String("k"), Value: aws.String("v")}}
	run := must(c.ecs.RunTask(t.Context(), in))(t)
	if len(run.Tasks) != 1 || len(run.Failures) != 0 {
		t.Fatalf("got %+v", run)
	}
	arn := *run.Tasks[0].TaskArn
	list := must(c.ecs.ListTasks(t.Context(), &ecs.ListTasksInput{
		Cluster: in.Cluster, StartedBy: in.StartedBy,
	}))(t).TaskArns
	if diff := cmp.Diff([]string{arn}, list); diff != "" {
		t.Error(diff)
	}
	must(c.ecs.StopTask(t.Context(), &ecs.StopTaskInput{
		Cluster: in.Cluster, Task: &arn, Reason: aws.String("enough"),
	}))(t)
	var got types.Task
	eventually(t, "the task to stop", func() bool {
		got = must(c.ecs.DescribeTasks(t.Context(), &ecs.DescribeTasksInput{Cluster: in.Cluster, Tasks: []string{arn},
			Include: []types.TaskField{types.TaskFieldTags}}))(t).Tasks[0]
		return *got.LastStatus == "STOPPED"
	})
	if *got.DesiredStatus != "STOPPED" || *got.StoppedReason != "enough" {
		t.Errorf("got desired status %s, reason %q", *got.DesiredStatus, *got.StoppedReason)
	}
	if diff := cmp.Diff(in.Tags, got.Tags, cmpopts.IgnoreUnexported(types.Tag{})); diff != "" {
		t.Error(diff)
	}
}

func TestRunTaskErrors(t *testing.T) {
	t.Parallel()
	c := contract(t)
	good := c.runInput(t)
	for name, tc := range map[string]struct {
		change func(*ecs.RunTaskInput)
		code   string
	}{
		"cluster":    {func(in *ecs.RunTaskInput) { in.Cluster = aws.String("not-there") }, "ClusterNotFoundException"},
		"definition": {func(in *ecs.RunTaskInput) { in.TaskDefinition = aws.String("not-there") }, "ClientException"},
		"network":    {func(in *ecs.RunTaskInput) { in.NetworkConfiguration = nil }, "InvalidParameterException"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			in := *good
			tc.change(&in)
			_, err := c.ecs.RunTask(t.Context(), &in)
			wantCode(t, err, tc.code)
		})
	}
}

func TestMissingTaskIsAFailure(t *testing.T) {
	t.Parallel()
	c := contract(t)
	got := must(c.ecs.DescribeTasks(t.Context(), &ecs.DescribeTasksInput{
		Cluster: c.cluster(t), Tasks: []string{"0123456789abcdef0123456789abcdef"},
	}))(t)
	if len(got.Failures) != 1 || *got.Failures[0].Reason != "MISSING" {
		t.Errorf("got failures %+v", got.Failures)
	}
}

func TestClientTokenStartsOneTask(t *testing.T) {
	t.Parallel()
	c := contract(t)
	in := c.runInput(t)
	in.ClientToken = unique("token")
	first := must(c.ecs.RunTask(t.Context(), in))(t).Tasks[0].TaskArn
	again := must(c.ecs.RunTask(t.Context(), in))(t).Tasks
	if len(again) != 1 || *again[0].TaskArn != *first {
		t.Errorf("got tasks %+v, want %s again", again, *first)
	}
	in.StartedBy = aws.String("other")
	_, err := c.ecs.RunTask(t.Context(), in)
	wantCode(t, err, "ConflictException")
	var conflict *types.ConflictException
	if !asError(err, &conflict) || !cmp.Equal(conflict.ResourceIds, []string{*first}) {
		t.Errorf("got %+v, want the task's ARN in resourceIds", conflict)
	}
}
