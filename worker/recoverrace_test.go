package worker_test

import (
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"ecsctl/prefect"
)

// Of two workers that go on with the same claim one is slower: by then the other has
// launched the run, and it has ended. It must stay as it is, though the server would let
// it become Submitting.
func TestASlowSuccessorLeavesTheRunAlone(t *testing.T) {
	t.Parallel()
	for _, version := range []string{"3.8.8", "2.20.26"} {
		t.Run(version, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, worldOptions{version: version})
			d := w.deployment(nil)
			id := w.runs(d, 1)[0]
			first := w.stuck("w1")
			first.kill()
			<-first.ended
			var meanwhile atomic.Int64
			w.onPrefect(func(_ http.ResponseWriter, r *http.Request) bool {
				if r.URL.Path == "/api/deployments/"+d.ID && meanwhile.Add(1) == 1 {
					for _, state := range []prefect.StateType{prefect.Running, prefect.Completed} {
						must(w.api.SetFlowRunState(r.Context(), id, prefect.StateProposal{Type: state, Force: true}))(t)
					}
				}
				return false
			})
			w.server.ClearFaults()
			second := w.start(impatient)
			eventually(t, "the second worker to go on with the run", func() bool { return meanwhile.Load() > 0 })
			second.stop()
			<-second.ended
			if got := w.history(id); !slices.Contains(got, "Completed") || got[len(got)-1] != "Completed" {
				t.Errorf("the run's states are %s", strings.Join(got, ", "))
			}
			if got := len(w.tasks()); got != 0 {
				t.Errorf("%d tasks were launched for a run that had ended", got)
			}
		})
	}
}
