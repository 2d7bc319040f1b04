//go:build e2e

package worker

import (
	"testing"
	"time"

	"ecsctl/e2e/peers"
	"ecsctl/internal/pause"
)

// A real server is killed under an open channel and is back half a minute later: our
// worker has waited, launches what is due then, and beats by the channel again.
func TestARestartOfARealServer(t *testing.T) {
	server, err := peers.StartPrefect(t.Context(), peers.Prefect3, t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { server.Kill() })
	w := newWorld(t, server)
	w.env = append(w.env, "PREFECT_WORKER_HEARTBEAT_SECONDS=2")
	w.seed(plan{Groups: []group{{Name: "now", Count: 1}, {Name: "later", Count: 3, Delay: 75}}})
	w.startOurs()
	w.await(time.Minute, "the first launch", func() bool { return w.launched() == 1 })
	w.awaitBeats(3)

	server.Kill()
	if err := pause.For(t.Context(), 30*time.Second); err != nil {
		t.Fatal(err)
	}
	if err := server.Restart(t.Context()); err != nil {
		t.Fatal(err)
	}
	w.await(2*time.Minute, "the launches after it", func() bool { return w.launched() == 4 })
	// The channel is tried again at its own pace, and REST serves until it is open.
	w.await(3*time.Minute, "three heartbeats with none over REST", func() bool {
		byREST := w.restHeartbeats()
		w.awaitBeats(3)
		return w.restHeartbeats() == byREST
	})
}

// awaitBeats waits until the server has got that many more heartbeats of the worker.
func (w *world) awaitBeats(n int) {
	w.t.Helper()
	for range n {
		last := w.lastHeartbeat()
		w.await(time.Minute, "another heartbeat", func() bool { return w.lastHeartbeat().After(last) })
	}
}
