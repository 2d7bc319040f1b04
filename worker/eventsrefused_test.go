package worker_test

import (
	"net/http"
	"sync/atomic"
	"testing"

	"ecsctl/sandbox"
	"ecsctl/worker"
)

// Where POST /events is refused, as on Cloud, the events come by the websocket.
func TestEventsGoByTheSocketWherePostIsRefused(t *testing.T) {
	t.Parallel()
	for _, status := range []int{http.StatusForbidden, http.StatusNotFound, http.StatusMethodNotAllowed} {
		t.Run(http.StatusText(status), func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, worldOptions{sandbox: sandbox.Options{Images: idleImage(t)}})
			w.runs(w.deployment(nil), 1)
			var posts atomic.Int64
			w.onPrefect(func(rw http.ResponseWriter, r *http.Request) bool {
				if r.URL.Path != "/api/events" {
					return false
				}
				posts.Add(1)
				rw.WriteHeader(status)
				return true
			})
			running := w.start(func(o *worker.Options) { o.RunOnce = true })
			<-running.ended
			if got := w.workersEvents(); len(got) != 4 {
				t.Errorf("got %d events, want 4: %v", len(got), got)
			}
			if posts.Load() != 1 {
				t.Errorf("%d posts, want one", posts.Load())
			}
		})
	}
}
