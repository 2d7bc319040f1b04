package worker

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"sync/atomic"
	"time"

	"ecsctl/internal/pause"
	"ecsctl/prefect"
	"ecsctl/worker/runlog"
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
	refusal   *refusal
	passed    *passedRuns

	most    int           // runs that are asked for in one poll
	page    int           // how many were asked for last
	tried   atomic.Int64  // when a poll last began or ended, Unix nanoseconds
	reached atomic.Int64  // when a poll last got an answer
	skew    time.Duration // that was told of
}

// find asks once and returns the runs that are now this worker's to claim, and whether
// there may be more of them.
func (p *poll) find(ctx context.Context) (found []candidate, more bool, err error) {
	p.tried.Store(time.Now().UnixNano())
	defer func() { p.tried.Store(time.Now().UnixNano()) }()
	switch known := p.heartbeat.current.Load(); {
	case known == nil:
		return nil, false, nil // nothing can be launched before the pool is known
	case known.refused != nil:
		return nil, false, p.heartbeat.refresh(ctx) // it may be there again
	}
	began := time.Now()
	bounded, cancel := context.WithTimeout(ctx, pollTimeout)
	defer cancel()
	runs, err := p.ask(bounded)
	p.metrics.polled(err)
	p.refusal.heard(ctx, p.log, err)
	if errors.Is(err, prefect.ErrNotFound) {
		p.log.WarnContext(ctx, "Prefect does not know the work pool, or one of the work queues", "pool", p.opts.Pool,
			"queues", p.opts.WorkQueues)
		return nil, false, p.heartbeat.refresh(ctx) // it makes the pool, or says so
	}
	if err != nil {
		return nil, false, err
	}
	p.reached.Store(time.Now().UnixNano())
	p.checkClock(ctx)
	if len(runs) > 0 {
		if err := p.heartbeat.freshen(ctx); err != nil {
			return nil, false, err
		}
	}
	if runs, err = p.ofThePool(ctx, runs); err != nil {
		return nil, false, err
	}
	found = p.admit(ctx, runs, began)
	return found, p.more(len(runs), len(found)), nil
}

// ofThePool leaves out runs of another pool than the one that is known. A pool that was made
// anew under its name has other runs, and another template.
func (p *poll) ofThePool(ctx context.Context, runs []prefect.ScheduledFlowRun) ([]prefect.ScheduledFlowRun, error) {
	foreign := func(r prefect.ScheduledFlowRun) bool {
		return r.WorkPoolID != "" && r.WorkPoolID != p.heartbeat.current.Load().pool.ID
	}
	if !slices.ContainsFunc(runs, foreign) {
		return runs, nil
	}
	if err := p.heartbeat.refresh(ctx); err != nil {
		return nil, err
	}
	return slices.DeleteFunc(runs, foreign), nil
}

// ask asks for no more runs than the limit allows, and for fewer where they are so large that
// an answer with a page of them would take this worker's memory.
func (p *poll) ask(ctx context.Context) ([]prefect.ScheduledFlowRun, error) {
	p.page = min(max(1, 2*p.page), p.most)
	if most := p.table.mostRuns(); most > 0 {
		p.page = min(p.page, most)
	}
	for {
		runs, err := p.opts.Prefect.ScheduledFlowRuns(ctx, p.opts.Pool, prefect.ScheduledQuery{
			WorkQueueNames: p.opts.WorkQueues, ScheduledBefore: p.opts.Prefect.Now().Add(p.opts.Prefetch),
			Limit: p.page,
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
		c.pool = runs[i].WorkPoolID
		switch p.table.admit(c.ref(), found) {
		case admitted:
			if p.passed.since(c.run.ID, found) {
				p.table.leave(c.run.ID)
				continue
			}
			out = append(out, c)
		case alreadyIn:
			continue
		case full, allFull:
			p.log.DebugContext(ctx, "the limit of runs is reached", "limit", p.table.mostRuns(), "waiting",
				len(runs)-i)
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

// serverPage is how many runs a server answers a poll with at most: its default of
// PREFECT_API_DEFAULT_LIMIT. Polls in their intervals alone would so let a worker launch
// 20 runs a second at the very most, just AWS's default quota and mostly less.
const serverPage = 200

// pageOf is for one of so many pools: what they have found and not launched yet is together not
// much more than with one, and so is the memory for it. Fewer would be a poll for each launch or two.
func pageOf(pools int) int { return max(serverPage/4, serverPage/pools) }

// morePause is between two looks whether the next poll is due early.
const morePause = time.Second

// more reports whether the server may have more runs than it gave, and this worker a place
// for them. Runs that it knew already do not count: they are given again until they are claimed.
func (p *poll) more(given, admitted int) bool {
	return given >= p.page && admitted >= given/2 && !p.table.isFull()
}

// nearlyDone waits until most of what was found is launched, at most for the time between polls;
// false when the context ended.
func (p *poll) nearlyDone(ctx context.Context) bool {
	began := time.Now()
	for {
		if pause.For(ctx, min(morePause, p.opts.QueryInterval)) != nil {
			return false
		}
		if p.table.claims() < 2*p.opts.Concurrency || time.Since(began) >= p.opts.QueryInterval {
			return true
		}
	}
}

// candidate is a scheduled run that a poll has found.
type candidate struct {
	run     prefect.FlowRun
	pool    string    // id of the work pool that gave it; empty when not known
	claim   string    // id of the Pending state that the run was claimed with, once it is
	state   string    // id of the last state that it is known to have got for its launch
	resumed bool      // claimed by a worker that is gone, which may have launched it
	foreign time.Time // when, by our clock, a worker of another kind has claimed it; zero otherwise
	claimed time.Time // when this worker made the claim or went on with it
	found   time.Time // what is read for its sake must not be older than this

	standing *standing // while it is launched
}

func newCandidate(run prefect.FlowRun, found time.Time) candidate {
	return candidate{run: run, found: found, pool: run.WorkPoolID}
}

func (c candidate) ref() runlog.Run { return runlog.Run{ID: c.run.ID, Name: c.run.Name} }
