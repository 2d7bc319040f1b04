package worker

import (
	"context"
	"sync"
	"time"
)

// work polls and launches until stop is closed, then finishes what was claimed. Stop
// is not cancel: heartbeats, tracking and reports go on meanwhile, and tasks that run
// are left running.
func (w *Worker) work(ctx context.Context, stop <-chan struct{}) {
	polling, cancel := untilStop(ctx, stop)
	defer cancel()
	launching, end := context.WithCancel(ctx)
	defer end()
	defer w.limitDrain(stop, end)()
	var launches sync.WaitGroup
	once := func(polling context.Context) (more bool, err error) {
		found, more, err := w.poll.find(polling)
		for _, c := range found {
			t := w.submit.line.join(c.run.ID)
			launches.Go(func() { w.submit.Run(launching, stop, c, t) })
		}
		return more, err
	}
	if w.opts.RunOnce {
		if _, err := once(polling); err != nil {
			w.log.WarnContext(ctx, "failed to poll for flow runs", "error", err)
		}
		launches.Wait()
		w.watchOut(polling)
		return
	}
	launches.Go(func() {
		w.loop("look for claims of workers that are gone", w.opts.RecoverInterval, func(ctx context.Context) error {
			return w.recovery.look(ctx, func(c candidate) {
				launches.Go(func() { w.submit.resume(launching, stop, c) })
			})
		}).Run(polling)
	})
	launches.Go(func() { w.wake.Run(polling) })
	polls := w.loop("poll for flow runs", w.opts.QueryInterval, func(ctx context.Context) error {
		more, err := once(ctx)
		for more && w.poll.nearlyDone(ctx) {
			more, err = once(ctx)
		}
		return err
	})
	polls.early = w.wake.polls
	polls.Run(polling)
	if n := len(w.table.inPhase(claiming)); n > 0 {
		w.log.InfoContext(ctx, "stopping: what was claimed is launched first", "flow runs", n)
	}
	launches.Wait()
}

// limitDrain sees to it that the worker ends in time once stop is closed: half the time
// is for AWS to take what was claimed, the rest for giving back what it has not; then
// everything is dropped, for another worker to go on with.
func (w *Worker) limitDrain(stop <-chan struct{}, end context.CancelFunc) (release func()) {
	over := make(chan struct{})
	go func() {
		select {
		case <-stop:
		case <-over:
			return
		}
		halt, drop := time.NewTimer(w.opts.DrainTimeout/2), time.NewTimer(w.opts.DrainTimeout)
		defer halt.Stop()
		defer drop.Stop()
		for {
			select {
			case <-halt.C:
				close(w.halt)
			case <-drop.C:
				w.log.Warn("the drain timeout is over: the next worker finishes what is half done")
				end()
				return
			case <-over:
				return
			}
		}
	}()
	return func() { close(over) }
}

// watchOut waits until the tracked tasks have ended: Prefect 2's worker does so with
// --run-once, Prefect 3's does not.
func (w *Worker) watchOut(ctx context.Context) {
	known := w.heartbeat.current.Load()
	if known == nil || !known.isPrefect2() {
		return
	}
	for {
		changed := w.table.waitFor()
		if len(w.table.inPhase(launched)) == 0 {
			return
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return
		}
	}
}
