package provision

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"ecsctl/internal/english"
	"ecsctl/internal/hint"
)

// What teardown does about flow runs that still run as tasks of the pool.
const (
	RunningRefuse = ""
	RunningWait   = "wait"
	RunningStop   = "stop"
	RunningLeave  = "leave"
)

// TeardownOptions are Options with what to keep. The Spec may be without defaults:
// the pool itself knows the cluster and the names that were chosen.
type TeardownOptions struct {
	Options
	KeepPool, KeepLogs bool
	// Running is one of the Running constants.
	Running string
	// Limit is how long each step may take, such as waiting for tasks to stop.
	Limit time.Duration

	chosen *choices // of the pool, when it is gone
}

// Teardown is a plan to remove what bootstrap made for a pool.
type Teardown struct {
	Identity Identity
	Changes  []Change
	Warnings []string

	w         *world
	opts      TeardownOptions
	resources []removable
	running   []runningTask
	chosen    choices
	// host is the worker of another pool that serves this one.
	host *host
}

// NewTeardown finds what bootstrap made, by names and tags, and returns the plan. It
// writes nothing.
func NewTeardown(ctx context.Context, opts TeardownOptions) (*Teardown, error) {
	t := &Teardown{opts: opts}
	if err := t.discover(ctx); err != nil {
		return nil, t.w.nameStatements(PolicyTeardown, err)
	}
	if err := t.checkServed(ctx); err != nil {
		return nil, err
	}
	var err error
	if t.host, err = t.hostOf(ctx); err == nil {
		err = t.lookPatiently(ctx)
	}
	if err != nil {
		return nil, t.w.nameStatements(PolicyTeardown, err)
	}
	t.Identity = t.w.id
	for _, r := range t.resources {
		if c := r.remove(); c.Action != None {
			t.Changes = append(t.Changes, c)
		}
	}
	t.Changes = append(t.Changes, t.taskChanges()...)
	return t, nil
}

// looks is how often teardown looks where ECS may not show yet what was just made.
const looks = 4

// lookPatiently looks again where the worker's task definition is there and its service is not: for a
// moment after CreateService, DescribeServices says that there is none (docs/aws-notes.md).
func (t *Teardown) lookPatiently(ctx context.Context) error {
	for n := 1; ; n++ {
		worker := &service{w: t.w}
		definition := &taskDefinition{w: t.w}
		err := t.look(ctx, worker, definition)
		if err != nil || t.served() || n == looks || worker.known() || len(definition.ours.active) == 0 {
			return err
		}
		if err := t.w.pause(ctx); err != nil {
			return err
		}
	}
}

// look finds everything that may be there, at the same time.
func (t *Teardown) look(ctx context.Context, service *service, definition *taskDefinition) error {
	w := t.w
	pool := &workPool{w: w, keep: t.opts.KeepPool, stores: true}
	cluster := &cluster{w: w, own: service}
	t.chosen = t.choices()
	flows, image := newFlowRepository(w), newRepository(w)
	flows.unchosen, image.unchosen = t.chosen.noFlows, t.chosen.noImage
	infrastructure, instance := newInfrastructureRole(w), newInstanceRole(w)
	infrastructure.unchosen, instance.unchosen = t.chosen.noInstances, t.chosen.noInstances
	t.resources = []removable{
		service, newExecutionRole(w), newWorkerRole(w), newFlowRole(w), newFlowExecutionRole(w), infrastructure,
		instance, &instanceProfile{w: w, unchosen: t.chosen.noInstances},
		&managedProvider{w: w, unchosen: t.chosen.noInstances},
		&logGroup{w: w, keep: t.opts.KeepLogs},
		flows, image, newAPIKeySecret(w).unread(), newAuthStringSecret(w).unread(),
		&eventRule{w: w}, &bucket{w: w, leaves: true, chosen: t.chosen.bundles}, cluster,
		&flowRunDefinitions{w: w, pool: pool},
	}
	for _, q := range w.observer() {
		t.resources = append(t.resources, q)
	}
	if t.served() {
		t.resources = append(t.host.undo(w), slices.DeleteFunc(t.resources, isWorkers)...)
	}
	if w.aws.Prefect != nil {
		t.resources = append(t.resources, pool)
	}
	var groups []removable
	group, gctx := errgroup.WithContext(ctx)
	findAll(gctx, group, t.resources)
	if !t.served() {
		group.Go(func() error { return definition.findOurs(gctx) })
	}
	group.Go(func() (err error) { groups, err = w.ownSecurityGroups(gctx); return err })
	group.Go(func() (err error) { t.running, err = w.runningTasks(gctx); return err })
	if err := group.Wait(); err != nil {
		return err
	}
	t.resources = append(append(t.resources, definition), groups...)
	group, gctx = errgroup.WithContext(ctx)
	group.Go(func() error { return pool.countDeployments(gctx) })
	group.Go(func() error { return cluster.planGuests(gctx) })
	group.Go(func() error { return t.keepForRuns(gctx, cluster, groups) })
	return group.Wait()
}

// choices of an earlier bootstrap, as the pool remembers them: what it did not want need not be looked at.
type choices struct{ noFlows, noImage, bundles, noInstances bool }

func (t *Teardown) choices() choices {
	if t.opts.chosen != nil {
		return *t.opts.chosen
	}
	if !t.w.onServer {
		return choices{noInstances: !t.w.spec.MakesProvider()}
	}
	chosen := t.w.spec
	t.w.recallChoices(&chosen)
	return choices{!chosen.MakesFlowRepository(), !chosen.MayMakeImage(), chosen.FlowRuns.BundleStorage,
		!chosen.MakesProvider()}
}

// taskChanges show the running flow runs in the plan.
func (t *Teardown) taskChanges() []Change {
	var out []Change
	for _, task := range t.running {
		c := Change{Kind: KindTask, Name: task.name, ID: task.arn, Action: Leave}
		switch t.opts.Running {
		case RunningRefuse:
			c.Reason = "a flow run is still running"
		case RunningStop:
			c.Action, c.Reason = Delete, "it is stopped"
		case RunningWait:
			c.Reason = "teardown waits for it to end"
		case RunningLeave:
			c.Reason = "it goes on without its pool, roles and logs"
		}
		out = append(out, c)
	}
	return out
}

// Refused is the error of a teardown that must not begin because flow runs are
// running; nil when it may.
func (t *Teardown) Refused() error {
	if t.opts.Running != RunningRefuse || len(t.running) == 0 {
		return nil
	}
	names := make([]string, len(t.running))
	for i, task := range t.running {
		names[i] = task.name
	}
	return hint.Add(fmt.Errorf("of pool %q %s still running: %s", t.w.spec.Pool,
		english.Are(len(names), "flow run"), strings.Join(names, ", ")),
		"pass --running wait to wait for them, --running stop to stop them, or --running leave to leave them")
}

// HasChanges reports whether applying the plan would write anything.
func (t *Teardown) HasChanges() bool { return slices.ContainsFunc(t.Changes, Change.writes) }

// Apply removes what the plan says: the service first, then running tasks, then the
// rest at the same time, and the pool last. A failure of one leaves the others to go
// on, except for what a task may still use when the service is not gone, and the pool.
func (t *Teardown) Apply(ctx context.Context, progress Progress) ([]Applied, error) {
	if err := t.Refused(); err != nil {
		return nil, err
	}
	steps := []step{t.taskStep(progress)}
	for _, r := range t.resources {
		if s, ok := t.stepOf(r); ok {
			steps = append(steps, s)
		}
	}
	applied, err := runSteps(ctx, steps, progress)
	return applied, t.w.nameStatements(PolicyTeardown, err)
}

// stepOf is the step of a resource that goes, or of one that may turn out to.
func (t *Teardown) stepOf(r removable) (step, bool) {
	s := step{change: r.remove(), run: t.limited(r)}
	s.needs = teardownNeeds(s.change.Kind)
	if u, ok := r.(interface{ order() []Kind }); ok && u.order() != nil {
		s.needs = u.order()
	}
	c, ok := r.(*cluster)
	if !ok {
		return s, s.change.writes()
	}
	s.came = func() Action { return c.came }
	if !s.change.writes() {
		s.change.Action = None
	}
	return s, s.change.writes() || c.mayBecomeOurs()
}

// teardownNeeds lists what must be gone before a kind.
func teardownNeeds(kind Kind) []Kind {
	switch kind {
	case KindService:
		return nil
	case KindWorkPool:
		// The pool goes last: it remembers the cluster and the names that the user chose,
		// and that it is ours, for a teardown that has to be run again.
		return []Kind{
			KindService, KindTask, KindTaskDefinition, KindCluster, KindSecurityGroup, KindExecutionRole,
			KindWorkerRole,
			KindFlowRole, KindFlowExecutionRole, KindLogGroup, KindFlowRepository, KindRepository, KindAPIKeySecret,
			KindAuthStringSecret, KindBucket, KindRule, KindQueue, KindDeadLetterQueue, KindInfrastructureRole,
			KindInstanceRole, KindInstanceProfile, KindCapacityProvider,
		}
	}
	needs := []Kind{KindService, KindTask}
	switch kind {
	case KindCluster, KindSecurityGroup, KindInfrastructureRole, KindInstanceProfile:
		needs = append(needs, KindCapacityProvider) // its instances use them until they have ended
	case KindInstanceRole:
		needs = append(needs, KindInstanceProfile)
	}
	return needs
}

func (t *Teardown) limited(r removable) func(context.Context) (string, error) {
	return func(ctx context.Context) (string, error) {
		ctx, cancel := context.WithTimeout(ctx, t.opts.Limit)
		defer cancel()
		return "", adviseTime(ctx, addedMeanwhile(r.delete(ctx)))
	}
}

// adviseTime says what to do about a step whose time is up, where nothing better is known.
func adviseTime(ctx context.Context, err error) error {
	if err == nil || !errors.Is(ctx.Err(), context.DeadlineExceeded) || len(hint.Of(err)) > 0 {
		return err
	}
	return hint.Add(err, "run the same command again: it continues where it stopped; --wait-timeout gives each step "+
		"more time")
}

// Left looks again and returns what is there after all: by choice (Leave), or
// because it could not be removed (Delete).
func (t *Teardown) Left(ctx context.Context) ([]Change, error) {
	opts := t.opts.found(t.w)
	opts.chosen = &t.chosen // the pool, which remembered them, may be gone
	again, err := NewTeardown(ctx, opts)
	if err != nil {
		return nil, fmt.Errorf("failed to look again: %w", err)
	}
	return again.Changes, nil
}

// found keeps the cluster and the names that were found out: the pool that knew them
// may be gone when teardown looks again.
func (o TeardownOptions) found(w *world) TeardownOptions {
	o.Spec.Cluster, o.Spec.Names, o.Spec.Worker.Of = w.spec.Cluster, w.spec.Names, w.spec.Worker.Of
	return o
}

// hintKeepPool is for a server that is gone for good: what is in AWS can still be removed.
func hintKeepPool(err error) error {
	return hint.Add(err, "if the Prefect server is gone for good, pass --keep-pool: then only AWS is searched")
}
