package worker

import (
	"context"
	"errors"
	"fmt"
	"sync"
)

// PoolOptions are what may differ between the pools of one worker.
type PoolOptions struct {
	Pool          string
	WorkQueues    []string // default: all queues of the pool
	Limit         int      // of this pool's runs; 0 is none but that of all
	ObserverQueue string   // empty is none; pools may share one
}

// Pools is a worker of several pools: one process with a loop of each kind for each pool. They share
// the clients of AWS and its rates, the places in which runs are launched, and what was read.
type Pools struct {
	opts    Options
	workers []*Worker
	health  *health
}

// NewPools builds a worker of several pools, known in each by the same name; it makes no call. The
// options are those of all pools, and Limit is of all their runs together.
func NewPools(o Options, pools []PoolOptions) (*Pools, error) {
	if err := CheckName(o.Name); err != nil {
		return nil, err
	}
	if len(pools) == 0 {
		return nil, errors.New("a worker needs a work pool")
	}
	o = o.withDefaults()
	s := newShared(o, len(pools))
	s.limit = newLimit(o.Limit, 3*o.QueryInterval)
	p := &Pools{opts: o, health: &health{metrics: s.metrics, show: o.Metrics}}
	for _, pool := range pools {
		one := o
		one.Pool, one.WorkQueues, one.Limit = pool.Pool, pool.WorkQueues, pool.Limit
		one.ObserverQueue = pool.ObserverQueue
		one.Prefect, one.Logger = o.Prefect.Another(), o.Logger.With("work pool", pool.Pool)
		w := newWorker(one, s)
		p.workers, p.health.pools = append(p.workers, w), append(p.health.pools, w.health)
	}
	return p, nil
}

// Name is the name that the worker has in each pool.
func (p *Pools) Name() string { return p.opts.Name }

// HealthAddress is where the health check listens, once Run has begun.
func (p *Pools) HealthAddress() string { return p.health.address }

// Run works as Worker.Run does, for all pools. When one of them cannot be served, the others are
// stopped too: half a worker would look like a whole one.
func (p *Pools) Run(ctx context.Context, stop <-chan struct{}) error {
	return p.health.during(ctx, p.opts.HealthAddress, p.opts.Logger, func() error { return p.run(ctx, stop) })
}

func (p *Pools) run(ctx context.Context, stop <-chan struct{}) error {
	serving, end := untilStop(ctx, stop)
	defer end()
	var group sync.WaitGroup
	failed := make(chan error, len(p.workers))
	for _, w := range p.workers {
		group.Go(func() {
			if err := w.run(ctx, serving.Done()); err != nil {
				failed <- fmt.Errorf("work pool %q cannot be served: %w", w.opts.Pool, err)
				end()
			}
		})
	}
	group.Wait()
	close(failed)
	return <-failed // the first; nil if there is none
}
