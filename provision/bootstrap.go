package provision

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"

	"ecsctl/image"
	"ecsctl/provision/spec"
)

// Options are what a bootstrap or a teardown needs beside the Spec.
type Options struct {
	Spec    spec.Spec // with defaults, validated
	Clients *Clients
	Server  Server
	// Binary goes into the worker's image; nil when the Spec makes none.
	Binary *image.Binary
	// Version is ecsctl's own, for the tag ecsctl:version.
	Version string
	Logger  *slog.Logger
	// PollInterval is the time between two looks at something that is waited for.
	PollInterval time.Duration
	// Policy is the one of which an error names the statement that a caller lacks; "" is
	// PolicyBootstrap.
	Policy string
	// SecretsUnread: a secret whose value the caller may not read is taken for the wanted
	// one, and its Change says so. For plans that nobody applies.
	SecretsUnread bool
	// Recalled: the Spec is what Recall gave, so that what the pool remembers of it is no
	// part of the plan. For plans that nobody applies.
	Recalled bool
}

func (o Options) policy() string { return cmp.Or(o.Policy, PolicyBootstrap) }

// Bootstrap is a plan to make an account and a server as a Spec says.
type Bootstrap struct {
	Identity Identity
	Server   Server
	Changes  []Change
	Warnings []string
	// NoCapacity tells of a cluster that lacks the capacity provider that flow runs are to use.
	NoCapacity error

	w         *world
	resources []resource
	service   *service
	// endedBefore are the tasks that had ended when the wait for a worker began.
	endedBefore map[string]bool
}

// NewBootstrap observes everything and returns the plan. It writes nothing.
func NewBootstrap(ctx context.Context, opts Options) (*Bootstrap, error) {
	w, err := lookAhead(ctx, opts)
	if err != nil {
		return nil, err
	}
	if err := w.meetWorkers(ctx); err != nil {
		return nil, w.nameStatements(opts.policy(), err)
	}
	if err := errors.Join(w.checkARNs(), w.resolveSecret(ctx)); err != nil {
		return nil, w.nameStatements(opts.policy(), err)
	}
	b, err := planBootstrap(ctx, w)
	return b, w.nameStatements(opts.policy(), err)
}

func planBootstrap(ctx context.Context, w *world) (*Bootstrap, error) {
	b := &Bootstrap{Identity: w.id, w: w}
	b.build()
	group, gctx := errgroup.WithContext(ctx)
	group.Go(func() error { return w.checkNamedGroups(gctx) })
	findAll(gctx, group, b.resources)
	if err := group.Wait(); err != nil {
		return nil, err
	}
	b.Server = w.server
	closed := b.closedEndpoints(ctx)
	if err := w.pool.judge(ctx); err != nil {
		return nil, err
	}
	if err := b.judgeRoles(ctx); err != nil {
		return nil, err
	}
	if err := w.pool.judgeJob(ctx, clusterOf(b.resources)); err != nil {
		return nil, err
	}
	if w.host != nil {
		w.host.serve(w)
	}
	b.Warnings = append(b.Warnings, closed()...)
	return b, b.compare()
}

// judgeRoles comes after the pool: what a worker must be allowed hangs on what flow runs use.
func (b *Bootstrap) judgeRoles(ctx context.Context) error {
	group, ctx := errgroup.WithContext(ctx)
	for _, r := range b.resources {
		if role, ok := r.(*role); ok {
			group.Go(func() error { return role.judge(ctx) })
		}
	}
	return group.Wait()
}

func newWorld(ctx context.Context, opts Options) (*world, error) {
	w := &world{
		spec: opts.Spec, binary: opts.Binary, version: opts.Version, aws: opts.Clients, server: opts.Server,
		log:  opts.Logger,
		poll: opts.PollInterval, secretsUnread: opts.SecretsUnread, recalled: opts.Recalled, known: map[Kind]string{},
	}
	w.network = &networkFinder{api: opts.Clients.EC2, want: opts.Spec.Network,
		private: opts.Spec.FlowRuns.ManagesInstances()}
	var err error
	if w.flowPolicy, err = readFlowPolicy(opts.Spec); err != nil {
		return w, err
	}
	group, gctx := errgroup.WithContext(ctx)
	group.Go(func() (err error) { w.id, err = WhoAmI(gctx, opts.Clients); return err })
	group.Go(func() (err error) {
		w.server.Version, w.server.Cloud, err = serverVersion(gctx, opts.Clients)
		return err
	})
	return w, group.Wait()
}

func serverVersion(ctx context.Context, c *Clients) (version string, cloud bool, err error) {
	if c.Prefect.IsCloud() {
		return "", true, nil
	}
	version, err = c.Prefect.ServerVersion(ctx)
	return version, false, err
}

// compare turns what was found into changes and warnings.
func (b *Bootstrap) compare() error {
	var errs []error
	for _, r := range b.resources {
		errs = append(errs, r.check())
	}
	if err := errors.Join(errs...); err != nil {
		return err
	}
	if err := b.checkCapacity(); err != nil {
		return err
	}
	b.w.network.keep(b.service.subnets())
	network := b.w.network.found()
	noAddress, err := b.w.noPublicAddress(network)
	if err != nil {
		return err
	}
	b.Warnings = append(b.Warnings, noAddress...)
	b.Changes = networkChanges(network, b.w.spec)
	for _, r := range b.resources {
		b.Changes = append(b.Changes, r.diff())
	}
	b.Warnings = slices.Concat(b.Warnings, network.warnings, b.serverWarnings(), b.observerWarnings(),
		b.w.foreignSecret())
	for _, r := range b.resources {
		if role, ok := r.(*role); ok {
			b.Warnings = append(b.Warnings, role.warnings()...)
		}
		if cluster, ok := r.(*cluster); ok {
			b.Warnings = append(b.Warnings, cluster.insightsWarning()...)
		}
		if pool, ok := r.(*workPool); ok {
			b.Warnings = slices.Concat(b.Warnings, pool.warnings, pool.keeps.warnings)
		}
	}
	return nil
}

// networkChanges show what is used of the network, which is never changed.
func networkChanges(n chosenNetwork, spec spec.Spec) []Change {
	out := []Change{{Kind: KindVPC, Name: n.vpc, ID: n.vpc, Action: Adopt}}
	for _, s := range n.subnets {
		out = append(out, Change{Kind: KindSubnet, Name: s.id, ID: s.id, Action: Adopt, Reason: s.describe()})
	}
	for _, id := range spec.Network.SecurityGroups {
		out = append(out, Change{Kind: KindSecurityGroup, Name: id, ID: id, Action: Adopt})
	}
	return out
}

func (s subnet) describe() string {
	switch s.out.kind {
	case exitPublic:
		return s.zone + ", public"
	case exitPrivate:
		return s.zone + ", private with a way out"
	default:
		return s.zone + ", no way out"
	}
}

// observerWarnings tell of an observer that was asked for in vain.
func (b *Bootstrap) observerWarnings() []string {
	if b.w.spec.Observer == nil || !*b.w.spec.Observer || b.w.Observes() {
		return nil
	}
	return []string{"no observer is made: the official worker for Prefect 2 has none"}
}

// HasChanges reports whether applying the plan would write anything.
func (b *Bootstrap) HasChanges() bool {
	return slices.ContainsFunc(b.Changes, Change.writes)
}

// Apply carries out the plan and returns what was done. After an error, or a kill at
// any point, a new plan goes on from there.
func (b *Bootstrap) Apply(ctx context.Context, progress Progress) ([]Applied, error) {
	var steps []step
	for _, r := range b.resources {
		change := b.change(r)
		if !change.writes() {
			continue
		}
		if made, ok := r.(*workerImage); ok && made.digest == "" {
			go func() { _, _ = image.Build(b.w.binary) }() // compressed once: nothing waits for it later
		}
		steps = append(steps, step{change: change, needs: r.needs(), run: func(ctx context.Context) (string, error) {
			id, err := r.apply(ctx)
			return id, goneMeanwhile(err)
		}})
	}
	applied, err := runSteps(ctx, steps, progress)
	return applied, b.w.nameStatements(PolicyBootstrap, err)
}

func (b *Bootstrap) change(r resource) Change {
	kind, name := r.ref()
	for _, c := range b.Changes {
		if c.Kind == kind && c.Name == name {
			return c
		}
	}
	return Change{Kind: kind, Name: name, Action: None}
}
