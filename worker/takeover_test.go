package worker_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"ecsctl/prefect"
	"ecsctl/sandbox/fault"
	"ecsctl/worker"
)

// TestALaunchThatTakesWorkersIsGivenUp: a claim that each worker is lost with ends, with a
// reason, and is not handed on for ever.
func TestALaunchThatTakesWorkersIsGivenUp(t *testing.T) {
	t.Parallel()
	for _, version := range []string{"3.8.8", "2.20.26"} {
		t.Run(version, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, worldOptions{version: version})
			id := w.runs(w.deployment(nil), 1)[0]
			first := w.stuck("w1")
			first.kill()
			<-first.ended
			again := func(o *worker.Options) {
				impatient(o)
				o.Name, o.Patience, o.AWS.RetryMaxAttempts = "w1", time.Hour, 1
			}
			for lost := 1; lost <= 20; lost++ {
				next := w.start(again)
				eventually(t, "the launch to be gone on with", func() bool { return w.takeovers(id) == lost })
				next.kill()
				<-next.ended
			}
			w.server.ClearFaults()
			w.start(again)
			run := w.await(id, prefect.Crashed)
			if !strings.Contains(run.State.Message, "20 workers went on with this launch") {
				t.Errorf("the message is %q", run.State.Message)
			}
			if n := len(w.tasks()); n != 0 {
				t.Errorf("%d tasks were launched", n)
			}
		})
	}
}

// takeovers counts the lines of workers that went on with the launch of a run.
func (w *world) takeovers(id string) (n int) {
	w.t.Helper()
	for _, line := range must(w.api.FlowRunLogs(w.t.Context(), id))(w.t) {
		if strings.HasPrefix(line.Message, "going on with the launch") {
			n++
		}
	}
	return n
}

// A worker that takes over looks for the task first. While AWS makes it wait, a person cancels the run: told to stop
// then, the worker does not give back what is over.
func TestATakeoverThatWaitedLooksAtItsClaim(t *testing.T) {
	t.Parallel()
	for _, version := range []string{"3.8.8", "2.20.26"} {
		t.Run(version, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, worldOptions{version: version})
			id := w.runs(w.deployment(nil), 1)[0]
			first := w.stuck("w1")
			first.kill()
			<-first.ended
			w.server.ClearFaults()
			w.server.AddFault(fault.Fault{Service: "ecs", Operation: "ListTasks", Kind: fault.Throttle, Times: -1})
			next := w.start(func(o *worker.Options) {
				impatient(o)
				o.Patience, o.AWS.RetryMaxAttempts = time.Hour, 1
			})
			eventually(t, "a look for the task", func() bool { return w.takeovers(id) > 0 && w.calls("ListTasks") > 0 })
			w.set(id, prefect.Cancelled)
			before := w.history(id)
			next.stop()
			<-next.ended
			if diff := cmp.Diff(before, w.history(id)); diff != "" {
				t.Errorf("the run's states (-before +after):\n%s", diff)
			}
		})
	}
}
