package channel

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/coder/websocket"

	"ecsctl/internal/pause"
)

// pingInterval and pingLimit find out about a connection that is dead and does not say
// so. They are those of the official worker's websocket library.
const (
	pingInterval = 20 * time.Second
	pingLimit    = 20 * time.Second
)

// session is one connection that has been set up.
type session struct {
	channel  *Channel
	conn     conn
	ready    ready
	sequence int // of the last snapshot
}

// run beats and listens until the connection ends. When the context ends, it closes
// the connection in good order.
func (s *session) run(ctx context.Context) error {
	if s.ready.cleans() {
		s.channel.cleanups.allow(min(s.ready.MaxCleanup, s.channel.opts.Concurrency))
		s.channel.line.connect(s.conn)
		defer s.channel.line.disconnect(s.conn)
	} else {
		s.channel.cleanups.allow(0)
	}
	// A read whose context ends tears the connection down, with no word to the server.
	alive, end := context.WithCancelCause(context.WithoutCancel(ctx))
	var beside sync.WaitGroup
	defer beside.Wait()
	defer end(nil)
	defer context.AfterFunc(ctx, func() { _ = s.conn.socket.Close(websocket.StatusNormalClosure, "") })()
	beside.Go(func() { end(s.beat(alive)) })
	beside.Go(func() { end(s.ping(alive)) })
	err := s.listen(ctx, alive)
	if cause := context.Cause(alive); cause != nil && !errors.Is(cause, context.Canceled) {
		return ended(cause) // the read failed because of it
	}
	return err
}

// beat sends heartbeats; the hello was the first.
func (s *session) beat(ctx context.Context) error {
	interval := s.ready.HeartbeatInterval
	for pause.For(ctx, time.Duration(interval)*time.Second) == nil {
		beat := heartbeat{s.channel.consumer, s.channel.opts.Worker, interval}
		if err := s.conn.send(ctx, newFrame(heartbeatType, beat)); err != nil {
			return err
		}
	}
	return nil
}

func (s *session) ping(ctx context.Context) error {
	for pause.For(ctx, pingInterval) == nil {
		limited, cancel := context.WithTimeout(ctx, pingLimit)
		err := s.conn.socket.Ping(limited)
		cancel()
		if err != nil {
			return err
		}
	}
	return nil
}

// listen takes what the server sends, until the connection ends. Cleanups go on within ctx.
func (s *session) listen(ctx, alive context.Context) error {
	for {
		got, err := s.conn.receive(alive)
		if err != nil {
			return err
		}
		if err := s.take(ctx, got); err != nil {
			return err
		}
	}
}

func (s *session) take(ctx context.Context, got received) error {
	switch {
	case got.Type == snapshotType:
		var next snapshot
		if err := got.read(&next); err != nil {
			return err
		}
		return s.changed(next)
	case got.Type == cleanupType && s.ready.cleans():
		var m Message
		if err := got.read(&m); err != nil {
			return err
		}
		if err := m.check(); err != nil {
			return err
		}
		s.channel.cleanups.begin(ctx, m, m.LeaseExpires.Sub(got.SentAt))
		return nil
	case got.Type == resultType && s.ready.cleans():
		var r result
		if err := got.read(&r); err != nil {
			return err
		}
		s.channel.cleanups.answered(r, got.SentAt)
		return nil
	}
	return violation("the server sent %q, which was not agreed upon", got.Type)
}

// changed hands a snapshot on, unless a newer one was there before.
func (s *session) changed(next snapshot) error {
	if err := next.check(); err != nil {
		return err
	}
	if next.Sequence > s.sequence {
		s.sequence = next.Sequence
		s.channel.opts.OnPool(next.WorkPool, s.ready.WorkerID)
	}
	return nil
}
