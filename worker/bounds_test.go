package worker_test

import (
	"encoding/json"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"ecsctl/prefect"
	"ecsctl/worker"
)

// TestPollsAreBounded: a worker asks for no more runs than it may take, and for fewer where
// an answer would be too large.
func TestPollsAreBounded(t *testing.T) {
	t.Parallel()
	w := newWorld(t, worldOptions{})
	var mu sync.Mutex
	var limits []int
	w.onPrefect(func(rw http.ResponseWriter, r *http.Request) bool {
		if !strings.HasSuffix(r.URL.Path, "/get_scheduled_flow_runs") {
			return false
		}
		var asked struct{ Limit int }
		raw, _ := io.ReadAll(r.Body)
		_ = json.Unmarshal(raw, &asked)
		r.Body = io.NopCloser(strings.NewReader(string(raw)))
		mu.Lock()
		defer mu.Unlock()
		limits = append(limits, asked.Limit)
		if asked.Limit == 0 || asked.Limit > 12 {
			rw.Header().Set("Content-Type", "application/json")
			_, _ = rw.Write([]byte(`["` + strings.Repeat("x", 17<<20) + `"]`))
			return true
		}
		return false
	})
	ids := w.runs(w.deployment(nil), 2) // the pool before the worker, which would make it
	w.start(func(o *worker.Options) { o.Limit = 50 })
	for _, id := range ids {
		w.await(id, prefect.Completed)
	}
	mu.Lock()
	defer mu.Unlock()
	if limits[0] != 50 || limits[1] != 25 || limits[2] != 12 {
		t.Errorf("polls asked for %d runs", limits)
	}
}

// TestHealthConnections: idle connections do not add up, and keep no check out.
func TestHealthConnections(t *testing.T) {
	t.Parallel()
	w := newWorld(t, worldOptions{})
	free := must(net.Listen("tcp", "127.0.0.1:0"))(t)
	address := free.Addr().String()
	_ = free.Close()
	w.start(func(o *worker.Options) { o.HealthAddress = address })
	eventually(t, "the health port", func() bool { return worker.CheckHealth(t.Context(), address, "/health") == nil })
	open := 0
	var conns []net.Conn
	for range 600 {
		conn := must(net.Dial("tcp", address))(t)
		t.Cleanup(func() { _ = conn.Close() })
		conns = append(conns, conn)
	}
	if err := worker.CheckHealth(t.Context(), address, "/health"); err != nil {
		t.Error(err)
	}
	for _, conn := range conns {
		_ = conn.SetReadDeadline(time.Now().Add(time.Millisecond))
		_, err := conn.Read(make([]byte, 1))
		if timeout, is := err.(net.Error); is && timeout.Timeout() {
			open++
		}
	}
	if open > 40 {
		t.Errorf("%d of 600 idle connections are open", open)
	}
}
