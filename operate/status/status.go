// Package status tells what runs of a pool, and what is wrong with it: the causes first, each with its fix.
// It also lists the pools of an account.
package status

import (
	"context"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"ecsctl/image"
	"ecsctl/internal/onelook"
	"ecsctl/internal/pause"
	"ecsctl/provision"
	"ecsctl/provision/spec"
)

// Options say what to look at.
type Options struct {
	// Options are those of a bootstrap. What their Spec leaves out is recalled.
	provision.Options
	// Bootstrap is the command line that makes what a Spec says, without confirmation.
	Bootstrap func(spec.Spec) string
	// UseBinary is what reads the binary for the worker's image, where a Spec makes one.
	UseBinary func(spec.Spec) (spec.Spec, *image.Binary, error)
	// StuckAfter is how long a task may take to start before that is a problem.
	StuckAfter time.Duration
	// Activity asks for what goes on, too.
	Activity bool
}

// Status is how a pool and all that serves it are, at one moment.
type Status struct {
	Identity provision.Identity `json:"-"`

	Pool    string    `json:"-"`
	Server  string    `json:"server"` // the Prefect API URL
	Cluster string    `json:"cluster"`
	Time    time.Time `json:"time"`
	// Healthy: no problem is a Fail.
	Healthy  bool      `json:"healthy"`
	Problems []Problem `json:"problems"`

	Service      *Service           `json:"service"`  // nil when there is none, or it cannot be read
	Workers      []Worker           `json:"workers"`  // online ones first
	WorkPool     *WorkPool          `json:"workPool"` // nil when there is none, or it cannot be read
	FlowRunTasks []FlowRunTask      `json:"flowRunTasks"`
	Access       []provision.Change `json:"access"` // roles and secrets, as the plan of a bootstrap has them
	Drift        []provision.Change `json:"drift"`  // what a bootstrap would change
	Activity     *Activity          `json:"activity,omitempty"`
	// Planned: Access, Drift and Cost could be told.
	Planned bool            `json:"planned"`
	Cost    *provision.Cost `json:"cost,omitempty"`
}

// statusReader collects a Status from several sides at once.
type statusReader struct {
	opts  Options
	said  spec.Spec // recalled
	spec  spec.Spec // the same with defaults
	image string    // that the service runs
	line  string    // the command line of a bootstrap
	now   time.Time

	mu     sync.Mutex
	out    Status
	report serviceReport
}

// ReadStatus looks at everything once. What cannot be read is a problem of the Status; an
// error means that nothing can be said, as without credentials.
func ReadStatus(ctx context.Context, opts Options) (*Status, error) {
	ctx = onelook.Begin(ctx)
	opts.Policy, opts.SecretsUnread = provision.PolicyStatus, true
	if api := opts.Clients.Prefect; api != nil {
		go func() { _, _ = api.ReadWorkPool(ctx, opts.Spec.Pool) }() // which are asked for once it is their turn
		go func() { _, _ = api.ServerVersion(ctx) }()
	}
	id, err := provision.WhoAmI(ctx, opts.Clients)
	if err != nil {
		return nil, err
	}
	recalled, err := provision.Recall(ctx, opts.Options)
	if err != nil {
		return nil, err
	}
	if !recalled.Known {
		return nil, provision.NoSuchPool(ctx, opts.Clients.Prefect, opts.Spec.Pool)
	}
	r := &statusReader{opts: opts, said: recalled.Spec, image: recalled.Image, line: opts.Bootstrap(recalled.Spec),
		now: time.Now()}
	r.spec = recalled.Spec.WithDefaults()
	r.out = Status{Identity: id, Pool: r.spec.Pool, Server: opts.Server.APIURL, Cluster: ShortName(r.spec.Cluster),
		Time: r.now.UTC()}
	var group errgroup.Group
	for _, read := range []func(context.Context){r.readPlan, r.readService, r.readPrefect, r.readFlowRunTasks,
		r.readNetwork} {
		group.Go(func() error { read(ctx); return nil })
	}
	_ = group.Wait() // each notes its own failure as a problem
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	r.judge()
	return &r.out, nil
}

// WatchStatus looks again and again, with interval between, until ctx ends.
func WatchStatus(ctx context.Context, opts Options, interval time.Duration, show func(*Status) error) error {
	for {
		status, err := ReadStatus(ctx, opts)
		if err == nil {
			err = show(status)
		}
		if err == nil {
			err = pause.For(ctx, interval)
		}
		if err != nil {
			return err
		}
	}
}

// unread is that something could not be looked at.
func (r *statusReader) unread(about About, err error) {
	named := provision.NameStatements(r.opts.Policy, r.spec, r.out.Identity, r.opts.Server, err)
	r.add(problemOf(about, named))
}

// add notes a problem; the readers run at the same time.
func (r *statusReader) add(p Problem) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.out.Problems = append(r.out.Problems, p)
}

// judge draws conclusions from what all sides have told.
func (r *statusReader) judge() {
	out := &r.out
	out.Problems = append(out.Problems, r.serviceProblems()...)
	out.Problems = append(out.Problems, r.workerProblems()...)
	out.Problems = append(out.Problems, r.lateProblems()...)
	sortProblems(out.Problems)
	// ONLINE before OFFLINE
	slices.SortStableFunc(out.Workers, func(a, b Worker) int { return strings.Compare(b.Status, a.Status) })
	out.fillLists()
	out.Healthy = true
	for _, p := range out.Problems {
		out.Healthy = out.Healthy && p.Severity != Fail
	}
}

// fillLists makes empty lists [] rather than null in JSON.
func (s *Status) fillLists() {
	orEmpty(&s.Problems)
	orEmpty(&s.Workers)
	orEmpty(&s.FlowRunTasks)
	orEmpty(&s.Access)
	orEmpty(&s.Drift)
}

func orEmpty[T any](list *[]T) {
	if *list == nil {
		*list = []T{}
	}
}

func age(now, then time.Time) time.Duration { return now.Sub(then).Round(time.Second) }

// ShortName is the last part of an ARN.
func ShortName(nameOrARN string) string {
	return nameOrARN[strings.LastIndex(nameOrARN, "/")+1:]
}
