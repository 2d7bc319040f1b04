package worker_test

import (
	"io"
	"net/http"
	"sync/atomic"
	"testing"
	"time"

	"ecsctl/sandbox"
)

// A worker that stops while it sends events lets the call end: one that is cut off may have
// arrived, and would be sent twice.
func TestEventsUnderWayAtTheEndAreNotCutOff(t *testing.T) {
	t.Parallel()
	w := newWorld(t, worldOptions{sandbox: sandbox.Options{Images: idleImage(t)}})
	w.deployment(nil)
	underWay := make(chan struct{})
	var posts, cut atomic.Int64
	w.onPrefect(func(rw http.ResponseWriter, r *http.Request) bool {
		if r.URL.Path != "/api/events" || posts.Add(1) > 1 {
			return false
		}
		close(underWay)
		_, _ = io.Copy(io.Discard, r.Body) // the server looks for a caller that goes once the body is read
		select {
		case <-r.Context().Done():
			cut.Add(1)
		case <-time.After(500 * time.Millisecond): // the worker was told to stop long ago
		}
		rw.WriteHeader(http.StatusNoContent)
		return true
	})
	running := w.start(nil)
	<-underWay
	running.stop()
	<-running.ended
	if cut.Load() > 0 {
		t.Error("the call was cut off")
	}
}
