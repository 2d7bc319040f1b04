package worker

import (
	"context"
	"log/slog"
	"time"

	"ecsctl/internal/pause"
	"ecsctl/prefect"
)

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
		wait := pause.Backoff(n, firstInsist, mostInsist)
		log.WarnContext(ctx, "Prefect does not answer: trying again", "while", doing, "in", wait.Round(time.Second).String(), "error", err)
		if pause.For(ctx, wait) != nil {
			return err
		}
	}
}
