package worker

import (
	"context"
	"log/slog"
	"math/rand/v2"
	"slices"
	"time"

	"ecsctl/internal/pause"
	"ecsctl/prefect"
	"ecsctl/prefect/feed"
	"ecsctl/worker/awsaccess"
)

const (
	// wakeSpread keeps the workers of a pool from polling in the same moment: the first to
	// poll claims the run, and the others find nothing. Each worker adds as much.
	wakeSpread = 30 * time.Millisecond
	mostSpread = 400 * time.Millisecond
	// wakeGap is between two polls that events have asked for: a thousand runs that are made
	// at once are no thousand polls.
	wakeGap = 500 * time.Millisecond
)

// wake is the stage that has the worker poll when a run of its pool becomes Scheduled,
// instead of half an interval later. It launches nothing by itself: an event that is lost,
// late or told twice changes nothing but the time of a poll.
type wake struct {
	opts      Options
	log       *slog.Logger
	heartbeat *heartbeat
	table     *table
	clients   *awsaccess.Sets

	quiet *quiet
	ears  *ears

	events  chan struct{} // has an element when an event has asked for a poll
	polls   chan struct{} // has an element when a poll is due early
	cancels chan struct{} // has an element when a run is to be cancelled
}

func newWake(o Options, log *slog.Logger, h *heartbeat, t *table, clients *awsaccess.Sets, q *quiet,
	e *ears) *wake {
	return &wake{
		opts: o, log: log, heartbeat: h, table: t, clients: clients, quiet: q, ears: e,
		events: make(chan struct{}, 1), polls: make(chan struct{}, 1), cancels: make(chan struct{}, 1),
	}
}

// Run listens until the context ends. Servers of Prefect 2 have no feed.
func (w *wake) Run(ctx context.Context) {
	for w.heartbeat.current.Load() == nil {
		if pause.For(ctx, w.opts.QueryInterval) != nil {
			return
		}
	}
	if w.heartbeat.current.Load().isPrefect2() {
		return
	}
	go w.pace(ctx)
	w.ears.listen(ctx, w)
}

// pace turns events into polls: a little later than the event, and not too often.
func (w *wake) pace(ctx context.Context) {
	for {
		select {
		case <-w.events:
		case <-ctx.Done():
			return
		}
		spread := min(mostSpread, time.Duration(w.clients.Sharers())*wakeSpread)
		if pause.For(ctx, time.Duration(rand.Int64N(int64(spread)+1))) != nil {
			return
		}
		knock(w.polls)
		if pause.For(ctx, wakeGap) != nil {
			return
		}
	}
}

// knock leaves an element in a channel that holds one.
func knock(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default: // there is one already
	}
}

// hear asks for a poll if the event is of a run that this worker could launch, and for a look
// at what is to be cancelled.
func (w *wake) hear(e feed.Event) {
	state := prefect.StateType(e.Resource["prefect.state-type"])
	if state != prefect.Cancelling && (state != prefect.Scheduled || w.table.isFull()) {
		return
	}
	pool := "prefect.work-pool." + w.heartbeat.current.Load().pool.ID
	if slices.ContainsFunc(e.Related, func(r map[string]string) bool { return r[resourceID] == pool }) {
		w.tell(state)
	}
}

func (w *wake) tell(state prefect.StateType) {
	if state == prefect.Scheduled {
		knock(w.events)
		return
	}
	w.quiet.stir()
	knock(w.cancels)
}
