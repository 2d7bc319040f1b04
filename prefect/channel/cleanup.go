package channel

import (
	"context"
	"log/slog"
	"slices"
	"sync"
	"time"

	"ecsctl/internal/pause"
)

// Reason is why a message is given back; empty acknowledges it.
type Reason string

// Reasons that the official worker gives too.
const (
	Done            Reason = ""
	HandlerFailed   Reason = "handler_failed"
	MissingHandle   Reason = "missing_infrastructure_handle"
	NoConfiguration Reason = "configuration_context_unavailable"

	unsupportedKind Reason = "unsupported_cleanup_kind"
	tooMany         Reason = "concurrency_limit_reached"
	notTaken        Reason = "cleanup_delivery_unavailable"
)

// Handler acts on a message and says how it is answered. It must stand being called again
// for the same thing. Its context ends when the message is no longer this worker's.
type Handler func(context.Context, Message) Reason

const (
	renewBefore    = 5 * time.Second // before the lease expires
	answerLimit    = 30 * time.Second
	betweenAnswers = time.Second
	mostAttempts   = 3
)

// cleanups are the messages that are being acted upon.
type cleanups struct {
	handle Handler
	kinds  []Kind
	send   func(context.Context, frame) error
	log    *slog.Logger
	work   sync.WaitGroup

	mu      sync.Mutex
	limit   int
	held    map[string]context.CancelFunc // by reservation token
	answers map[string]question           // by the id of the frame that asks
}

// question waits for its answer. One that ends a reservation frees its place with the
// answer itself: the next message may be right behind it.
type question struct {
	answer chan answer
	ends   string // a token; or none
}

// answer is what the server says of an operation.
type answer struct {
	status string
	lease  time.Duration // from now, of an accepted renewal
}

// allow sets how many there may be. With none, the server does not take answers any
// more, so what is held is lost.
func (c *cleanups) allow(n int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.limit = n
	for _, lose := range c.held {
		if n == 0 {
			lose()
		}
	}
}

// begin starts to act on a message, and does not wait. The lease is the time from when it
// was sent; clocks of servers and workers differ.
func (c *cleanups) begin(ctx context.Context, m Message, lease time.Duration) {
	expires := time.Now().Add(lease)
	c.work.Go(func() {
		reserved, lose := context.WithCancel(ctx)
		defer lose()
		taken, refusal := c.reserve(m, lease, lose)
		switch {
		case refusal != Done:
			c.say(ctx, releaseType, m, refusal, time.Time{})
		case taken:
			defer c.free(m.Token)
			c.act(reserved, m, expires)
		}
	})
}

// reserve takes a place, or says why there is none. What is to be left alone, a message
// that is held already or whose lease is over, is neither taken nor refused.
func (c *cleanups) reserve(m Message, lease time.Duration, lose context.CancelFunc) (taken bool, refusal Reason) {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch _, twice := c.held[m.Token]; {
	case !slices.Contains(c.kinds, m.Kind):
		return false, unsupportedKind
	case c.limit == 0:
		return false, notTaken
	case twice, lease <= 0:
		return false, Done
	case len(c.held) >= c.limit:
		return false, tooMany
	}
	c.held[m.Token] = lose
	return true, Done
}

func (c *cleanups) free(token string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.held, token)
}

// act handles a message and answers it. When the reservation is lost meanwhile, another
// worker has the message, and there is nothing to answer.
func (c *cleanups) act(reserved context.Context, m Message, expires time.Time) {
	ctx, lose := context.WithCancel(reserved)
	var renewing sync.WaitGroup
	defer renewing.Wait()
	defer lose()
	renewing.Go(func() { c.renew(ctx, lose, m, expires) })
	reason := c.handle(ctx, m)
	switch {
	case ctx.Err() != nil:
		c.log.DebugContext(reserved, "a cleanup message is no longer this worker's", "flow run", m.Target.FlowRunID)
	case reason == Done:
		c.say(ctx, ackType, m, Done, time.Time{})
	default:
		c.say(ctx, releaseType, m, reason, time.Time{})
	}
}

// renew keeps the reservation until the context ends, or loses it.
func (c *cleanups) renew(ctx context.Context, lose func(), m Message, expires time.Time) {
	for {
		left := time.Until(expires)
		if pause.For(ctx, left-min(renewBefore, left/2)) != nil {
			return
		}
		got := c.say(ctx, renewType, m, Done, expires)
		switch {
		case got.status == "accepted":
			expires = time.Now().Add(got.lease)
		case got.mayRepeat() && time.Until(expires) > 0:
			if pause.For(ctx, min(betweenAnswers, time.Until(expires))) != nil {
				return
			}
		default:
			lose()
			return
		}
	}
}

// mayRepeat reports whether to ask again: the server failed, or has not answered.
func (a answer) mayRepeat() bool { return a.status == "error" || a.status == "" }
