package channel

import (
	"context"
	"sync"
)

// line sends frames on whichever connection there is: what is said of a cleanup message
// outlives the connection that the message has come by.
type line struct {
	mu      sync.Mutex
	current *conn         // nil: none that takes cleanups
	changed chan struct{} // closed and replaced with current
}

func (l *line) connect(c conn) { l.set(&c) }

func (l *line) disconnect(c conn) {
	l.mu.Lock()
	mine := l.current != nil && l.current.socket == c.socket
	l.mu.Unlock()
	if mine {
		l.set(nil)
	}
}

func (l *line) set(c *conn) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.current = c
	close(l.changed)
	l.changed = make(chan struct{})
}

// send waits for a connection, and for the next one when that has ended.
func (l *line) send(ctx context.Context, f frame) error {
	for ctx.Err() == nil {
		l.mu.Lock()
		c, changed := l.current, l.changed
		l.mu.Unlock()
		if c != nil {
			// A write that is broken off takes the connection with it, which is everybody's.
			if c.send(context.WithoutCancel(ctx), f) == nil {
				return nil
			}
			l.disconnect(*c)
			continue
		}
		select {
		case <-changed:
		case <-ctx.Done():
		}
	}
	return ctx.Err()
}
