package worker_test

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"

	"ecsctl/prefect"
	"ecsctl/worker"
)

// Somebody retries a run that has failed while its task, which hangs, has not stopped: it is
// launched once more, by the worker that has launched it before as by any other. What becomes
// of the first task afterwards is not the run's business.
func TestARetryDoesNotWaitForTheLastTask(t *testing.T) {
	t.Parallel()
	w := newWorld(t, worldOptions{})
	id := w.runs(w.deployment(map[string]any{"env": map[string]any{"BEHAVE": "hang"}}), 1)[0]
	w.start(func(o *worker.Options) { o.Limit = 1 })
	w.await(id, prefect.Running)
	first := w.tasks()[0].TaskArn
	waitPolls(t, w, 25) // past the second look at what was just launched
	w.set(id, prefect.Failed, prefect.Scheduled)
	eventually(t, "the second task", func() bool { return len(w.tasks()) == 2 })
	w.await(id, prefect.Running)
	must(w.ecs.StopTask(t.Context(), stopInput(first)))(t)
	waitPolls(t, w, 20)
	if run := must(w.api.ReadFlowRun(t.Context(), id))(t); run.StateType != prefect.Running || len(w.tasks()) != 2 {
		t.Errorf("the end of the first task has left the run %s, with %d tasks", run.StateName, len(w.tasks()))
	}
	for _, task := range w.tasks() {
		if aws.ToString(task.TaskArn) != *first {
			must(w.ecs.StopTask(t.Context(), stopInput(task.TaskArn)))(t)
		}
	}
	w.await(id, prefect.Crashed)
}
