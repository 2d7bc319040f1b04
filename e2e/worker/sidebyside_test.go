//go:build e2e

package worker

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"ecsctl/e2e/peers"
	"ecsctl/prefect"
)

// scenario is something that both workers are put through.
type scenario struct {
	name     string
	plan     plan
	args     []string
	launched int                                    // runs that get a task
	act      func(*world, map[string][]string)      // when they have it
	settled  func(*world, map[string][]string) bool // after that
	only     string                                 // the virtual environment that has it
}

var two = 2

// engine is the older command of runs. Prefect's runner, the newer one, is left to
// cancel its run by itself.
var engine = map[string]any{"command": "python -m prefect.engine"}

var scenarios = []scenario{
	{name: "fifty runs of three deployments", launched: 50,
		plan: plan{Groups: []group{{Name: "a", Count: 20}, {Name: "b", Count: 20},
			{Name: "c", Count: 10, Variables: map[string]any{"env": map[string]any{"A": "b"}}}}}},
	{name: "paused pool", plan: plan{Paused: true, Groups: []group{{Name: "a", Count: 2}}}},
	{name: "queues", launched: 3, args: []string{"--work-queue", "mine", "--work-queue", "paused"}, plan: plan{
		Queues: []queue{{Name: "mine"}, {Name: "other"}, {Name: "paused", Paused: true}},
		Groups: []group{{Name: "mine", Count: 3, Queue: "mine"}, {Name: "other", Count: 2, Queue: "other"},
			{Name: "paused", Count: 2, Queue: "paused"}},
	}},
	{name: "limit of the pool", launched: 2, plan: plan{Limit: &two, Groups: []group{{Name: "a", Count: 5}}}},
	{name: "limit of a queue", launched: 3, plan: plan{
		Queues: []queue{{Name: "few", Limit: &two}}, Groups: []group{{Name: "few", Count: 4, Queue: "few"},
			{Name: "free", Count: 1}},
	}},
	{name: "delayed", launched: 2, args: []string{"--prefetch-seconds", "60"}, plan: plan{
		Groups: []group{{Name: "now", Count: 1}, {Name: "soon", Count: 1, Delay: 45},
			{Name: "later", Count: 2, Delay: 3600}},
	}},
	{name: "limit of a deployment", launched: 2, only: peers.Prefect3,
		plan:    plan{Groups: []group{{Name: "one", Count: 3, Concurrency: 1}, {Name: "free", Count: 1}}},
		settled: func(w *world, ids map[string][]string) bool { return w.count(prefect.Scheduled) == 2 }},
	{name: "cancel", launched: 3, only: peers.Prefect2,
		plan:    plan{Groups: []group{{Name: "cancelled", Count: 2, Variables: engine}, {Name: "kept", Count: 1}}},
		act:     func(w *world, ids map[string][]string) { w.cancel(ids["cancelled"]) },
		settled: func(w *world, _ map[string][]string) bool { return w.count(prefect.Cancelled) == 2 }},
	{name: "bad job", launched: 1,
		plan: plan{Groups: []group{{Name: "bad", Count: 1, Variables: map[string]any{"cluster": "nowhere"}},
			{Name: "good", Count: 1}}},
		settled: func(w *world, _ map[string][]string) bool { return w.count(prefect.Crashed) == 1 }},
}

// Both workers leave the same states, infrastructure ids and tasks behind.
func TestSideBySide(t *testing.T) {
	all.EachServer(t, func(t *testing.T, server *peers.Server) {
		for _, s := range scenarios {
			if s.only != "" && s.only != server.Venv {
				continue
			}
			t.Run(s.name, func(t *testing.T) {
				fates := map[string]map[string][]string{}
				for _, c := range contestants {
					began := time.Now()
					fates[c.name] = s.run(t, newWorld(t, server), c)
					t.Logf("%s: %s", c.name, time.Since(began).Round(100*time.Millisecond))
				}
				if diff := cmp.Diff(fates["official"], fates["ours"]); diff != "" {
					t.Errorf("the runs ended differently (-official +ours):\n%s", diff)
				}
			})
		}
	})
}

func (s scenario) run(t *testing.T, w *world, c contestant) map[string][]string {
	t.Helper()
	ids := w.seed(s.plan)
	process := c.start(w, s.args...)
	w.await(4*time.Minute, c.name+" to launch", func() bool { return w.launched() >= s.launched })
	if s.act != nil {
		s.act(w, ids)
	}
	if s.settled != nil {
		w.await(2*time.Minute, c.name+" to settle", func() bool { return s.settled(w, ids) })
	}
	w.online()
	w.idle()
	got := w.fates(ids)
	process.Kill()
	if n := w.launched(); n != s.launched {
		t.Errorf("%s launched %d runs, want %d", c.name, n, s.launched)
	}
	return got
}

func (w *world) cancel(ids []string) {
	w.t.Helper()
	for _, id := range ids {
		_, err := w.api.SetFlowRunState(w.t.Context(), id, prefect.StateProposal{Type: prefect.Cancelling})
		w.must(err)
	}
}

// Prefect 3: runs that were launched and never started have no runner to cancel them.
// The official worker 3.8.8 leaves them Cancelling, their tasks running, even with
// PREFECT_WORKER_ENABLE_CANCELLATION, so there is nothing to compare with.
func TestCancelOfRunsThatNeverStarted(t *testing.T) {
	w := newWorld(t, all.Prefect3)
	ids := w.seed(plan{Groups: []group{{Name: "cancelled", Count: 2}, {Name: "kept", Count: 1}}})
	w.startOurs()
	w.await(time.Minute, "three launches", func() bool { return w.launched() == 3 })
	w.cancel(ids["cancelled"])
	w.await(time.Minute, "two cancelled runs", func() bool { return w.count(prefect.Cancelled) == 2 })
	want := map[string][]string{
		"cancelled": {
			`Scheduled>Pending>Submitting>Cancelling>Cancelled cluster="default" task="stopped"`,
			`Scheduled>Pending>Submitting>Cancelling>Cancelled cluster="default" task="stopped"`,
		},
		"kept": {`Scheduled>Pending>Submitting cluster="default" task="launched"`},
	}
	if diff := cmp.Diff(want, w.fates(ids)); diff != "" {
		t.Error(diff)
	}
}

// online waits until the worker has said that it is there: scenarios in which nothing
// is launched would not notice a worker that never came.
func (w *world) online() {
	w.t.Helper()
	w.await(2*time.Minute, "the worker to be online", func() bool {
		workers, err := w.api.Workers(w.t.Context(), w.pool)
		w.must(err)
		return len(workers) == 1 && workers[0].Name == "the-worker"
	})
}
