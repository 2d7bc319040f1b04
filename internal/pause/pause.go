// Package pause waits without being deaf to a context.
package pause

import (
	"context"
	"time"
)

// For waits for d, or until ctx ends, and returns the context's error then.
func For(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
