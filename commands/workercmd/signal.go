package workercmd

import (
	"context"
	"log/slog"
	"os"
	"os/signal"
	"syscall"
)

// secondSignal returns a context that outlives the first signal, which ends ctx, and
// ends with the second. Both signals come here as well as to whoever ends ctx.
func secondSignal(ctx context.Context, log *slog.Logger) (context.Context, context.CancelFunc) {
	work, giveUp := context.WithCancel(context.WithoutCancel(ctx))
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	go func() {
		defer signal.Stop(signals)
		for range 2 {
			select {
			case <-signals:
			case <-work.Done():
				return
			}
		}
		log.Warn("gave up: what was claimed and not launched yet is left as it is")
		giveUp()
	}()
	return work, giveUp
}
