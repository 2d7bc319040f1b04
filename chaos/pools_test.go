package chaos_test

import (
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"ecsctl/internal/pause"
	"ecsctl/prefect"
	"ecsctl/sandbox"
	"ecsctl/sandbox/fault"
	"ecsctl/worker"
)

// The pools of one worker.
const manyPool, fewPool = "many", "few"

// One worker serves two pools, is killed, and calls may fail. Each run is executed once. Where none fails, and
// chance has no say in it, the pool with three runs does not wait behind the hundreds of the other one, whether
// launches are bounded by AWS's quotas or by the worker's limit.
func TestPoolsOfOneWorker(t *testing.T) {
	for name, tc := range map[string]struct {
		many, limit int
		lasts       time.Duration
		stage       func(*played)
		mostFew     time.Duration // that a run of the small pool waits
	}{
		"quota":  {many: 500, lasts: 30 * time.Second, stage: (*played).slow, mostFew: 20 * time.Second},
		"limit":  {many: 100, limit: 10, lasts: 20 * time.Second, stage: (*played).slow, mostFew: 100 * time.Second},
		"faults": {many: 200, lasts: 30 * time.Second, stage: (*played).trouble, mostFew: time.Hour},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				w := newPlayed(t, sandbox.Options{Quotas: awsQuotas()})
				w.makePool(manyPool)
				w.makePool(fewPool)
				many := w.runsIn(manyPool, "many", tc.many, life{tc.lasts, completes})
				kill := w.startPools(worker.Options{Limit: tc.limit})
				w.wait(8 * time.Second) // the large pool has taken what it can
				few, made := w.runsIn(fewPool, "few", 3, life{tc.lasts, completes}), time.Now()
				tc.stage(w)
				w.awaitAll(few, 10*time.Minute)
				kill()
				defer w.startPools(worker.Options{Limit: tc.limit})()
				w.awaitAll(many, time.Hour)
				all := slices.Concat(many, few)
				if diff := cmp.Diff(map[int]int{1: len(all)}, w.executions(all)); diff != "" {
					t.Errorf("how often runs were executed (-want +got):\n%s", diff)
				}
				waits := w.waits(few, made)
				if longest := slices.Max(waits); longest > tc.mostFew {
					t.Errorf("the small pool waited for %s, %v", longest, waits)
				}
				t.Logf("the small pool waited for %v", waits)
			})
		})
	}
}

// Pools with as much to do as each other wait as long as each other. No call fails here: which runs a failure holds up
// is chance, and has nothing to do with the pools.
func TestPoolsAreServedAlike(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newPlayed(t, sandbox.Options{Quotas: awsQuotas()})
		byPool := map[string][]string{}
		for _, name := range []string{manyPool, fewPool} {
			w.makePool(name)
			byPool[name] = w.runsIn(name, name, 300, life{time.Second, completes})
		}
		w.slow()
		began := time.Now()
		defer w.startPools(worker.Options{})()
		var medians []time.Duration
		for name, ids := range byPool {
			w.awaitAll(ids, time.Hour)
			waits := w.waits(ids, began)
			longest, median := slices.Max(waits), median(waits)
			if longest > 3*median {
				t.Errorf("pool %s: the longest wait is %s, the median %s", name, longest, median)
			}
			medians = append(medians, median)
			t.Logf("pool %s: the longest wait is %s, the median %s", name, longest, median)
		}
		if slices.Max(medians) > 5*slices.Min(medians)/4 {
			t.Errorf("the medians of the pools are %v", medians)
		}
	})
}

func median(waits []time.Duration) time.Duration {
	return slices.Sorted(slices.Values(waits))[len(waits)/2]
}

// trouble makes a tenth of all calls fail, and all be slow.
func (w *played) trouble() {
	for _, service := range []string{"*", fault.PrefectService} {
		w.server.AddFault(fault.Fault{Service: service, Operation: "*", Kind: fault.Chaos, Rate: 0.1, Seed: 1})
	}
	w.slow()
}

// slow makes all calls take a tenth of a second.
func (w *played) slow() {
	for _, service := range []string{"*", fault.PrefectService} {
		w.server.AddFault(fault.Fault{Service: service, Operation: "*", Kind: fault.Latency, Times: -1,
			Latency: 50 * time.Millisecond, LatencyTo: 150 * time.Millisecond})
	}
}

// startPools starts a worker of both pools; kill ends it as a lost host does.
func (w *played) startPools(o worker.Options) (kill func()) {
	w.t.Helper()
	o.Prefect, o.AWS = w.prefect(), w.aws()
	o.Settings = map[string]string{"PREFECT_API_URL": w.server.PrefectAPIURL()}
	pools := []worker.PoolOptions{{Pool: manyPool}, {Pool: fewPool}}
	_, kill = w.serve(must(worker.NewPools(o, pools))(w.t).Run)
	return kill
}

func (w *played) wait(d time.Duration) {
	w.t.Helper()
	if err := pause.For(w.t.Context(), d); err != nil {
		w.t.Fatal(err)
	}
}

func (w *played) awaitAll(ids []string, limit time.Duration) {
	w.t.Helper()
	last := census{}
	if !within(w.t.Context(), limit, 5*time.Second, func() bool {
		runs, err := w.api.FilterFlowRuns(w.t.Context(), prefect.FlowRunFilter{IDs: ids})
		if err != nil && !prefect.Temporary(err) {
			w.t.Fatal(err)
		}
		for _, run := range runs {
			last[run.ID] = run.StateType
		}
		return last.all(ids, prefect.Completed)
	}) {
		w.t.Fatalf("the runs are %v", last.of(ids))
	}
}

// waits are how long runs waited until they were executed.
func (w *played) waits(ids []string, since time.Time) []time.Duration {
	w.mu.Lock()
	defer w.mu.Unlock()
	var out []time.Duration
	for _, id := range ids {
		out = append(out, w.began[id].Sub(since))
	}
	return out
}
