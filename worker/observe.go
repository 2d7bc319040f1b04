package worker

import (
	"cmp"
	"context"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"ecsctl/internal/pause"
	"ecsctl/jobtemplate"
	"ecsctl/prefect"
	"ecsctl/worker/awsaccess"
	"ecsctl/worker/observe"
	"ecsctl/worker/runlog"
	"ecsctl/worker/taskchange"
)

const (
	// batchesAtOnce bounds what is in hand: while Prefect is away, the rest waits in the
	// queue, where every worker can get at it.
	batchesAtOnce = 4
	// heardWithin is how long the queue may say nothing, not even that there is nothing,
	// before tasks are looked at as without one.
	heardWithin = 2 * observe.LongPoll

	firstListen = time.Second
	mostListen  = time.Minute
)

// observer is the stage that hears of tasks by way of a queue that EventBridge fills and
// that the workers of a pool share. Whoever gets the message that a task has stopped
// settles its run, whichever worker has launched it.
type observer struct {
	log     *slog.Logger
	queue   *observe.Queue
	homes   []*home // of the pools that it hears for, at least one
	tags    *observe.Tags
	clients *awsaccess.Sets
	metrics *processMetrics
	places  chan struct{} // one for each batch that may be in hand
	heard   atomic.Int64  // when the queue last answered, in Unix nanoseconds

	listening together
}

func newObserve(o Options, log *slog.Logger, p *processMetrics, clients *awsaccess.Sets) *observer {
	queues := o.AWS
	queues.Region = cmp.Or(o.ObserverRegion, queues.Region)
	return &observer{
		log: log, clients: clients, metrics: p, tags: &observe.Tags{},
		queue: &observe.Queue{API: awsaccess.NewSQS(queues, o.Rates, p.awsCalled), Name: o.ObserverQueue,
			Visibility: o.ObserverVisibility},
		places: make(chan struct{}, batchesAtOnce),
	}
}

// Run listens until the contexts of all pools that it hears for have ended.
func (o *observer) Run(ctx context.Context) { o.listening.run(ctx, o.listen) }

// listen does so until the context ends. That the queue is away or gone is a warning: it is
// tried again, and track looks at the tasks meanwhile.
func (o *observer) listen(ctx context.Context) {
	var group sync.WaitGroup
	defer group.Wait()
	for failures := 0; ctx.Err() == nil; {
		select {
		case o.places <- struct{}{}:
		case <-ctx.Done():
			return
		}
		messages, err := o.queue.Receive(ctx)
		if err != nil {
			<-o.places
			failures++
			o.heard.Store(0)
			o.Wait(ctx, failures, err)
			continue
		}
		failures = 0
		o.heard.Store(time.Now().UnixNano())
		group.Go(func() {
			defer func() { <-o.places }()
			o.handle(ctx, messages)
		})
	}
}

func (o *observer) Wait(ctx context.Context, failures int, err error) {
	if ctx.Err() != nil {
		return
	}
	wait := pause.Backoff(failures-1, firstListen, mostListen)
	o.log.WarnContext(ctx, "the queue with task changes cannot be read: tasks are looked at instead", "again in",
		wait.Round(time.Second).String(), "error", awsaccess.Sentence(err))
	_ = pause.For(ctx, wait) // the loop sees that the context has ended
}

// hears reports whether the queue is alive.
func (o *observer) hears(now time.Time) bool {
	return now.Sub(time.Unix(0, o.heard.Load())) < heardWithin
}

// handle sees a batch through: events to Prefect, runs settled, messages acknowledged.
func (o *observer) handle(ctx context.Context, messages []observe.Message) {
	if len(messages) == 0 {
		return
	}
	b := o.newBatch(messages)
	stopHolding := b.holdOn(ctx)
	defer stopHolding()
	b.read(ctx)
	if b.name(ctx) {
		b.actAll(ctx)
	}
	b.release(ctx)
}

// entryOf is what is tracked of the task, by this worker or made up from the event.
func (o *observer) entryOf(ctx context.Context, home *home, c *taskchange.Change) (tracked, error) {
	entry, known := home.table.find(c.RunID())
	if !known || entry.at.task != c.ARN() {
		clients, err := o.clients.Of(ctx, jobtemplate.Credentials{})
		if err != nil {
			return tracked{}, err
		}
		entry = tracked{
			run: runlog.Run{ID: c.RunID(), Name: c.Tags[taskchange.TagFlowRunName]}, phase: launched,
			pid: c.Cluster() + "::" + c.ARN(),
			at:  place{clients, c.Cluster(), c.ARN()},
		}
	}
	if c.Tags[taskchange.TagDeregister] == "true" && c.Task.TaskDefinitionArn != nil {
		entry.definition = *c.Task.TaskDefinitionArn
	}
	return entry, nil
}

// mayWork reports whether the same thing may work a little later.
func mayWork(err error) bool { return prefect.Temporary(err) || awsaccess.Passing(err) }
