package worker_test

import (
	"log/slog"
	"testing"
	"time"
)

// must fails the test for an error: must(f())(t).
func must[T any](value T, err error) func(*testing.T) T {
	return func(t *testing.T) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return value
	}
}

// eventually waits for something that other processes bring about.
func eventually(t *testing.T, what string, done func() bool) {
	t.Helper()
	eventuallyIn(t, 5*time.Minute, what, done) // only what hangs takes as long
}

// eventuallyIn looks six thousand times before the limit.
func eventuallyIn(t *testing.T, limit time.Duration, what string, done func() bool) {
	t.Helper()
	ticker, end := time.NewTicker(limit/6000), time.NewTimer(limit)
	defer ticker.Stop()
	defer end.Stop()
	for !done() {
		select {
		case <-ticker.C:
		case <-end.C:
			t.Fatalf("waited in vain for %s", what)
		case <-t.Context().Done():
			t.Fatal(t.Context().Err())
		}
	}
}

// testLogger writes to the test's log.
func testLogger(t *testing.T) *slog.Logger {
	return slog.New(slog.NewTextHandler(t.Output(), &slog.HandlerOptions{Level: slog.LevelDebug}))
}
