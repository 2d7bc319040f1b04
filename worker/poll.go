package worker

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"sync/atomic"
	"time"

	"ecsctl/prefect"
)

// pollTimeout bounds one poll, so that the loop shows signs of life while Prefect is
// away or being maintained.
const pollTimeout = 2 * time.Minute

// poll is the stage that finds runs to launch and gives them a place in the table.
type poll struct {
	opts      Options
	log       *slog.Logger
	table     *table
	heartbeat *heartbeat
	metrics   *metrics

	page    int          // how many runs were asked for last
	tried   atomic.Int64 // when a poll last began or ended, Unix nanoseconds
	reached atomic.Int64 // when a poll last got an answer
}

// find asks once and returns the runs that are now this worker's to claim, and whether
// there may be more of them.
func (p *poll) find(ctx context.Context) (found []candidate, more bool, err error) {
	p.tried.Store(time.Now().UnixNano())
	defer func() { p.tried.Store(time.Now().UnixNano()) }()
	if p.heartbeat.current.Load() == nil {
		return nil, false, nil // nothing can be launched before the pool is known
	}
	began := time.Now()
	bounded, cancel := context.WithTimeout(ctx, pollTimeout)
	defer cancel()
	runs, err := p.ask(bounded, began)
	p.metrics.polled(err)
	if errors.Is(err, prefect.ErrNotFound) {
		// The pool or a queue is gone; the next heartbeat makes the pool, or says so.
		p.log.WarnContext(ctx, "Prefect does not know the work pool, or one of the work queues", "pool", p.opts.Pool, "queues", p.opts.WorkQueues)
		return nil, false, nil
	}
	if err != nil {
		return nil, false, err
	}
	p.reached.Store(time.Now().UnixNano())
	found = p.admit(ctx, runs, began)
	return found, p.more(len(runs), len(found)), nil
}

// ask asks for no more runs than the limit allows, and for fewer where they are so large that
// an answer with a page of them would take this worker's memory.
func (p *poll) ask(ctx context.Context, now time.Time) ([]prefect.ScheduledFlowRun, error) {
	p.page = min(max(1, 2*p.page), serverPage)
	if p.opts.Limit > 0 {
		p.page = min(p.page, p.opts.Limit)
	}
	for {
		runs, err := p.opts.Prefect.ScheduledFlowRuns(ctx, p.opts.Pool, prefect.ScheduledQuery{
			WorkQueueNames: p.opts.WorkQueues, ScheduledBefore: now.Add(p.opts.Prefetch), Limit: p.page,
		})
		if !errors.Is(err, prefect.ErrTooLarge) || p.page == 1 {
			return runs, err
		}
		p.page /= 2
	}
}

// admit takes the runs in the server's order (queue priority, then time; Prefect 2's
// worker goes by time alone) until the limit is reached.
func (p *poll) admit(ctx context.Context, runs []prefect.ScheduledFlowRun, found time.Time) []candidate {
	if p.heartbeat.current.Load().isPrefect2() {
		slices.SortStableFunc(runs, byStartTime)
	}
	var out []candidate
	for i := range runs {
		c := newCandidate(runs[i].FlowRun, found)
		switch p.table.admit(c.ref()) {
		case admitted:
			out = append(out, c)
		case alreadyIn:
			continue
		case full:
			p.log.DebugContext(ctx, "the limit of runs is reached", "limit", p.opts.Limit, "waiting", len(runs)-i)
			return out
		}
	}
	return out
}

func byStartTime(a, b prefect.ScheduledFlowRun) int {
	x, y := a.FlowRun.NextScheduledStartTime, b.FlowRun.NextScheduledStartTime
	if x == nil || y == nil {
		return 0
	}
	return x.Compare(*y)
}
