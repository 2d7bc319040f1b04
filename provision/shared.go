package provision

import (
	"context"
	"sync"
)

// shared is something that is read once and handed to all that need it. Who comes while it is read waits for it.
type shared[T any] struct {
	mu    sync.Mutex
	done  chan struct{} // nil: nobody has asked yet
	value T
	err   error
}

// get returns what read gives. The first caller does the work, with its context.
func (s *shared[T]) get(ctx context.Context, read func(context.Context) (T, error)) (T, error) {
	s.mu.Lock()
	first := s.done == nil
	if first {
		s.done = make(chan struct{})
	}
	s.mu.Unlock()
	if first {
		defer close(s.done)
		s.value, s.err = read(ctx)
		return s.value, s.err
	}
	select {
	case <-s.done:
		return s.value, s.err
	case <-ctx.Done():
		var none T
		return none, ctx.Err()
	}
}
