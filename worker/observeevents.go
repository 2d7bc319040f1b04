package worker

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"ecsctl/internal/pause"
	"ecsctl/prefect"
	"ecsctl/prefect/feed"
	"ecsctl/worker/runlog"
	"ecsctl/worker/taskchange"
)

const (
	eventBatch  = 200 // events in one call
	maxEvents   = 20_000
	eventPatrol = 5 * time.Second        // between two tries to send what is left
	eventGather = 200 * time.Millisecond // a burst goes in one call
	eventWait   = 15 * time.Second       // for one try
	// eventsAgain is when a server that had no feed is asked again: it may have been upgraded,
	// or something on the way may have answered for it.
	eventsAgain = 10 * time.Minute
)

// emitter sends task changes to Prefect's event feed, as the official observer does
// (prefect_aws/observers/ecs.py, replicate_ecs_event). What cannot be sent is kept for
// later; beyond maxEvents the oldest are lost. Servers of Prefect 2 have no feed.
type emitter struct {
	api       *prefect.Client
	log       *slog.Logger
	heartbeat *heartbeat

	mu      sync.Mutex
	waiting []prefect.Event
	ready   chan struct{} // has an element when events wait that nobody sends
	noneTo  time.Time     // until then the server is taken to keep no events

	bySocket atomic.Bool // POST was refused
}

func newEmitter(o Options, log *slog.Logger, h *heartbeat) *emitter {
	return &emitter{api: o.Prefect, log: log, heartbeat: h, ready: make(chan struct{}, 1)}
}

// emit has an event sent soon, without waiting for it.
func (e *emitter) emit(known *snapshot, event prefect.Event) {
	if known.isPrefect2() {
		return
	}
	e.keep([]prefect.Event{event})
	select {
	case e.ready <- struct{}{}:
	default: // somebody has said so already
	}
}

// send sends the changes, and what was left before.
func (e *emitter) send(ctx context.Context, changes []*taskchange.Change) {
	known := e.heartbeat.current.Load()
	if known == nil || known.isPrefect2() {
		return
	}
	var events []prefect.Event
	for _, c := range changes {
		if taskchange.IsUUID(c.ID) {
			events = append(events, c.Event(Type, known.version))
		}
	}
	e.keep(events)
	e.Flush(ctx)
}

// keep puts events behind those that wait.
func (e *emitter) keep(events []prefect.Event) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if time.Now().Before(e.noneTo) {
		return
	}
	e.waiting = append(e.waiting, events...)
	e.trim()
}

// trim drops the oldest beyond the limit; e.mu is held.
func (e *emitter) trim() {
	if over := len(e.waiting) - maxEvents; over > 0 {
		e.waiting = append(e.waiting[:0:0], e.waiting[over:]...)
		e.log.Warn("task events were lost, because Prefect was away for long", "events", over)
	}
}

// Flush sends batches until none is left or one fails.
func (e *emitter) Flush(ctx context.Context) {
	for {
		events := e.take()
		if len(events) == 0 {
			return
		}
		try, cancel := context.WithTimeout(ctx, eventWait)
		err := e.store(try, events)
		cancel()
		switch {
		case err == nil:
		case errors.Is(err, prefect.ErrNoEvents):
			e.forgo(ctx)
			return
		case ctx.Err() != nil, mayComeLater(err):
			e.putBack(events)
			e.log.DebugContext(ctx, "task events are sent later", "events", len(events), "error", err)
			return
		default:
			e.log.WarnContext(ctx, "Prefect does not take these task events", "events", len(events), "error", err)
		}
	}
}

// mayComeLater: the server was away, or the way to it. A websocket's errors say no more than that.
func mayComeLater(err error) bool {
	var answer *prefect.APIError
	return !errors.As(err, &answer) || prefect.Temporary(err) || errors.Is(err, prefect.ErrUnauthorized)
}

// store posts events. Where that is refused, as on Cloud, they go by the websocket from then on.
func (e *emitter) store(ctx context.Context, events []prefect.Event) error {
	if !e.bySocket.Load() {
		err := e.api.CreateEvents(ctx, events)
		if !errors.Is(err, prefect.ErrNoEvents) && !errors.Is(err, prefect.ErrUnauthorized) {
			return err
		}
		e.bySocket.Store(true)
	}
	err := feed.Send(ctx, e.api, events)
	if errors.Is(err, prefect.ErrNoEvents) {
		e.bySocket.Store(false)
	}
	return err
}

func (e *emitter) take() []prefect.Event {
	e.mu.Lock()
	defer e.mu.Unlock()
	n := min(len(e.waiting), eventBatch)
	events := e.waiting[:n:n]
	e.waiting = e.waiting[n:]
	return events
}

func (e *emitter) putBack(events []prefect.Event) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.waiting = append(events, e.waiting...)
	e.trim()
}

func (e *emitter) forgo(ctx context.Context) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.noneTo, e.waiting = time.Now().Add(eventsAgain), nil
	e.log.InfoContext(ctx, "this Prefect server keeps no events: task changes are not shown there", "asked again in",
		eventsAgain.String())
}

// Run sends what is left, now and then, and once more when the worker ends. A batch that is
// under way then is not cut off: it may have arrived, and would be sent again.
func (e *emitter) Run(ctx context.Context) {
	sending, cancel := context.WithCancel(context.WithoutCancel(ctx))
	defer cancel()
	defer context.AfterFunc(ctx, func() { time.AfterFunc(runlog.LastFlush, cancel) })()
	for e.Wait(ctx) == nil {
		e.Flush(sending)
	}
	e.Flush(sending)
}

// Wait waits until there may be something to send, or the context has ended.
func (e *emitter) Wait(ctx context.Context) error {
	patrol := time.NewTimer(eventPatrol)
	defer patrol.Stop()
	select {
	case <-e.ready:
		return pause.For(ctx, eventGather)
	case <-patrol.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
