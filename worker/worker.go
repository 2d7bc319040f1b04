package worker

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"ecsctl/prefect"
	"ecsctl/worker/awsaccess"
	"ecsctl/worker/runlog"
)

// Worker launches the flow runs of one pool.
type Worker struct {
	opts Options
	log  *slog.Logger

	table     *table
	metrics   *metrics
	ship      *runlog.Shipper
	heartbeat *heartbeat
	byChannel *byChannel
	poll      *poll
	wake      *wake
	submit    *submit
	tooLate   *tooLate
	track     *track
	observe   *observer // nil: no queue
	events    *workerEvents
	cancel    *cancel
	recovery  *recovery
	orphans   *orphans
	fleet     *fleet
	health    *health
	refusal   *refusal

	halt chan struct{} // closed when what AWS does not take is given back: the end is near
}

// New builds a worker; it makes no call.
func New(o Options) (*Worker, error) {
	if err := CheckName(o.Name); err != nil {
		return nil, err
	}
	o = o.withDefaults()
	return newWorker(o, newShared(o, 1)), nil
}

func newWorker(o Options, s *shared) *Worker {
	o.Prefect.Attribute(o.Name, "")
	w := &Worker{opts: o, table: newTable(o.Limit), halt: make(chan struct{})}
	s.limit.share(w.table)
	w.metrics = newMetrics(s.metrics, w.table, s.label(o.Pool))
	w.ship = runlog.NewShipper(o.Prefect, o.Logger, w.metrics.logLinesLost)
	w.refusal = newRefusal(o.KeyPatience)
	w.heartbeat = &heartbeat{opts: o, refusal: w.refusal}
	w.log = w.logger()
	w.heartbeat.log = w.log
	w.connect(s)
	return w
}

// logger is the worker's own log, which Cloud shows too.
func (w *Worker) logger() *slog.Logger {
	if w.opts.NoLogs || !w.opts.Prefect.IsCloud() {
		return w.opts.Logger
	}
	id := func() string {
		if known := w.heartbeat.current.Load(); known != nil {
			return known.workerID
		}
		return ""
	}
	return slog.New(&runlog.LineHandler{
		Console: w.opts.Logger.Handler(), Ship: w.ship, Line: prefect.Log{Name: runlog.WorkerLogger}, Worker: id,
	})
}

// connect makes the stages.
func (w *Worker) connect(s *shared) {
	o := w.opts
	lines := &runlog.Lines{Console: o.Logger, Ship: w.ship}
	if o.NoLogs {
		lines.Ship = nil
	}
	mine := markOf(o.Name)
	clients, resolver, reports := s.clients, s.resolve, &report{api: o.Prefect, mark: mine}
	patience := patience{limit: o.Patience, halt: w.halt}
	definitions := &register{patience: patience.with(o.RegisterTries)}
	later := &putOff{api: o.Prefect, report: reports, wait: o.CapacityWait, first: min(firstPutOff, o.QueryInterval),
		again: o.InfrastructureRetries}
	late := &tooLate{api: o.Prefect, lines: lines, table: w.table, patience: patience}
	tasks, locate, places := &findTask{patience: patience}, &locator{resolve: resolver, clients: clients},
		s.places.line()
	events := newEmitter(o, w.log, w.heartbeat)
	w.events = &workerEvents{emitter: events, heartbeat: w.heartbeat, resolve: resolver, name: o.Name}
	passed := &passedRuns{}
	w.poll = &poll{opts: o, log: w.log, table: w.table, heartbeat: w.heartbeat, metrics: w.metrics, refusal: w.refusal,
		passed: passed, most: pageOf(s.pools), page: pageOf(s.pools)}
	renewal := &renew{api: o.Prefect, log: w.log, table: w.table, heartbeat: w.heartbeat, resolve: resolver,
		clients: clients}
	still := newQuiet(o, w.table, w.heartbeat)
	w.wake = newWake(o, w.log, w.heartbeat, w.table, clients, still, &s.ears)
	w.submit = &submit{
		log: w.log, lines: lines, table: w.table, heartbeat: w.heartbeat,
		recheck: newRecheck(o.Prefect, places),
		claim:   &claim{api: o.Prefect, metrics: w.metrics, mark: mine}, resolve: resolver, clients: clients,
		register: definitions,
		launch: &launch{patience: patience.with(o.RunTaskTries), fallback: o.SpotFallback,
			networks: networks{patience: patience, known: &s.networks}},
		report: reports, metrics: w.metrics, putOff: later, tasks: tasks, line: places, tooLate: late,
		grace:  o.ClaimGrace,
		events: w.events, renew: renewal, passed: passed,
	}
	late.claim, w.tooLate = w.submit.claim, late
	last := &lastLines{most: o.CrashedLogLines}
	endings := &settle{
		api: o.Prefect, table: w.table, lines: lines, claim: w.submit.claim, report: reports, metrics: w.metrics,
		putOff: later,
		last:   last, late: newLateLines(last), retire: &retire{log: w.log, table: w.table, register: definitions},
	}
	w.track = &track{log: w.log, table: w.table, settle: endings, renew: renewal, rare: o.ObservedSweepInterval,
		pools: s.pools}
	w.track.slow = &slowStarts{table: w.table, lines: lines}
	if o.ObserverQueue != "" {
		w.observe = s.observer(o, w.log, &home{o.Pool, w.table, endings, events})
		w.track.hears = w.observe.hears
	}
	w.connectLookers(lookers{still, lines, locate, tasks, reports})
	w.fleet = &fleet{opts: o, sharers: s.sharers, table: w.table}
	w.byChannel = newByChannel(o, w.log, w.heartbeat, &teardown{
		opts: o, log: w.log, lines: lines, heartbeat: w.heartbeat, locate: locate, tasks: tasks, patience: patience,
	})
	w.metrics.watchClock(o.Prefect.ClockAhead)
	w.metrics.watchChannel(w.byChannel.channel.Open)
	w.health = &health{pool: o.Pool, poll: w.poll, refusal: w.refusal, heartbeat: w.heartbeat, metrics: s.metrics,
		interval: o.QueryInterval, show: o.Metrics}
}

// lookers are what the stages have in common that look for runs nobody has told of.
type lookers struct {
	quiet  *quiet
	lines  *runlog.Lines
	locate *locator
	tasks  *findTask
	report *report
}

func (w *Worker) connectLookers(l lookers) {
	o := w.opts
	w.cancel = &cancel{quiet: l.quiet, opts: o, log: w.log, lines: l.lines, table: w.table, heartbeat: w.heartbeat,
		locate: l.locate, tasks: l.tasks, report: l.report}
	w.recovery = &recovery{quiet: l.quiet, opts: o, log: w.log, table: w.table, heartbeat: w.heartbeat,
		claim: w.submit.claim, locate: l.locate, report: l.report}
	w.orphans = &orphans{quiet: l.quiet, opts: o, log: w.log, table: w.table, heartbeat: w.heartbeat, locate: l.locate,
		tasks: l.tasks, report: l.report}
}

// Name is the name that the worker has in Prefect.
func (w *Worker) Name() string { return w.opts.Name }

// Run works until stop is closed and what was claimed is launched, or until ctx ends,
// which drops everything at once. The error says why it could not begin, or that Prefect refuses
// it for good: once it has begun, nothing else ends it.
func (w *Worker) Run(ctx context.Context, stop <-chan struct{}) error {
	return w.health.during(ctx, w.opts.HealthAddress, w.log, func() error { return w.run(ctx, stop) })
}

func (w *Worker) run(ctx context.Context, stop <-chan struct{}) error {
	background, end := context.WithCancel(ctx)
	var group sync.WaitGroup
	defer group.Wait()
	defer end()
	if err := w.begin(ctx, stop); err != nil {
		return w.stoppedEarly(stop, err)
	}
	w.log.InfoContext(ctx, "the worker has started", "worker", w.opts.Name, "pool", w.opts.Pool)
	group.Go(func() { w.ship.Run(background) })
	group.Go(func() {
		w.loop("send a heartbeat", w.opts.HeartbeatInterval, w.later(w.heartbeat.beat)).Run(background)
	})
	group.Go(func() { w.loop("count the workers", w.opts.HeartbeatInterval, w.later(w.fleet.count)).Run(background) })
	group.Go(func() { w.loop("look at the ECS tasks", w.opts.SweepInterval, w.track.sweep).Run(background) })
	group.Go(func() {
		w.loop("look at flow runs that were just launched", secondLook, w.tooLate.look).Run(background)
	})
	group.Go(func() {
		cancels := w.loop("look for cancelled flow runs", w.opts.CancelInterval, w.cancel.look)
		cancels.early = w.wake.cancels
		cancels.Run(background)
	})
	group.Go(func() { w.events.emitter.Run(background) })
	w.events.started()
	if w.observe != nil {
		group.Go(func() { w.observe.Run(background) })
	}
	if !w.opts.RunOnce {
		group.Go(func() { w.byChannel.Run(background) })
		group.Go(func() {
			w.loop("look for tasks that ended unseen", w.opts.RecoverInterval, w.orphans.look).Run(background)
		})
	}
	w.work(ctx, w.refusal.orOver(background, stop))
	if err := w.tooLate.look(ctx); err != nil && ctx.Err() == nil {
		w.log.WarnContext(ctx, "failed to look at flow runs that were just launched", "error", awsaccess.Sentence(err))
	}
	w.track.settle.late.finish(ctx, runlog.LastFlush)
	w.events.Stopped()
	w.log.InfoContext(ctx, "the worker has stopped", "worker", w.opts.Name)
	return w.refusal.final()
}

// HealthAddress is where the health check listens, once Run has begun.
func (w *Worker) HealthAddress() string { return w.health.address }

func (w *Worker) loop(name string, interval time.Duration, do func(context.Context) error) loop {
	return loop{name: name, interval: interval, do: do, log: w.log}
}

// later leaves out the first time: begin has done it.
func (w *Worker) later(do func(context.Context) error) func(context.Context) error {
	first := true
	return func(ctx context.Context) error {
		if first {
			first = false
			return nil
		}
		return do(ctx)
	}
}

// begin gets to know the pool. While Prefect is away it waits; what no waiting will
// fix (no access, a pool of another type) is an error.
func (w *Worker) begin(ctx context.Context, stop <-chan struct{}) error {
	until, cancel := untilStop(ctx, stop)
	defer cancel()
	err := insist(until, w.log, "registering the worker", w.heartbeat.beat)
	if errors.Is(err, errNoPool) {
		w.log.WarnContext(ctx, "the work pool does not exist: the worker waits for it", "pool", w.opts.Pool)
		return nil
	}
	if err != nil {
		return err
	}
	if err := w.fleet.count(until); err != nil {
		w.log.WarnContext(ctx, "failed to count the workers of the pool", "error", err)
	}
	return nil
}

// stoppedEarly: being told to stop before anything was begun is no failure.
func (w *Worker) stoppedEarly(stop <-chan struct{}, err error) error {
	if isClosed(stop) {
		return nil
	}
	return err
}

// untilStop is a context that ends with stop as well.
func untilStop(ctx context.Context, stop <-chan struct{}) (context.Context, context.CancelFunc) {
	until, cancel := context.WithCancel(ctx)
	go func() {
		select {
		case <-stop:
			cancel()
		case <-until.Done():
		}
	}()
	return until, cancel
}
