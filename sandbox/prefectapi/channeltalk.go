package prefectapi

import (
	"context"
	"slices"
	"time"
)

// push queues a frame; API.mu is held.
func (c *channel) push(kind string, payload object) {
	c.out = append(c.out, object{"type": kind, "id": newID(), "sent_at": moment{c.api.now()}, "payload": payload})
	c.wake()
}

// finish closes the channel after what is queued; API.mu is held.
func (c *channel) finish(reason string) {
	if c.end == "" {
		c.end = reason
		c.wake()
	}
}

func (c *channel) wake() {
	select {
	case c.awake <- struct{}{}:
	default: // it is awake already
	}
}

// sendAll sends what is queued until the channel is closed.
func (c *channel) sendAll(ctx context.Context) {
	for {
		select {
		case <-c.awake:
		case <-ctx.Done():
			return
		}
		c.api.mu.Lock()
		frames, end := c.out, c.end
		c.out = nil
		c.api.mu.Unlock()
		for _, f := range frames {
			if write(ctx, c.socket, f) != nil {
				return
			}
		}
		if end != "" {
			_ = c.socket.Close(closeCode(end), end)
			return
		}
	}
}

// receiveAll takes frames until the worker is gone.
func (c *channel) receiveAll(ctx context.Context) {
	for {
		_, raw, err := c.socket.Read(ctx)
		if err != nil {
			return
		}
		c.api.mu.Lock()
		if err := c.take(raw); err != nil {
			c.finish(err.Error())
		}
		c.api.mu.Unlock()
	}
}

func (c *channel) take(raw []byte) error {
	head, err := readHead(raw)
	if err != nil {
		return err
	}
	switch head.Type {
	case heartbeatFrame:
		return c.takeHeartbeat(head)
	case ackFrame, releaseFrame, renewFrame:
		return c.takeOperation(head)
	}
	return &breach{protocolError}
}

func (c *channel) takeHeartbeat(head frameHead) error {
	var beat struct {
		Consumer string `json:"consumer_id"`
		Name     string `json:"worker_name"`
		Interval count  `json:"heartbeat_interval_seconds"`
	}
	if err := head.read(&beat); err != nil {
		return err
	}
	if beat.Consumer != c.consumer || beat.Name != c.worker || beat.Interval < 1 {
		return &breach{protocolError}
	}
	if !slices.Contains(c.api.pools, c.pool) {
		return &breach{heartbeatNotKept}
	}
	c.api.beat(c.pool, c.worker, beat.Interval)
	if c.updated != c.pool.Updated {
		c.tell("heartbeat_reconciliation")
	}
	return nil
}

// tell sends a snapshot in a moment, with whatever else has changed by then.
func (c *channel) tell(reason string) {
	waiting := c.stale != ""
	c.stale = reason
	if waiting {
		return
	}
	time.AfterFunc(snapshotDelay, func() {
		c.api.mu.Lock()
		defer c.api.mu.Unlock()
		if !slices.Contains(c.api.pools, c.pool) {
			c.finish(authorizationFailed)
			return
		}
		c.sequence++
		c.updated = c.pool.Updated
		c.push("work_pool.snapshot.v1", c.snapshot(c.stale))
		c.stale = ""
	})
}

// poolChanged tells the workers of a pool that it has changed, if the fields are ones that
// they care for.
func (a *API) poolChanged(p *pool, b body) {
	if !slices.ContainsFunc([]string{"base_job_template", "concurrency_limit", "is_paused", "storage_configuration"},
		b.has) {
		return
	}
	for _, c := range a.channels {
		if c.pool == p {
			c.tell("work_pool_updated")
		}
	}
}

func (a *API) poolDeleted(p *pool) {
	for _, c := range a.channels {
		if c.pool == p {
			c.finish(authorizationFailed)
		}
	}
}
