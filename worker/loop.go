package worker

import (
	"context"
	"log/slog"
	"math/rand/v2"
	"time"

	"ecsctl/internal/pause"
	"ecsctl/worker/awsaccess"
)

// loop is something that is done again and again.
type loop struct {
	name     string
	interval time.Duration
	do       func(context.Context) error
	log      *slog.Logger
	early    <-chan struct{} // has an element when the next time is to come at once; may be nil
}

// loopJitter keeps workers that were started together from polling together. It makes waits
// longer only: an interval says how often a worker calls at most.
const loopJitter = 0.3

// maxLoopWait bounds the waits after failures: a minute after an outage all states are
// to be right, and one stage waits for another.
const maxLoopWait = 15 * time.Second

// Run does it at once and then in every interval, until the context ends. A failure
// is a warning: the next one comes later, each time twice as late up to maxLoopWait.
func (l loop) Run(ctx context.Context) {
	failures, last := 0, time.Now()
	for {
		err := l.do(ctx)
		if ctx.Err() != nil {
			return
		}
		if err == nil {
			failures, last = 0, time.Now()
		} else {
			failures++
			l.log.WarnContext(ctx, "failed to "+l.name, "error", awsaccess.Sentence(err), "last success",
				time.Since(last).Round(time.Second).String()+" ago")
		}
		if l.rest(ctx, failures) != nil {
			return
		}
	}
}

// rest waits for the next time, which comes early only if the last one was no failure.
func (l loop) rest(ctx context.Context, failures int) error {
	if failures > 0 || l.early == nil {
		return pause.For(ctx, l.Wait(failures))
	}
	timer := time.NewTimer(l.Wait(0))
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-l.early:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (l loop) Wait(failures int) time.Duration {
	wait := l.interval
	for range min(failures, 10) {
		wait *= 2
	}
	wait = min(wait, max(l.interval, maxLoopWait))
	return wait + time.Duration(loopJitter*rand.Float64()*float64(wait))
}
