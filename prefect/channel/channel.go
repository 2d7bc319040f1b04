package channel

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"sync/atomic"
	"time"

	"ecsctl/internal/pause"
	"ecsctl/internal/uuid"
	"ecsctl/prefect"
)

const (
	firstWait = time.Second
	mostWait  = 30 * time.Second
	// defaultFinalWait is the wait after a final refusal: while a worker runs the server may
	// be upgraded, or the pool made anew.
	defaultFinalWait = 5 * time.Minute
)

// Options say who speaks on the channel and who listens.
type Options struct {
	API        *prefect.Client
	Pool       string
	Worker     string        // its name
	WorkerType string        // of the pools that it serves
	Heartbeat  time.Duration // between heartbeats, in whole seconds and at least one
	WorkQueues []string      // that the worker looks at; none is all

	// OnPool gets the pool when a connection begins and whenever it has changed, and the
	// worker's id where the server tells it. The connection waits for it.
	OnPool func(pool *prefect.WorkPool, workerID string)
	// Handle acts on cleanup messages of the Kinds, up to Concurrency of them at once.
	Handle      Handler
	Kinds       []Kind
	Concurrency int

	// FinalWait is how long a refusal that no trying again will change is left alone;
	// default 5 minutes.
	FinalWait time.Duration
	Logger    *slog.Logger // default: silence
}

// Channel keeps a connection for as long as there is one to have.
type Channel struct {
	opts     Options
	log      *slog.Logger
	consumer string // who we are, across connections
	line     line
	cleanups *cleanups
	open     atomic.Bool
}

// New returns a channel; it makes no call.
func New(o Options) *Channel {
	o.FinalWait = cmp.Or(o.FinalWait, defaultFinalWait)
	c := &Channel{opts: o, log: cmp.Or(o.Logger, slog.New(slog.DiscardHandler)), consumer: uuid.New()}
	c.line.changed = make(chan struct{})
	c.cleanups = &cleanups{
		handle: o.Handle, kinds: o.Kinds, send: c.line.send, log: c.log,
		held: map[string]context.CancelFunc{}, answers: map[string]question{},
	}
	return c
}

// Open reports whether there is a connection: the server gets heartbeats by it and tells of
// changes of the pool.
func (c *Channel) Open() bool { return c.open.Load() }

// Run connects, and connects again after every loss, until the context ends. What
// it acts on then is left to the worker that gets the message next.
func (c *Channel) Run(ctx context.Context) {
	defer c.cleanups.work.Wait()
	failures := 0
	for {
		connected, err := c.once(ctx)
		if ctx.Err() != nil {
			return
		}
		if connected {
			failures = 0
		}
		failures++
		wait := c.wait(err, failures)
		c.tell(ctx, err, connected, wait)
		if pause.For(ctx, wait) != nil {
			return
		}
	}
}

// once is one connection, from dialling to its end.
func (c *Channel) once(ctx context.Context) (connected bool, err error) {
	to := c.opts.API.Dialing("work_pools", c.opts.Pool, "workers", "connect")
	conn, answer, err := open(ctx, to, c.hello())
	if err != nil {
		return false, err
	}
	c.opts.OnPool(answer.Snapshot.WorkPool, answer.WorkerID)
	c.open.Store(true)
	defer c.open.Store(false)
	c.log.DebugContext(ctx, "the worker channel is open")
	s := &session{channel: c, conn: conn, ready: answer, sequence: answer.Snapshot.Sequence}
	err = s.run(ctx)
	conn.closeFor(err)
	return true, err
}

func (c *Channel) hello() hello {
	h := hello{
		ConsumerID: c.consumer, WorkerName: c.opts.Worker, WorkerType: c.opts.WorkerType,
		HeartbeatInterval: c.seconds(), Versions: []string{channelVersion},
		Capabilities: []string{heartbeatCapability, snapshotCapability},
		WorkQueues:   append([]string{}, c.opts.WorkQueues...), CleanupKinds: []Kind{},
	}
	if c.opts.Handle != nil && len(c.opts.Kinds) > 0 && c.opts.Concurrency > 0 {
		h.Capabilities = append(h.Capabilities, cleanupCapability)
		h.CleanupKinds, h.MaxCleanup = c.opts.Kinds, c.opts.Concurrency
	}
	return h
}

func (c *Channel) seconds() int { return max(1, int(c.opts.Heartbeat.Seconds())) }

// wait is the time before the next attempt, with a fifth of jitter.
func (c *Channel) wait(err error, failures int) time.Duration {
	var known *Error
	if errors.As(err, &known) && known.Final {
		return pause.Backoff(0, c.opts.FinalWait, c.opts.FinalWait)
	}
	return pause.Backoff(failures-1, firstWait, mostWait)
}

// tell says what matters: a loss, once. That a server has no channel is nothing special.
func (c *Channel) tell(ctx context.Context, err error, connected bool, wait time.Duration) {
	level := slog.LevelDebug
	if connected {
		level = slog.LevelInfo
	}
	c.log.Log(ctx, level, "the worker channel is closed: heartbeats go over REST", "error", err, "next attempt in",
		wait.Round(100*time.Millisecond).String())
}
