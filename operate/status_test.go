package operate_test

import (
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"ecsctl/image"
	"ecsctl/operate"
	"ecsctl/prefect"
	"ecsctl/provision"
)

func (w *world) status() *operate.Status {
	w.t.Helper()
	status, err := operate.ReadStatus(w.t.Context(), operate.Options{
		Options: provision.Options{
			Spec: provision.Spec{Pool: pool, Region: "eu-west-1", Worker: provision.Worker{Runtime: provision.RuntimePrefect}}, Clients: w.clients, Version: "test",
			Server: provision.Server{APIURL: w.clients.Prefect.APIURL()}, Logger: slog.New(slog.DiscardHandler), PollInterval: 10 * time.Millisecond,
		},
		Bootstrap:  func(s provision.Spec) string { return "ecsctl bootstrap --pool " + s.Pool },
		UseBinary:  func(s provision.Spec) (provision.Spec, *image.Binary, error) { return s.UseBinary() },
		StuckAfter: time.Minute,
	})
	return must(status, err)(w.t)
}

// bootstrap makes all that the pool needs; tasks of the worker are not wanted here.
func (w *world) bootstrap() {
	w.t.Helper()
	none := 0
	spec := provision.Spec{Pool: pool, Region: "eu-west-1", Worker: provision.Worker{Runtime: provision.RuntimePrefect, DesiredCount: &none}}
	plan := must(provision.NewBootstrap(w.t.Context(), provision.Options{
		Spec: spec.WithDefaults(), Clients: w.clients, Version: "test", Server: provision.Server{APIURL: w.clients.Prefect.APIURL()},
		Logger: slog.New(slog.DiscardHandler), PollInterval: 10 * time.Millisecond,
	}))(w.t)
	must(plan.Apply(w.t.Context(), silence{}))(w.t)
}

// Runs are counted by what they wait for; with another worker that serves the pool a
// service at 0 is worth a warning only, and late runs are told of.
func TestStatusCountsRuns(t *testing.T) {
	w := newWorld(t, "sleep 600\n")
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
