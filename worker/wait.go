package worker

import (
	"context"
	"log/slog"
	"math/rand/v2"
	"time"

	"ecsctl/internal/pause"
	"ecsctl/prefect"
)

// backoff is the time before try n (0 is the first repetition): doubled from first to
// most, with a fifth of jitter.
func backoff(n int, first, most time.Duration) time.Duration {
	wait := most
	if n < 20 { // beyond it the shift passes any limit
		wait = min(most, first<<n)
	}
	return jittered(wait, 0.2)
}

func jittered(d time.Duration, share float64) time.Duration {
	return time.Duration(float64(d) * (1 + share*(2*rand.Float64()-1)))
}

const (
	firstInsist = time.Second
	mostInsist  = 15 * time.Second // see maxLoopWait
)

// insist repeats a call of the Prefect API for as long as the API is away or too busy:
// what was claimed is not dropped. Only the context and a real answer end it.
func insist(ctx context.Context, log *slog.Logger, doing string, call func(context.Context) error) error {
	for n := 0; ; n++ {
		err := call(ctx)
		if err == nil || ctx.Err() != nil || !prefect.Temporary(err) {
			return err
		}
		wait := backoff(n, firstInsist, mostInsist)
		log.WarnContext(ctx, "Prefect does not answer: trying again", "while", doing, "in", wait.Round(time.Second).String(), "error", err)
		if pause.For(ctx, wait) != nil {
			return err
		}
	}
}
