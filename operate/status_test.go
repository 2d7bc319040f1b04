package operate_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"ecsctl/operate"
	"ecsctl/prefect"
)

// Runs are counted by what they wait for; with another worker that serves the pool a
// service at 0 is worth a warning only, and late runs are told of.
func TestStatusCountsRuns(t *testing.T) {
	w := newWorld(t, "sleep 60\n")
	w.bootstrap()
	ctx := t.Context()
	if _, err := w.clients.Prefect.Heartbeat(ctx, pool, prefect.Heartbeat{Name: "theirs"}); err != nil {
		t.Fatal(err)
	}
	create := func(at time.Time) *prefect.FlowRun {
		return must(w.clients.Prefect.CreateFlowRun(ctx, w.deployment.ID, prefect.FlowRunCreate{ScheduledTime: at}))(t)
	}
	create(time.Now().Add(-time.Hour))
	create(time.Now().Add(-time.Minute))
	create(time.Now().Add(time.Hour))
	create(time.Now()) // not late yet
	for _, state := range []prefect.StateType{prefect.Pending, prefect.Running} {
		run := create(time.Now().Add(-time.Hour))
		must(w.clients.Prefect.SetFlowRunState(ctx, run.ID, prefect.StateProposal{Type: state, Force: true}))(t)
	}
	s := w.status()
	if p := s.WorkPool; p == nil || p.Late != 2 || p.Pending != 1 || p.Running != 1 {
		t.Errorf("the pool is %+v", s.WorkPool)
	}
	if diff := cmp.Diff([]string{"warn service", "warn late-runs"}, kinds(s)); diff != "" || !s.Healthy {
		t.Errorf("healthy %v, (-want +got):\n%s\n%+v", s.Healthy, diff, s.Problems)
	}
	limit := 2
	if err := w.clients.Prefect.UpdateWorkPool(ctx, pool, prefect.WorkPoolUpdate{ConcurrencyLimit: &limit}); err != nil {
		t.Fatal(err)
	}
	last := w.status().Problems[1]
	if !strings.HasSuffix(last.Cause, "the pool's concurrency limit of 2 is reached") || last.Mend[0] != "prefect work-pool set-concurrency-limit etl 4" {
		t.Errorf("got %+v", last)
	}
}

func kinds(s *operate.Status) []string {
	var out []string
	for _, p := range s.Problems {
		out = append(out, string(p.Severity)+" "+string(p.About))
	}
	return out
}
