package worker

import (
	"context"
	"log/slog"
	"sync"
	"time"
)

const (
	// lateLinesAtOnce is less than what the rate of GetLogEvents allows in lastLinesTimeout.
	lateLinesAtOnce = 4
	// lateLinesWaiting bounds the memory: of more runs that crash together, the lines are not read.
	lateLinesWaiting = 1000
)

// lateLines shows what containers wrote last after their runs have got their states, which
// so do not wait for CloudWatch Logs.
type lateLines struct {
	last    *lastLines
	waiting chan struct{} // has an element for each ending whose lines are to be read
	reading chan struct{} // and one for each whose lines are being read
	readers sync.WaitGroup
	ended   chan struct{} // closed when no more is to be read
}

func newLateLines(last *lastLines) *lateLines {
	return &lateLines{
		last: last, waiting: make(chan struct{}, lateLinesWaiting), reading: make(chan struct{}, lateLinesAtOnce),
		ended: make(chan struct{}),
	}
}

// show reads the lines and logs them, without keeping the caller waiting.
func (l *lateLines) show(ctx context.Context, e ending, log *slog.Logger) {
	select {
	case l.waiting <- struct{}{}:
	default:
		log.WarnContext(ctx, "what the container wrote last is not read: too many runs have crashed at once")
		return
	}
	ctx, cancel := untilStop(context.WithoutCancel(ctx), l.ended)
	l.readers.Go(func() {
		defer cancel()
		defer func() { <-l.waiting }()
		select {
		case l.reading <- struct{}{}:
			defer func() { <-l.reading }()
			l.last.Of(ctx, e).show(ctx, log)
		case <-ctx.Done():
		}
	})
}

// finish waits for what is still to be read, so that it is sent before the worker ends:
// until the limit, or until ctx ends.
func (l *lateLines) finish(ctx context.Context, limit time.Duration) {
	done := make(chan struct{})
	go func() { l.readers.Wait(); close(done) }()
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	select {
	case <-done:
	case <-ctx.Done():
	}
	close(l.ended)
	<-done
}
