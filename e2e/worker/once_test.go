//go:build e2e

package worker

import (
	"net/http"
	"testing"
	"time"

	"ecsctl/e2e/peers"
	"ecsctl/internal/testkit/wiretap"
	"ecsctl/prefect"
)

// A burst of 200 runs of one deployment registers one task definition, and a restart
// registers none.
func TestABurstRegistersOneTaskDefinition(t *testing.T) {
	w := newWorld(t, all.Prefect3)
	w.seed(plan{Groups: []group{{Name: "burst", Count: 200}}})
	first := w.startOurs()
	w.await(5*time.Minute, "200 launches", func() bool { return w.launchedAtLeast(200) })
	w.stop(first)
	if got := w.calls("ecs:RegisterTaskDefinition"); got != 1 {
		t.Errorf("200 runs made %d registrations", got)
	}
	deployment, err := w.api.ReadDeploymentByName(t.Context(), "e2e-worker-flow", w.pool+"-burst")
	w.must(err)
	_, err = w.api.CreateFlowRun(t.Context(), deployment.ID, prefect.FlowRunCreate{})
	w.must(err)
	w.startOurs()
	w.await(time.Minute, "a launch after the restart", func() bool { return w.calls("ecs:RunTask") == 201 })
	if got := w.calls("ecs:RegisterTaskDefinition"); got != 1 {
		t.Errorf("the restart made %d registrations", got-1)
	}
}

// launchedAtLeast asks for runs that are still Scheduled, which is less to read.
func (w *world) launchedAtLeast(n int) bool {
	return w.calls("ecs:RunTask") >= n && w.count(prefect.Scheduled) == 0
}

// busy answers one of four calls of the worker with 503, as a server on SQLite does
// under write contention.
func (w *world) makeBusy() {
	n := 0
	w.busy.Inject(func(wiretap.Call) *wiretap.Fault {
		n++ // Inject calls one at a time
		if n%4 != 0 {
			return nil
		}
		return &wiretap.Fault{Status: http.StatusServiceUnavailable, ContentType: "application/json",
			Body: `{"exception_message": "Service Unavailable"}`}
	})
}

// 503s from the server never crash a run. How the official worker fares is shown, and
// not asserted: it is not ours to fix.
func TestABusyServerCrashesNoRun(t *testing.T) {
	all.EachServer(t, func(t *testing.T, server *peers.Server) {
		for _, c := range contestants {
			w := newWorld(t, server)
			w.seed(plan{Groups: []group{{Name: "many", Count: 100}}})
			w.makeBusy()
			process := c.start(w)
			w.await(6*time.Minute, c.name+" to take all runs", func() bool {
				return w.count(prefect.Scheduled) == 0 && w.launched()+w.count(prefect.Crashed) >= 100
			})
			process.Kill()
			crashed := w.count(prefect.Crashed)
			t.Logf("%s: %d of 100 Crashed, %d launched", c.name, crashed, w.launched())
			if c.name == "ours" && (crashed != 0 || w.launched() != 100) {
				t.Errorf("%d Crashed, %d launched", crashed, w.launched())
			}
		}
	})
}
