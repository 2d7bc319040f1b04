package prefectapi

import (
	"slices"
	"strings"
	"time"
)

// cleanup is a message that tells a worker to stop infrastructure
// (prefect/server/worker_communication/cleanup_queue/memory.py).
type cleanup struct {
	ID         string
	kind       string
	pool       *pool
	queue      string // id; the workers of that queue are preferred
	target     object
	deliveries int

	token   string // of the reservation; empty: it is to be had
	holder  *channel
	expires time.Time
}

const (
	defaultCleanupLease      = 30 * time.Second
	defaultCancellingTimeout = 300 * time.Second
	mostDeliveries           = 3

	cancellingTimedOut = "Flow run cancellation timed out; marked this flow run as Cancelled."
)

// watchCancelling makes a run Cancelled that stays Cancelling, and has its
// infrastructure stopped (prefect/server/services/cancellation_cleanup.py).
func (a *API) watchCancelling(run *flowRun, s *state) {
	if a.isPrefect2() || s.Type != cancelling {
		return
	}
	time.AfterFunc(a.cancellingTimeout, func() {
		a.mu.Lock()
		defer a.mu.Unlock()
		if a.runByID(run.ID) != run || run.state() != s {
			return
		}
		message := cancellingTimedOut
		proposed := a.completeState(&state{Type: cancelled, Message: &message})
		if _, err := a.transition(run, proposed, false); err != nil || run.state() != proposed {
			return
		}
		p, q := a.queueByID(run.WorkQueueID)
		if p == nil || a.noChannel || strings.HasSuffix(p.Type, ":push") || strings.HasSuffix(p.Type, ":managed") {
			return
		}
		a.cleanups = append(a.cleanups, &cleanup{
			ID: newID(), kind: cancellingTimeout, pool: p, queue: q.ID,
			target: object{"flow_run_id": run.ID, "infrastructure_pid": run.Infrastructure},
		})
		a.dispatch(p)
	})
}

// dispatch hands out what the workers of a pool have room for: to workers of the run's
// own queue first, then to any.
func (a *API) dispatch(p *pool) {
	for a.dispatchOne(p) {
		// continue with the next message
	}
}

func (a *API) dispatchOne(p *pool) bool {
	for _, anyQueue := range []bool{false, true} {
		for i, c := range a.channels {
			if c.pool != p || !a.hasRoom(c) {
				continue
			}
			if m := a.nextCleanup(c, anyQueue); m != nil {
				a.reserve(m, c)
				a.channels = append(slices.Delete(a.channels, i, i+1), c) // the next one is another's
				return true
			}
		}
	}
	return false
}

func (a *API) hasRoom(c *channel) bool {
	n := 0
	for _, m := range a.cleanups {
		if m.token != "" && m.holder.consumer == c.consumer && m.holder.worker == c.worker && m.pool == c.pool {
			n++
		}
	}
	return c.end == "" && n < c.most
}

func (a *API) nextCleanup(c *channel, anyQueue bool) *cleanup {
	for _, m := range a.cleanups {
		if m.pool == c.pool && m.token == "" && slices.Contains(c.kinds, m.kind) &&
			(anyQueue || slices.Contains(c.queues, m.queue)) {
			return m
		}
	}
	return nil
}

func (a *API) reserve(m *cleanup, c *channel) {
	m.deliveries++
	m.token, m.holder = newID(), c
	a.lease(m)
	c.push("cleanup.message.v1", object{
		"message_id": m.ID, "kind": m.kind, "reservation_token": m.token, "lease_expires_at": moment{m.expires},
		"delivery_count": m.deliveries, "work_queue_id": m.queue, "target": m.target, "data": object{},
	})
}

// lease makes a reservation last for a while longer.
func (a *API) lease(m *cleanup) {
	m.expires = a.now().Add(a.cleanupLease)
	token, expires := m.token, m.expires
	time.AfterFunc(a.cleanupLease, func() {
		a.mu.Lock()
		defer a.mu.Unlock()
		if m.token == token && m.expires.Equal(expires) {
			a.giveBack(m)
			a.dispatch(m.pool)
		}
	})
}

// giveBack ends a reservation. It is false when the message was delivered too often and
// is given up.
func (a *API) giveBack(m *cleanup) bool {
	m.token, m.holder = "", nil
	if m.deliveries < mostDeliveries {
		return true
	}
	a.drop(m)
	return false
}

func (a *API) drop(m *cleanup) {
	a.cleanups = slices.DeleteFunc(a.cleanups, func(other *cleanup) bool { return other == m })
}
