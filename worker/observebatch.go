package worker

import (
	"context"
	"errors"
	"sync"
	"time"

	"ecsctl/internal/pause"
	"ecsctl/worker/awsaccess"
	"ecsctl/worker/observe"
	"ecsctl/worker/taskchange"
)

const (
	// lookAgain is the time between two looks at a run that cannot be settled yet.
	firstLookAgain = time.Second
	mostLookAgain  = 15 * time.Second
	// mostLooks bounds the looks at a run for other reasons than Prefect or AWS being away.
	mostLooks = 8
	// lastWords is how long calls may take once the worker is told to end.
	lastWords = 5 * time.Second
)

// batch are messages that were received together. They are held until each was acted
// upon, which may be long when Prefect is away.
type batch struct {
	*observer
	url *string

	mu   sync.Mutex
	held []*heldMessage // neither acknowledged nor given up
}

type heldMessage struct {
	observe.Message
	change *taskchange.Change // nil: it could not be read
	late   time.Time          // when the final state of its run was first waited for
	looks  int
}

func (o *observer) newBatch(messages []observe.Message) *batch {
	b := &batch{observer: o, url: o.queue.URL}
	for _, m := range messages {
		b.held = append(b.held, &heldMessage{Message: m})
	}
	return b
}

// holdOn keeps what is in hand from other workers, until the returned function is called.
func (b *batch) holdOn(ctx context.Context) func() {
	ctx, cancel := context.WithCancel(ctx)
	var group sync.WaitGroup
	group.Go(func() {
		for pause.For(ctx, b.queue.Visibility/3) == nil {
			if err := b.queue.Hold(ctx, b.url, b.inHand(), func(observe.Message) time.Duration {
				return b.queue.Visibility
			}); err != nil && ctx.Err() == nil {
				b.log.DebugContext(ctx, "task changes may come twice", "error", err)
			}
		}
	})
	return func() { cancel(); group.Wait() }
}

func (b *batch) inHand() []observe.Message {
	b.mu.Lock()
	defer b.mu.Unlock()
	var out []observe.Message
	for _, h := range b.held {
		out = append(out, h.Message)
	}
	return out
}

// read parses the messages. Those about other things are acknowledged; those that make
// no sense are left to the dead-letter queue.
func (b *batch) read(ctx context.Context) {
	var foreign []*heldMessage
	for _, h := range b.held {
		c, err := taskchange.Parse(h.Body)
		switch {
		case errors.Is(err, taskchange.ErrForeignEvent):
			foreign = append(foreign, h)
		case err != nil:
			b.log.WarnContext(ctx, "a message in the queue with task changes cannot be read: it is left to the "+
				"dead-letter queue", "received", h.Receives, "error", err)
		default:
			h.change = c
		}
	}
	b.done(ctx, foreign, "foreign")
}

// changes are the messages in hand that could be read.
func (b *batch) changes() []*heldMessage {
	var out []*heldMessage
	for _, h := range b.held {
		if h.change != nil {
			out = append(out, h)
		}
	}
	return out
}

// name finds out whose tasks these are; false when that cannot be known now. Tasks of no
// flow run are acknowledged.
func (b *batch) name(ctx context.Context) bool {
	var changes []*taskchange.Change
	for _, h := range b.changes() {
		changes = append(changes, h.change)
	}
	for n := 0; ; n++ {
		err := b.tags.Fill(ctx, b.clients, changes)
		if err == nil {
			break
		}
		if n >= mostLooks || pause.For(ctx, pause.Backoff(n, firstLookAgain, mostLookAgain)) != nil {
			b.log.WarnContext(ctx, "the tags of tasks cannot be read: what their changes lack is left out", "error",
				awsaccess.Sentence(err))
			break
		}
	}
	if ctx.Err() != nil {
		return false
	}
	var foreign []*heldMessage
	for _, h := range b.changes() {
		if h.change.RunID() == "" && h.change.Tags != nil {
			foreign = append(foreign, h)
		}
	}
	b.done(ctx, foreign, "foreign")
	return true
}

// act sends the events and settles the runs at the same time: Prefect's events being
// away does not keep a run from its state.
func (b *batch) act(ctx context.Context, home *home, messages []*heldMessage) {
	var moving, ended []*heldMessage
	var changes []*taskchange.Change
	for _, h := range messages {
		changes = append(changes, h.change)
		if h.change.Stopped() {
			ended = append(ended, h)
		} else {
			moving = append(moving, h)
		}
	}
	sent := make(chan struct{})
	go func() {
		defer close(sent)
		home.events.send(ctx, changes)
	}()
	settled := b.settleAll(ctx, home, ended)
	<-sent
	if ctx.Err() == nil {
		b.done(ctx, moving, "acted")
	}
	b.done(ctx, settled, "acted")
}

// settleAll settles runs until each is, or is given up, and returns those that are.
func (b *batch) settleAll(ctx context.Context, home *home, open []*heldMessage) []*heldMessage {
	var settled []*heldMessage
	for n := 0; len(open) > 0; n++ {
		endings, err := b.endings(ctx, home, open)
		if err != nil {
			b.log.WarnContext(ctx, "the states of flow runs whose tasks have stopped cannot be set", "error",
				awsaccess.Sentence(err))
			return settled
		}
		outcomes, err := home.settle.batch(ctx, endings)
		if err != nil && ctx.Err() == nil { // no fault of the messages: they are held
			b.log.WarnContext(ctx, "flow runs whose tasks have stopped get their states later", "runs",
				len(open), "error", awsaccess.Sentence(err))
		}
		var again []*heldMessage
		for i, out := range outcomes {
			switch h := open[i]; {
			case out.err == nil && out.verdict != stillLate:
				settled = append(settled, h)
				b.tags.Forget(h.change.ARN())
			case h.again(ctx, b, out):
				again = append(again, h)
			}
		}
		if err == nil {
			open = again
		}
		if len(open) > 0 && pause.For(ctx, pause.Backoff(n, firstLookAgain, mostLookAgain)) != nil {
			break
		}
	}
	if err := home.settle.retire.idle(ctx); err != nil && ctx.Err() == nil {
		b.log.WarnContext(ctx, "task definitions are deregistered later", "error", awsaccess.Sentence(err))
	}
	return settled
}

// again reports whether to look once more now. Prefect and AWS being away is waited out
// with the message in hand; anything else is left to a later delivery.
func (h *heldMessage) again(ctx context.Context, b *batch, out settlement) bool {
	switch {
	case ctx.Err() != nil:
		return false
	case out.err == nil:
		if h.late.IsZero() {
			h.late = time.Now()
		}
		return true
	case mayWork(out.err):
		return true
	}
	h.looks++
	if h.looks < mostLooks {
		return true
	}
	b.log.WarnContext(ctx, "the state of a flow run cannot be set: the message is left in the queue", "flow run",
		h.change.RunID(), "received", h.Receives, "error", awsaccess.Sentence(out.err))
	return false
}

func (b *batch) endings(ctx context.Context, home *home, open []*heldMessage) ([]ending, error) {
	var out []ending
	for _, h := range open {
		entry, err := b.entryOf(ctx, home, h.change)
		if err != nil {
			return nil, err
		}
		if entry.stoppedAt.IsZero() {
			entry.stoppedAt = h.late
		}
		out = append(out, ending{entry: entry, task: &h.change.Task, reason: exitReason(h.change.Task)})
	}
	return out, nil
}

// done acknowledges messages.
func (b *batch) done(ctx context.Context, messages []*heldMessage, result string) {
	if len(messages) == 0 {
		return
	}
	var list []observe.Message
	b.mu.Lock()
	for _, h := range messages {
		list = append(list, h.Message)
	}
	b.held = without(b.held, messages)
	b.mu.Unlock()
	b.metrics.observed(result, len(messages))
	last, cancel := context.WithTimeout(context.WithoutCancel(ctx), lastWords)
	defer cancel()
	if err := b.queue.Acknowledge(last, b.url, list); err != nil {
		b.log.WarnContext(ctx, "task changes that were acted upon will come again", "error", awsaccess.Sentence(err))
	}
}

// release gives back what was not acted upon, later each time that it was handed out;
// at once when the worker ends.
func (b *batch) release(ctx context.Context) {
	left := b.inHand()
	if len(left) == 0 {
		return
	}
	b.metrics.observed("left", len(left))
	later := func(m observe.Message) time.Duration {
		if ctx.Err() != nil {
			return time.Second
		}
		return min(b.queue.Visibility, time.Second<<min(m.Receives, 10))
	}
	last, cancel := context.WithTimeout(context.WithoutCancel(ctx), lastWords)
	defer cancel()
	if err := b.queue.Hold(last, b.url, left, later); err != nil {
		b.log.DebugContext(ctx, "task changes that were not acted upon come again when their time is up", "error", err)
	}
}

func without(list, gone []*heldMessage) []*heldMessage {
	var out []*heldMessage
	for _, h := range list {
		found := false
		for _, g := range gone {
			found = found || g == h
		}
		if !found {
			out = append(out, h)
		}
	}
	return out
}
