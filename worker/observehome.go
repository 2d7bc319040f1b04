package worker

import (
	"context"
	"sync"

	"ecsctl/worker/taskchange"
)

// home is what a pool does with what is heard of its tasks.
type home struct {
	pool   string
	table  *table
	settle *settle
	events *emitter
}

// homeOf is the pool that a task belongs to: the one that tracks it, or that its tags name. Tasks of
// pools that this worker does not serve are settled as well.
func (o *observer) homeOf(c *taskchange.Change) *home {
	for _, h := range o.homes {
		if _, tracked := h.table.find(c.RunID()); tracked {
			return h
		}
	}
	for _, h := range o.homes {
		if h.pool == c.Tags[taskchange.TagWorkPoolName] {
			return h
		}
	}
	return o.homes[0]
}

// actAll has each pool act on what is its own, all at the same time.
func (b *batch) actAll(ctx context.Context) {
	byHome := map[*home][]*heldMessage{}
	for _, h := range b.changes() {
		if h.change.RunID() == "" {
			continue // not known: it comes again
		}
		home := b.homeOf(h.change)
		byHome[home] = append(byHome[home], h)
	}
	var group sync.WaitGroup
	for home, messages := range byHome {
		group.Go(func() { b.act(ctx, home, messages) })
	}
	group.Wait()
}
