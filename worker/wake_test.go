package worker_test

import (
	"net/http"
	"sync/atomic"
	"testing"
	"time"

	"ecsctl/prefect"
	"ecsctl/sandbox"
	"ecsctl/worker"
)

// patient workers poll once an hour, so that what they launch they have heard of.
func patient(o *worker.Options) { o.QueryInterval = time.Hour }

func TestARunIsLaunchedAsSoonAsItIsScheduled(t *testing.T) {
	t.Parallel()
	w := newWorld(t, worldOptions{sandbox: sandbox.Options{Images: idleImage(t)}})
	d := w.deployment(nil)
	w.start(patient)
	first := w.runs(d, 1)[0]
	eventually(t, "the first run to be launched", func() bool { return w.launched(first) })
	second := w.runs(d, 1)[0]
	eventually(t, "the second run to be launched", func() bool { return w.launched(second) })
}

// A run that was made while nobody listened is found when the feed is there again.
func TestARunIsFoundAfterTheFeedWasAway(t *testing.T) {
	t.Parallel()
	w := newWorld(t, worldOptions{sandbox: sandbox.Options{Images: idleImage(t)}})
	d := w.deployment(nil)
	var away, refused atomic.Bool
	away.Store(true)
	w.onPrefect(func(rw http.ResponseWriter, r *http.Request) bool {
		if r.URL.Path != "/api/events/out" || !away.Load() {
			return false
		}
		refused.Store(true)
		rw.WriteHeader(http.StatusServiceUnavailable)
		return true
	})
	w.start(patient)
	eventually(t, "the feed to be refused", refused.Load)
	id := w.runs(d, 1)[0]
	away.Store(false)
	eventually(t, "the run to be launched", func() bool { return w.launched(id) })
}

// A server without a feed loses nothing: the poll finds what there is.
func TestARunIsFoundWithoutAFeed(t *testing.T) {
	t.Parallel()
	for _, version := range []string{"2.20.26", "3.8.8"} {
		t.Run(version, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, worldOptions{version: version, sandbox: sandbox.Options{Images: idleImage(t)}})
			d := w.deployment(nil)
			w.onPrefect(func(rw http.ResponseWriter, r *http.Request) bool {
				if r.URL.Path != "/api/events/out" {
					return false
				}
				rw.WriteHeader(http.StatusForbidden)
				return true
			})
			w.start(nil)
			eventually(t, "the worker to be online", func() bool {
				return len(must(w.api.Workers(t.Context(), pool))(t)) == 1
			})
			id := w.runs(d, 1)[0]
			eventually(t, "the run to be launched", func() bool { return w.launched(id) })
		})
	}
}

// Idle workers call no more often for it: events of others, of other pools and of other
// states ask for no poll.
func TestEventsOfOthersAskForNoPoll(t *testing.T) {
	t.Parallel()
	w := newWorld(t, worldOptions{sandbox: sandbox.Options{Images: idleImage(t)}})
	d := w.deployment(nil)
	var polls atomic.Int64
	w.onPrefect(func(_ http.ResponseWriter, r *http.Request) bool {
		if r.URL.Path == "/api/work_pools/pool/get_scheduled_flow_runs" {
			polls.Add(1)
		}
		return false
	})
	w.start(patient)
	mine := w.runs(d, 1)[0]
	eventually(t, "the worker to listen", func() bool { return w.launched(mine) })
	before := polls.Load()
	ctx := t.Context()
	must(w.api.CreateWorkPool(ctx, prefect.WorkPoolCreate{Name: "other", Type: "ecs"}))(t)
	other := must(w.api.CreateDeployment(ctx, prefect.DeploymentCreate{
		Name: "other", FlowID: d.FlowID, WorkPoolName: "other",
	}))(t)
	w.runs(other, 3)
	must(w.api.SetFlowRunState(ctx, mine, prefect.StateProposal{Type: prefect.Cancelling}))(t)
	last := w.runs(d, 1)[0]
	eventually(t, "the last run to be launched", func() bool { return w.launched(last) })
	if extra := polls.Load() - before; extra > 2 {
		t.Errorf("%d polls for one run", extra)
	}
}
