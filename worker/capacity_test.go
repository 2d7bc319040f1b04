package worker_test

import (
	"testing"

	"ecsctl/prefect"
	"ecsctl/sandbox"
	"ecsctl/worker"
)

// Capacity that is not there yet is waited for.
func TestCapacityIsWaitedFor(t *testing.T) {
	t.Parallel()
	for _, reason := range []sandbox.Reason{sandbox.NoCapacity, sandbox.NoMemory, sandbox.NoVCPUs} {
		t.Run(string(reason), func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, worldOptions{})
			id := w.runs(w.deployment(nil), 1)[0]
			w.server.AddFault(sandbox.Fault{Service: "ecs", Operation: "RunTask", Kind: sandbox.Capacity, Reason: reason, Times: 2})
			w.start(func(o *worker.Options) { o.Patience = 30e9 })
			w.await(id, prefect.Completed)
			if got := w.calls("RunTask"); got != 3 {
				t.Errorf("%d calls of RunTask, want 3", got)
			}
		})
	}
}
