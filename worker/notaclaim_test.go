package worker_test

import (
	"net/http"
	"testing"
	"time"

	"ecsctl/prefect"
)

// A run that is made Pending before it is ready, as that of an @ecs flow until its bundle is
// uploaded, is nobody's claim: it is launched when it is Scheduled, and once.
func TestPendingIsNotAlwaysAClaim(t *testing.T) {
	t.Parallel()
	for version, retried := range map[string]bool{"3.8.8": true, "2.20.26": true, "3.8.8 anew": false} {
		t.Run(version, func(t *testing.T) {
			t.Parallel()
			o := worldOptions{version: version}
			if !retried {
				o.version = ""
			}
			w := newWorld(t, o)
			d := w.deployment(nil)
			w.onPrefect(noPolls)
			id := w.runs(d, 1)[0]
			if retried { // the client submits it again
				w.set(id, prefect.Failed, prefect.Pending)
			} else {
				w.call(http.MethodPost, "/deployments/"+d.ID+"/create_flow_run",
					`{"name": "bundle", "state": {"type": "PENDING"}}`)
				id = must(w.api.FilterFlowRuns(t.Context(), prefect.FlowRunFilter{Names: []string{"bundle"}}))(t)[0].ID
			}
			w.onPrefect(func(http.ResponseWriter, *http.Request) bool { return false })
			w.start(impatient)
			pauseFor(t, 2500*time.Millisecond)
			if got := w.history(id); got[len(got)-1] != "Pending" || len(w.tasks()) > 0 && retried {
				t.Errorf("the run's states are %q, %d tasks", got, len(w.tasks()))
			}
			w.set(id, prefect.Scheduled)
			w.await(id, prefect.Completed)
		})
	}
}
