package chaos_test

import (
	"context"
	"testing"
	"time"

	"ecsctl/internal/pause"
)

// within looks until it is done, and reports whether it was in time.
func within(ctx context.Context, limit, every time.Duration, done func() bool) bool {
	bounded, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	for !done() {
		if pause.For(bounded, every) != nil {
			return false
		}
	}
	return true
}

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
