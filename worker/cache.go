package worker

import (
	"context"
	"maps"
	"sync"
	"time"

	"golang.org/x/sync/singleflight"
)

// cacheLife is how long an entry is kept when nobody asks for it.
const cacheLife = 10 * time.Minute

// cache keeps what was read, for runs that were found before it was read: a burst of
// runs reads once, and no run sees anything older than its own poll.
type cache[T any] struct {
	group singleflight.Group

	mu      sync.Mutex
	entries map[string]cached[T]
}

type cached[T any] struct {
	value T
	read  time.Time // when the reading began
}

// get returns the value for the key, read no earlier than notBefore. Failures are not
// kept. A reading that is under way is shared when it began late enough.
func (c *cache[T]) get(ctx context.Context, key string, notBefore time.Time,
	read func(context.Context) (T, error)) (T, error) {
	for {
		if value, ok := c.fresh(key, notBefore); ok {
			return value, nil
		}
		// The first caller reads for all: its end must not be theirs.
		result := c.group.DoChan(key, func() (any, error) {
			began := time.Now()
			value, err := read(context.WithoutCancel(ctx))
			if err == nil {
				c.keep(key, cached[T]{value, began})
			}
			return cached[T]{value, began}, err
		})
		select {
		case <-ctx.Done():
			var none T
			return none, ctx.Err()
		case r := <-result:
			entry, _ := r.Val.(cached[T])
			if r.Err != nil || !entry.read.Before(notBefore) {
				return entry.value, r.Err
			}
		}
	}
}

func (c *cache[T]) fresh(key string, notBefore time.Time) (T, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	entry, ok := c.entries[key]
	return entry.value, ok && !entry.read.Before(notBefore)
}

func (c *cache[T]) keep(key string, entry cached[T]) {
	c.mu.Lock()
	defer c.mu.Unlock()
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
