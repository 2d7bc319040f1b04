package worker

import (
	"context"
	"encoding/json"
	"log/slog"

	"ecsctl/internal/pause"
	"ecsctl/prefect"
	"ecsctl/prefect/channel"
	"ecsctl/templates"
)

// byChannel is the stage that keeps a worker channel open where the server has one. While
// it is open, no heartbeat goes over REST: the server gets them by the channel and sends
// the pool when it has changed.
type byChannel struct {
	opts      Options
	log       *slog.Logger
	heartbeat *heartbeat
	channel   *channel.Channel
}

// cleanupsAtOnce is how many cleanup messages are acted upon at the same time. A worker has
// a message until the task is seen stopped, which takes up to two minutes on Fargate.
const cleanupsAtOnce = 16

func newByChannel(o Options, log *slog.Logger, h *heartbeat, t *teardown) *byChannel {
	c := &byChannel{opts: o, log: log, heartbeat: h}
	c.channel = channel.New(channel.Options{
		API: o.Prefect, Pool: o.Pool, Worker: o.Name, WorkerType: Type, Heartbeat: o.HeartbeatInterval, WorkQueues: o.WorkQueues,
		OnPool: c.pool,
		Handle: t.handle, Kinds: []channel.Kind{channel.CancellingTimeout}, Concurrency: cleanupsAtOnce,
		Logger: log,
	})
	h.open = c.channel.Open
	return c
}

// Run waits until the server is known, and then keeps the channel open. The pool is made
// by REST (heartbeat.go), in one place for all servers.
func (c *byChannel) Run(ctx context.Context) {
	for c.heartbeat.current.Load() == nil {
		if pause.For(ctx, c.opts.HeartbeatInterval) != nil {
			return
		}
	}
	if c.heartbeat.current.Load().isPrefect2() {
		return
	}
	c.channel.Run(ctx)
}

// pool takes a snapshot over. One without a template is given the default one, as with
// the official worker; the server gets it with the next heartbeat over REST.
func (c *byChannel) pool(pool *prefect.WorkPool, workerID string) {
	ctx := context.Background() // for the log alone
	if isEmptyObject(pool.BaseJobTemplate) {
		pool.BaseJobTemplate = templates.ECSBaseJobTemplate
	}
	raw, err := json.Marshal(pool)
	if err != nil {
		c.log.ErrorContext(ctx, "failed to keep the work pool that the server has sent", "pool", pool.Name, "error", err)
		return
	}
	known := c.heartbeat.current.Load()
	next := &snapshot{pool: pool, rawPool: raw, version: known.version}
	if known.pool.ID == pool.ID {
		next.workerID = known.workerID
	}
	if workerID != "" {
		next.workerID = workerID
	}
	if err := c.heartbeat.checkType(ctx, pool); err != nil {
		c.log.WarnContext(ctx, "nothing is launched", "error", err)
		c.heartbeat.refuse(err)
		return
	}
	c.heartbeat.tell(next)
}
