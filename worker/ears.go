package worker

import (
	"context"
	"slices"
	"sync"

	"ecsctl/prefect/feed"
)

// ears listen to the server's events once for all pools of a worker: the feed has those of the
// whole server, whoever listens.
type ears struct {
	listening together

	mu    sync.Mutex
	wakes []*wake
}

// listen has the wake hear of events until the context ends.
func (e *ears) listen(ctx context.Context, w *wake) {
	e.edit(func() {
		if len(e.wakes) > 0 {
			knock(w.events) // the feed is open already
		}
		e.wakes = append(e.wakes, w)
	})
	defer e.edit(func() { e.wakes = slices.DeleteFunc(e.wakes, func(o *wake) bool { return o == w }) })
	e.listening.run(ctx, func(ctx context.Context) {
		feed.Listen(ctx, feed.Options{
			API: w.opts.Prefect, Prefixes: []string{"prefect.flow-run."}, Logger: w.log,
			OnEvent: func(event feed.Event) { e.each(func(w *wake) { w.hear(event) }) },
			// What happened while nobody listened is found at once, too.
			OnOpen: func() { e.each(func(w *wake) { knock(w.events) }) },
		})
	})
}

func (e *ears) edit(change func()) {
	e.mu.Lock()
	defer e.mu.Unlock()
	change()
}

func (e *ears) each(do func(*wake)) {
	e.mu.Lock()
	wakes := slices.Clone(e.wakes)
	e.mu.Unlock()
	for _, w := range wakes {
		do(w)
	}
}

// together is something that several want to be done, and that is done once for all of them.
type together struct {
	mu     sync.Mutex
	wanted int
	end    context.CancelFunc
	done   chan struct{}
}

// run has it done until the context ends, or longer if others want it. The last who does
// waits until it has ended.
func (t *together) run(ctx context.Context, do func(context.Context)) {
	t.mu.Lock()
	t.wanted++
	if t.wanted == 1 {
		t.begin(ctx, do)
	}
	t.mu.Unlock()
	<-ctx.Done()
	t.mu.Lock()
	defer t.mu.Unlock()
	t.wanted--
	if t.wanted == 0 {
		t.end()
		<-t.done
	}
}

// begin needs the lock.
func (t *together) begin(ctx context.Context, do func(context.Context)) {
	ctx, t.end = context.WithCancel(context.WithoutCancel(ctx))
	done := make(chan struct{})
	t.done = done
	go func() {
		defer close(done)
		do(ctx)
	}()
}
