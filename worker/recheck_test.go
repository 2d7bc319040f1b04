package worker_test

import (
	"bytes"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"ecsctl/prefect"
	"ecsctl/sandbox"
	"ecsctl/sandbox/fault"
	"ecsctl/worker"
)

// Runs that wait long for their turn are looked at again, many in one call: one that has
// ended meanwhile is not run a second time, though the server would take the claim.
func TestRunsThatWaitedAreLookedAtAgain(t *testing.T) {
	t.Parallel()
	w := newWorld(t, worldOptions{sandbox: sandbox.Options{Images: idleImage(t)}})
	ids := w.runs(w.deployment(nil), 20)
	w.server.AddFault(fault.Fault{
		Service: "ecs", Operation: "RunTask", Kind: fault.Latency, Latency: 300 * time.Millisecond, Times: -1,
	})
	var looks, reads atomic.Int64
	w.onPrefect(func(_ http.ResponseWriter, r *http.Request) bool {
		switch {
		case r.URL.Path == "/api/flow_runs/filter":
			body := must(io.ReadAll(r.Body))(t)
			r.Body = io.NopCloser(bytes.NewReader(body))
			if bytes.Contains(body, []byte("SCHEDULED")) { // what was just launched is looked at too
				looks.Add(1)
			}
		case r.Method == http.MethodGet && strings.HasPrefix(r.URL.Path, "/api/flow_runs/"):
			reads.Add(1)
		}
		return false
	})
	began := time.Now()
	w.start(func(o *worker.Options) {
		o.Concurrency, o.QueryInterval = 1, time.Minute
		o.CancelInterval, o.RecoverInterval = time.Minute, time.Minute // they filter flow runs too
	})
	eventually(t, "a launch", func() bool { return w.calls("RunTask") > 0 })
	last := ids[len(ids)-1]
	must(w.api.SetFlowRunState(t.Context(), last, prefect.StateProposal{Type: prefect.Completed, Force: true}))(t)
	launched := func() int { return len(w.tasks()) }
	eventually(t, "the others to be launched", func() bool { return launched() == len(ids)-1 })
	took := time.Since(began)
	most := 7 + int64(took/(2*time.Second)) // an answer is fresh for two seconds
	if n, m := looks.Load(), reads.Load(); n == 0 || n > most || m > 1 {
		t.Errorf("%d filters and %d reads for 20 runs that took %s", n, m, took)
	}
	if run := must(w.api.ReadFlowRun(t.Context(), last))(t); run.StateType != prefect.Completed ||
		launched() != len(ids)-1 {
		t.Errorf("the run that had ended is %s, %d tasks", run.StateName, launched())
	}
}
