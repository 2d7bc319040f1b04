package worker_test

import (
	"strings"
	"testing"
	"time"

	"ecsctl/prefect"
	"ecsctl/sandbox"
	"ecsctl/sandbox/prefectapi"
	"ecsctl/worker"
)

// The server's clock may be minutes off ours: what is due, late, put off or left to others is
// by the server's.
func TestTheServersClockCounts(t *testing.T) {
	t.Parallel()
	journeys := map[string]func(w *world){
		"launched": func(w *world) {
			id := w.runs(w.deployment(nil), 1)[0]
			w.start(nil)
			w.await(id, prefect.Completed)
		},
		"put off": func(w *world) {
			id := w.runs(w.deployment(nil), 1)[0]
			w.noCapacity(1)
			w.start(nil)
			w.await(id, prefect.Completed)
		},
		"gone on with": func(w *world) {
			id := w.runs(w.deployment(nil), 1)[0]
			first := w.stuck("first")
			first.kill()
			<-first.ended
			w.server.ClearFaults()
			w.start(impatient)
			w.await(id, prefect.Completed)
		},
		"left to the runner": func(w *world) {
			id := w.runs(w.deployment(hangingJob()), 1)[0]
			w.start(func(o *worker.Options) { o.RunnerGrace = 3 * time.Second })
			w.await(id, prefect.Running)
			w.cancelling(id)
			began := time.Now()
			eventually(w.t, "the task to be stopped", w.Stopped)
			if took := time.Since(began); took < 2500*time.Millisecond {
				w.t.Errorf("the task was stopped after %s", took)
			}
		},
	}
	for _, off := range []time.Duration{-5 * time.Minute, -2 * time.Minute, 2 * time.Minute, 5 * time.Minute} {
		for name, journey := range journeys {
			t.Run(off.String()+"/"+name, func(t *testing.T) {
				t.Parallel()
				clock := prefectapi.WithClock(func() time.Time { return time.Now().Add(off) })
				journey(newWorld(t, worldOptions{prefect: []prefectapi.Option{clock}}))
			})
		}
	}
}

// What clocks that are apart lead to elsewhere is told, once, and shown in the metrics.
func TestClocksThatAreApartAreToldOf(t *testing.T) {
	t.Parallel()
	clock := prefectapi.WithClock(func() time.Time { return time.Now().Add(-2 * time.Minute) })
	w := newWorld(t, worldOptions{prefect: []prefectapi.Option{clock}, sandbox: sandbox.Options{}})
	w.deployment(nil)
	log := &lines{}
	running := w.start(func(o *worker.Options) {
		o.Logger = log.logger()
		o.HealthAddress, o.Metrics = "127.0.0.1:0", true
	})
	waitPolls(t, w, 5)
	if n := strings.Count(log.String(), "are apart"); n != 1 ||
		!strings.Contains(log.String(), `"server is ahead by"=-2m0s`) {
		t.Errorf("it was told %d times:\n%s", n, log)
	}
	if got := running.metrics(t); !strings.Contains(got, "ecsctl_worker_server_clock_ahead_seconds -1") {
		t.Error(got)
	}
}
