package worker

import (
	"context"
	"sync"
	"time"

	"ecsctl/prefect"
)

// quiet knows whether nothing is under way in the pool. The stages that look for what others have
// left behind, or want stopped, ask it first: together they make one call instead of three.
type quiet struct {
	opts  Options
	table *table
	last  time.Duration // how long an answer counts

	heartbeat *heartbeat

	asking chan struct{} // has an element while somebody asks: the others wait for the answer

	mu    sync.Mutex
	asked time.Time
	is    bool
	stirs int // how often something has happened
}

// quietLooks is for how many looks an answer counts: with the defaults for two minutes, as long as
// the claims of others are left alone anyway.
const quietLooks = 4

func newQuiet(o Options, t *table, h *heartbeat) *quiet {
	q := &quiet{opts: o, table: t, heartbeat: h, asking: make(chan struct{}, 1),
		last: quietLooks * max(o.CancelInterval, o.RecoverInterval)}
	h.idle = q.known
	return q
}

// isQuiet reports whether the pool has no run that was claimed, runs, waits within its process or
// is to be cancelled. While this worker has runs of its own it is not asked. Where there are runs to
// see to, the pool is known as it is now.
func (q *quiet) isQuiet(ctx context.Context) (bool, error) {
	quiet, err := q.ask(ctx)
	if quiet || err != nil {
		return quiet, err
	}
	return false, q.heartbeat.freshen(ctx)
}

func (q *quiet) ask(ctx context.Context) (bool, error) {
	if !q.table.isEmpty() {
		q.stir()
		return false, nil
	}
	select {
	case q.asking <- struct{}{}:
		defer func() { <-q.asking }()
	case <-ctx.Done():
		return false, ctx.Err()
	}
	known, stirs := q.state()
	if known {
		return true, nil
	}
	began := time.Now()
	runs, err := q.opts.Prefect.FilterFlowRuns(ctx, prefect.FlowRunFilter{
		EitherState: true, StateTypes: []prefect.StateType{prefect.Pending, prefect.Running, prefect.Cancelling},
		StateNames: []string{awaitingRetry, pausedName}, WorkPoolNames: []string{q.opts.Pool},
		WorkQueueNames: q.opts.WorkQueues, Limit: 1,
	})
	if err != nil {
		return false, err
	}
	return q.learn(began, len(runs) == 0, stirs), nil
}

// known reports whether the pool is known to be quiet, without asking.
func (q *quiet) known() bool {
	known, _ := q.state()
	return known && q.table.isEmpty()
}

// state is whether an answer still counts, and how often something had happened by now.
func (q *quiet) state() (known bool, stirs int) {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.is && time.Since(q.asked) < q.last, q.stirs
}

// learn keeps an answer, unless something has happened since it was asked for.
func (q *quiet) learn(began time.Time, is bool, stirs int) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.asked, q.is = began, is && stirs == q.stirs
	return q.is
}

// stir makes the next question a call: something has happened.
func (q *quiet) stir() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.is = false
	q.stirs++
}
