package worker

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

func healthAt(began time.Time) *health {
	h := &heartbeat{}
	return &health{refusal: newRefusal(time.Minute), poll: &poll{}, heartbeat: h, metrics: newProcessMetrics(),
		interval: 10 * time.Second, began: began}
}

func TestWell(t *testing.T) {
	t.Parallel()
	began := time.Now()
	for name, tc := range map[string]struct {
		polled, now time.Duration // since the beginning; polled 0 is never
		well        bool
	}{
		"just begun":              {0, time.Second, true},
		"never polled":            {0, 6 * time.Minute, false},
		"polled":                  {10 * time.Minute, 11 * time.Minute, true},
		"silent for five min":     {10 * time.Minute, 15 * time.Minute, true},
		"silent for longer":       {10 * time.Minute, 15*time.Minute + time.Second, false},
		"polls without an answer": {time.Hour, time.Hour + time.Minute, true},
	} {
		h := healthAt(began)
		if tc.polled > 0 {
			h.poll.tried.Store(began.Add(tc.polled).UnixNano())
		}
		if got := h.well(began.Add(tc.now)); (got == "") != tc.well {
			t.Errorf("%s: got %q", name, got)
		}
	}
}

func TestHealthServer(t *testing.T) {
	t.Parallel()
	h := healthAt(time.Now())
	h.show = true
	server := httptest.NewServer(h.handler())
	defer server.Close()
	address := strings.TrimPrefix(server.URL, "http://")
	if err := CheckHealth(t.Context(), address, "/health"); err != nil {
		t.Error(err)
	}
	if err := CheckHealth(t.Context(), address, "/ready"); err == nil ||
		!strings.Contains(err.Error(), "the work pool is not known yet") {
		t.Errorf("got %v before the pool is known", err)
	}
	h.heartbeat.current.Store(&snapshot{})
	h.poll.reached.Store(time.Now().UnixNano())
	if err := CheckHealth(t.Context(), address, "/ready"); err != nil {
		t.Error(err)
	}
	h.began = time.Now().Add(-time.Hour)
	if err := CheckHealth(t.Context(), address, "/health"); err == nil ||
		!strings.Contains(err.Error(), "Worker may be unresponsive at this time") {
		t.Errorf("got %v from a worker that does not poll", err)
	}
	response, err := http.Get(server.URL + "/metrics")
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		t.Errorf("/metrics answered %s", response.Status)
	}
}

func TestCheckHealthWithoutAWorker(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.NotFoundHandler())
	address := strings.TrimPrefix(server.URL, "http://")
	server.Close()
	if err := CheckHealth(t.Context(), address, "/health"); err == nil ||
		!strings.Contains(err.Error(), "failed to reach the worker") {
		t.Errorf("got %v", err)
	}
	for given, want := range map[string]string{
		"0.0.0.0:8080": "127.0.0.1:8080", "[::]:1": "127.0.0.1:1", ":9": "127.0.0.1:9",
		"10.0.0.1:8080": "10.0.0.1:8080",
	} {
		if got := reachable(given); got != want {
			t.Errorf("%q: got %q, want %q", given, got, want)
		}
	}
}
