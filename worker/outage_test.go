package worker_test

import (
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"ecsctl/prefect"
	"ecsctl/sandbox/fault"
	"ecsctl/sandbox/prefectapi"
	"ecsctl/worker"
)

// heartbeats counts those that reach Prefect from now on.
func (w *world) heartbeats() *atomic.Int64 {
	var n atomic.Int64
	w.onPrefect(func(_ http.ResponseWriter, r *http.Request) bool {
		if strings.HasSuffix(r.URL.Path, "/workers/heartbeat") {
			n.Add(1)
		}
		return false
	})
	return &n
}

// AWS being away neither ends a run nor keeps the worker from saying that it is alive.
func TestAWSIsAway(t *testing.T) {
	t.Parallel()
	w := newWorld(t, worldOptions{prefect: []prefectapi.Option{prefectapi.WithoutWorkerChannel()}})
	ids := w.runs(w.deployment(nil), 4)
	beats := w.heartbeats()
	w.server.AddFault(fault.Fault{Service: "ecs", Kind: fault.DropBefore, Times: -1})
	w.start(func(o *worker.Options) {
		o.Patience, o.HeartbeatInterval, o.AWS.RetryMaxAttempts = time.Hour, 200*time.Millisecond, 1
	})
	eventually(t, "heartbeats", func() bool { return beats.Load() > 10 })
	for _, id := range ids {
		if run := must(w.api.ReadFlowRun(t.Context(), id))(t); run.StateType.Terminal() {
			t.Errorf("a run is %s while AWS is away: %s", run.StateName, run.State.Message)
		}
	}
	w.server.ClearFaults()
	for _, id := range ids {
		w.await(id, prefect.Completed)
	}
	if got := len(w.tasks()); got != len(ids) {
		t.Errorf("%d runs have %d tasks", len(ids), got)
	}
}

// Maintenance of the Prefect server is waited out, whatever tries it takes.
func TestPrefectIsBeingMaintained(t *testing.T) {
	t.Parallel()
	w := newWorld(t, worldOptions{})
	id := w.runs(w.deployment(nil), 1)[0]
	var turnedAway atomic.Int64
	w.onPrefect(func(rw http.ResponseWriter, r *http.Request) bool {
		if r.UserAgent() != workerAgent || turnedAway.Add(1) > 15 {
			return false
		}
		rw.Header().Set("Prefect-Maintenance", "true")
		rw.Header().Set("Retry-After", "0.1")
		rw.WriteHeader(http.StatusServiceUnavailable)
		return true
	})
	w.start(func(o *worker.Options) {
		o.Prefect = must(prefect.New(prefect.Options{
			APIURL: w.server.PrefectAPIURL(), UserAgent: workerAgent, MaxRetries: 1,
		}))(t)
	})
	w.await(id, prefect.Completed)
	if turnedAway.Load() < 15 {
		t.Errorf("only %d calls were turned away", turnedAway.Load())
	}
}
