package worker

import (
	"context"
	"maps"
	"sync"
	"time"
)

// cacheLife is how long an entry is kept when nobody asks for it.
const cacheLife = 10 * time.Minute

// cache keeps what was read, for runs that were found before it was read: a burst of
// runs reads once, and no run sees anything older than its own poll.
type cache[T any] struct {
	mu       sync.Mutex
	entries  map[string]cached[T]
	readings map[string]*reading[T]
}

type cached[T any] struct {
	value T
	read  time.Time // when the reading began
}

// reading is one that is under way. It lasts as long as somebody waits for it.
type reading[T any] struct {
	waiting int // guarded by the cache
	cancel  context.CancelFunc
	done    chan struct{} // closed when what follows is known
	entry   cached[T]
	err     error
}

// get returns the value for the key, read no earlier than notBefore. Failures are not
// kept. A reading that is under way is shared when it began late enough.
func (c *cache[T]) get(ctx context.Context, key string, notBefore time.Time,
	read func(context.Context) (T, error)) (T, error) {
	for {
		if value, ok := c.fresh(key, notBefore); ok {
			return value, nil
		}
		r := c.join(ctx, key, read)
		select {
		case <-ctx.Done():
			c.leave(key, r)
			var none T
			return none, ctx.Err()
		case <-r.done:
			if r.err != nil || !r.entry.read.Before(notBefore) {
				return r.entry.value, r.err
			}
		}
	}
}

// join waits for the reading of a key with the others, or begins one.
func (c *cache[T]) join(ctx context.Context, key string, read func(context.Context) (T, error)) *reading[T] {
	c.mu.Lock()
	defer c.mu.Unlock()
	if r, ok := c.readings[key]; ok {
		r.waiting++
		return r
	}
	// The first caller reads for all: its end must not be theirs.
	ctx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	r := &reading[T]{waiting: 1, cancel: cancel, done: make(chan struct{}), entry: cached[T]{read: time.Now()}}
	if c.readings == nil {
		c.readings = map[string]*reading[T]{}
	}
	c.readings[key] = r
	go func() {
		defer close(r.done)
		defer cancel()
		r.entry.value, r.err = read(ctx)
		c.end(key, r)
	}()
	return r
}

// leave stops to wait. The last who does ends the reading, so that nothing is done for nobody,
// and nothing goes on after a worker has ended.
func (c *cache[T]) leave(key string, r *reading[T]) {
	c.mu.Lock()
	r.waiting--
	last := r.waiting == 0
	if last && c.readings[key] == r {
		delete(c.readings, key)
	}
	c.mu.Unlock()
	if last {
		r.cancel()
		<-r.done
	}
}

func (c *cache[T]) end(key string, r *reading[T]) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.readings[key] == r {
		delete(c.readings, key)
	}
	if r.err == nil {
		c.keep(key, r.entry)
	}
}

func (c *cache[T]) fresh(key string, notBefore time.Time) (T, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	entry, ok := c.entries[key]
	return entry.value, ok && !entry.read.Before(notBefore)
}

// keep needs the lock.
func (c *cache[T]) keep(key string, entry cached[T]) {
	if c.entries == nil {
		c.entries = map[string]cached[T]{}
	}
	for other, old := range c.entries {
		if entry.read.Sub(old.read) > cacheLife {
			delete(c.entries, other)
		}
	}
	c.entries[key] = entry
}

func (c *cache[T]) Forget(key string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.entries, key)
}

func (c *cache[T]) forgetIf(gone func(T) bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	maps.DeleteFunc(c.entries, func(_ string, entry cached[T]) bool { return gone(entry.value) })
}
