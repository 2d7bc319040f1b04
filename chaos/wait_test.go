package chaos_test

import (
	"context"
	"crypto/rand"
	"fmt"
	"testing"
	"time"

	"ecsctl/internal/pause"
)

// within looks until it is done, and tells whether it was in time.
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

func newUUID() string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // never fails
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}
