package worker

import (
	"context"
	"sync"
)

// work polls and launches until stop is closed, then finishes what was claimed. Stop
// is not cancel: heartbeats, tracking and reports go on meanwhile, and tasks that run
// are left running.
func (w *Worker) work(ctx context.Context, stop <-chan struct{}) {
	polling, cancel := untilStop(ctx, stop)
	defer cancel()
	var launches sync.WaitGroup
	once := func(polling context.Context) error {
		found, err := w.poll.find(polling)
		for _, c := range found {
			launches.Go(func() { w.submit.run(ctx, stop, c) })
		}
		return err
	}
	if w.opts.RunOnce {
		if err := once(polling); err != nil {
			w.log.WarnContext(ctx, "failed to poll for flow runs", "error", err)
		}
		launches.Wait()
		w.watchOut(polling)
		return
	}
	w.loop("poll for flow runs", w.opts.QueryInterval, once).run(polling)
	if n := len(w.table.inPhase(claiming)); n > 0 {
		w.log.InfoContext(ctx, "stopping: what was claimed is launched first", "flow runs", n)
	}
	launches.Wait()
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
