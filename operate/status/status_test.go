package status_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"ecsctl/internal/testkit/patient"
	"ecsctl/operate/status"
	"ecsctl/prefect"
)

// Runs are counted by what they wait for; with another worker that serves the pool a
// service at 0 is worth a warning only, and late runs are reported.
func TestStatusCountsRuns(t *testing.T) {
	w := patient.NewWorld(t, "sleep 600\n")
	w.Bootstrap()
	ctx := t.Context()
	if _, err := w.Clients.Prefect.Heartbeat(ctx, patient.Pool, prefect.Heartbeat{Name: "theirs"}); err != nil {
		t.Fatal(err)
	}
	create := func(at time.Time) *prefect.FlowRun {
		return patient.Must(w.Clients.Prefect.CreateFlowRun(ctx, w.Deployment.ID,
			prefect.FlowRunCreate{ScheduledTime: at}))(t)
	}
	create(time.Now().Add(-time.Hour))
	create(time.Now().Add(-time.Minute))
	create(time.Now().Add(time.Hour))
	create(time.Now()) // not late yet
	for _, state := range []prefect.StateType{prefect.Pending, prefect.Running} {
		run := create(time.Now().Add(-time.Hour))
		patient.Must(w.Clients.Prefect.SetFlowRunState(ctx, run.ID, prefect.StateProposal{Type: state, Force: true}))(t)
	}
	s := w.Status()
	if p := s.WorkPool; p == nil || p.Late != 2 || p.Pending != 1 || p.Running != 1 {
		t.Errorf("the pool is %+v", s.WorkPool)
	}
	if diff := cmp.Diff([]string{"WARN service", "WARN late-runs"}, kinds(s)); diff != "" || !s.Healthy {
		t.Errorf("healthy %v, (-want +got):\n%s\n%+v", s.Healthy, diff, s.Problems)
	}
	limit := 2
	if err := w.Clients.Prefect.UpdateWorkPool(ctx, patient.Pool,
		prefect.WorkPoolUpdate{ConcurrencyLimit: &limit}); err != nil {
		t.Fatal(err)
	}
	last := w.Status().Problems[1]
	if !strings.HasSuffix(last.Cause, "the pool's concurrency limit of 2 is reached") ||
		last.Fix[0] != "prefect work-pool set-concurrency-limit etl 4" {
		t.Errorf("got %+v", last)
	}
}

func kinds(s *status.Status) []string {
	var out []string
	for _, p := range s.Problems {
		out = append(out, string(p.Severity)+" "+string(p.About))
	}
	return out
}
