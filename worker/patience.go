package worker

import (
	"context"
	"log/slog"
	"time"
)

const (
	firstPatience = time.Second
	mostPatience  = 20 * time.Second
)

// patiently repeats a call of AWS that may still work, for as long as patience lasts.
func patiently(ctx context.Context, log *slog.Logger, patience time.Duration, again func(error) bool, call func() error) error {
	deadline := time.Now().Add(patience)
	for n := 0; ; n++ {
		err := call()
		if err == nil || ctx.Err() != nil || !again(err) {
			return err
		}
		wait := backoff(n, firstPatience, mostPatience)
		if time.Now().Add(wait).After(deadline) {
			return err
		}
		log.WarnContext(ctx, "AWS does not take it yet: trying again", "in", wait.Round(100*time.Millisecond).String(), "error", err)
		if pause(ctx, wait) != nil {
			return err
		}
	}
}
