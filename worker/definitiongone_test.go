package worker_test

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/ecs"

	"ecsctl/prefect"
)

// A task definition that the worker knows, and that somebody has taken away since, is registered anew.
func TestDefinitionsThatAreGone(t *testing.T) {
	t.Parallel()
	for _, deleted := range []bool{false, true} {
		t.Run(map[bool]string{false: "deregistered", true: "deleted"}[deleted], func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, worldOptions{})
			d := w.deployment(nil)
			w.start(nil)
			w.await(w.runs(d, 1)[0], prefect.Completed)
			arns := must(w.ecs.ListTaskDefinitions(t.Context(), &ecs.ListTaskDefinitionsInput{}))(t).TaskDefinitionArns
			for _, arn := range arns {
				must(w.ecs.DeregisterTaskDefinition(t.Context(), &ecs.DeregisterTaskDefinitionInput{TaskDefinition: &arn}))(t)
			}
			if deleted {
				eventually(t, "no task has the definition", func() bool {
					return len(must(w.ecs.ListTasks(t.Context(), &ecs.ListTasksInput{}))(t).TaskArns) == 0
				})
				must(w.ecs.DeleteTaskDefinitions(t.Context(), &ecs.DeleteTaskDefinitionsInput{TaskDefinitions: arns}))(t)
			}
			w.await(w.runs(d, 1)[0], prefect.Completed)
			if n := w.calls("RegisterTaskDefinition"); len(arns) != 1 || n != 2 {
				t.Errorf("%d definitions were there, %d were registered, want 1 and 2", len(arns), n)
			}
		})
	}
}
