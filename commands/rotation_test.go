package commands_test

import (
	"context"
	"fmt"
	"os"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"ecsctl/internal/testkit/stage"
	"ecsctl/prefect"
)

// rotating has a worker of ours, for which flow runs are made one after the other.
type rotating struct {
	*counting
	gate *gate
	ids  []string
}

func newRotating(t *testing.T) *rotating {
	t.Helper()
	r := &rotating{counting: newCounting(t)}
	r.gate = newGate(t, r.Server.PrefectAPIURL())
	r.env = append(r.env, "PREFECT_API_URL="+r.gate.api)
	return r
}

// bootstrap runs ecsctl with a key, and waits for the worker.
func (r *rotating) bootstrap(key string) {
	r.t.Helper()
	before := r.env
	r.env = append(r.env[:len(r.env):len(r.env)], "PREFECT_API_KEY="+key)
	r.Run("bootstrap", "--pool", "etl", "--yes", "--wait-timeout", "5m")
	r.env = before
}

// atOnce bounds the flow runs that are under way: on a busy machine they end later than new ones are
// made, and under the race detector each takes 100 MB.
const atOnce = 10

// begin makes a flow run four times a second, as long as few are under way, until stop is called.
func (r *rotating) begin(deployment string) (stop func()) {
	ctx, cancel := context.WithCancel(r.t.Context())
	var running sync.WaitGroup
	running.Go(func() {
		ticker := time.NewTicker(250 * time.Millisecond)
		defer ticker.Stop()
		for {
			if err := r.another(ctx, deployment); err != nil && ctx.Err() == nil {
				r.t.Errorf("failed to make a flow run: %v", err)
			}
			select {
			case <-ticker.C:
			case <-ctx.Done():
				return
			}
		}
	})
	return func() { cancel(); running.Wait() }
}

func (r *rotating) another(ctx context.Context, deployment string) error {
	underWay, err := r.underWay(ctx, nil)
	if err != nil || underWay >= atOnce {
		return err
	}
	run, err := r.api.CreateFlowRun(ctx, deployment, prefect.FlowRunCreate{})
	if err == nil {
		r.ids = append(r.ids, run.ID)
	}
	return err
}

// eventually polls until ready says so.
func (r *rotating) eventually(what string, ready func() bool) {
	r.t.Helper()
	ticker := time.NewTicker(100 * time.Millisecond)
	defer ticker.Stop()
	limit := time.After(stage.Patience)
	for !ready() {
		select {
		case <-ticker.C:
		case <-limit:
			r.t.Fatalf("waited in vain: %s", what)
		}
	}
}

// executions counts the processes that executed each run.
func (r *rotating) executions() map[string]int {
	content, err := os.ReadFile(r.executed)
	if err != nil {
		return nil // nothing was executed yet
	}
	times := map[string]int{}
	for id := range strings.FieldsSeq(string(content)) {
		times[id]++
	}
	return times
}

func (r *rotating) executedMore(n int) {
	r.t.Helper()
	want := len(r.executions()) + n
	r.eventually(fmt.Sprintf("%d runs are executed", want), func() bool { return len(r.executions()) >= want })
}

func (r *rotating) unfinished(ids ...string) int {
	r.t.Helper()
	n, err := r.underWay(r.t.Context(), ids)
	r.must(err)
	return n
}

// underWay counts the runs that have not ended: of these, or of all without any.
func (r *rotating) underWay(ctx context.Context, ids []string) (int, error) {
	runs, err := r.api.FilterFlowRuns(ctx, prefect.FlowRunFilter{WorkPoolNames: []string{"etl"}, IDs: ids,
		StateTypes: []prefect.StateType{prefect.Scheduled, prefect.Pending, prefect.Running}})
	return len(runs), err
}

// A new key while runs are launched: bootstrap puts it into the secret and rolls the
// service. Then nothing that runs has the old one any more, and no run has failed.
func TestANewKeyWhileRunsAreLaunched(t *testing.T) {
	t.Parallel()
	if runtime.GOOS != "linux" {
		t.Skip("the worker comes out of an image for Linux")
	}
	r := newRotating(t)
	r.bootstrap(keyBefore)
	stop := r.begin(r.deployment("etl"))
	r.executedMore(10)
	r.bootstrap(keyAfter)
	r.executedMore(1)
	// Tasks that were started with the old key may still run.
	old, err := r.api.FilterFlowRuns(t.Context(), prefect.FlowRunFilter{
		WorkPoolNames: []string{"etl"}, StateTypes: []prefect.StateType{prefect.Pending, prefect.Running},
	})
	r.must(err)
	var ids []string
	for _, run := range old {
		ids = append(ids, run.ID)
	}
	r.eventually("the runs of before have ended", func() bool { return len(ids) == 0 || r.unfinished(ids...) == 0 })
	r.gate.revoke(keyBefore)
	r.executedMore(20)
	stop()
	r.eventually("all runs have ended", func() bool { return r.unfinished() == 0 })
	if refused := r.gate.refusals(); len(refused) > 0 {
		t.Errorf("calls with the old key after the rotation: %q", refused)
	}
	r.check()
}

func (r *rotating) check() {
	r.t.Helper()
	times := r.executions()
	for _, id := range r.ids {
		run, err := r.api.ReadFlowRun(r.t.Context(), id)
		r.must(err)
		if times[id] != 1 || run.StateType != prefect.Completed {
			r.t.Errorf("run %s was executed %d times and is %s: %s", id, times[id], run.StateName, run.State.Message)
		}
	}
	r.t.Logf("%d runs", len(r.ids))
}
