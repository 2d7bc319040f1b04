package provision_test

import (
	"context"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
	"github.com/aws/smithy-go/middleware"
	"github.com/google/go-cmp/cmp"

	"ecsctl/internal/hint"
	"ecsctl/internal/testkit/inventory"
	"ecsctl/provision"
	"ecsctl/provision/spec"
	"ecsctl/sandbox"
)

// planTeardown plans to remove the pool.
func (a *account) planTeardown(pool string) *provision.Teardown {
	a.t.Helper()
	options := a.options()
	options.Spec = spec.Spec{Pool: pool, Region: region}
	plan, err := provision.NewTeardown(a.t.Context(), provision.TeardownOptions{Options: options, Limit: patience})
	if err != nil {
		a.t.Fatalf("%v\nbelow it: %v", err, below(err))
	}
	return plan
}

// change is what a plan does with the one thing of a kind.
func change(t *testing.T, plan *provision.Teardown, kind provision.Kind) provision.Change {
	t.Helper()
	for _, c := range plan.Changes {
		if c.Kind == kind {
			c.ID = ""
			return c
		}
	}
	t.Fatalf("the plan has nothing of kind %s: %+v", kind, plan.Changes)
	return provision.Change{}
}

// apply carries the plan out and returns what was done with the cluster.
func (a *account) apply(plan *provision.Teardown) provision.Action {
	a.t.Helper()
	applied, err := plan.Apply(a.t.Context(), silence{})
	if err != nil {
		a.t.Fatalf("%v\nbelow it: %v", err, below(err))
	}
	left, err := plan.Left(a.t.Context())
	if err != nil {
		a.t.Fatal(err)
	}
	for _, c := range left {
		if c.Action != provision.Leave {
			a.t.Errorf("left: %+v", c)
		}
	}
	for _, c := range applied {
		if c.Kind == provision.KindCluster {
			return c.Action
		}
	}
	return provision.None
}

// makePool bootstraps a pool in the cluster "shared", with tags of its own.
func (a *account) makePool(pool string) {
	a.t.Helper()
	a.spec.Pool, a.spec.Cluster, a.spec.Tags = pool, "shared", map[string]string{"team": pool}
	a.bootstrap()
}

var twoAccounts = map[string]sandbox.Options{"at once": {}, "late": {Lag: 2}}

// Of two pools in the cluster that the first made, the first hands it on to the second, whose
// teardown removes it.
func TestClusterIsHandedOn(t *testing.T) {
	t.Parallel()
	for name, opts := range twoAccounts {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := newAccount(t, opts, 3)
			before := a.snapshot()
			a.makePool("second")
			second := a.seen()
			a.teardownOf("second")
			a.makePool("etl")
			a.makePool("second")
			plan := a.planTeardown("etl")
			want := provision.Change{
				Kind: provision.KindCluster, Name: "shared", Action: provision.Update,
				Reason: `work pool "second" runs in it too, and owns it from now on`,
				Fields: []provision.Field{{Path: "tags.ecsctl:pool", Before: "etl", After: "second"}},
			}
			if opts.Lag == 0 { // a service that is not seen yet is found when the cluster does not go
				if diff := cmp.Diff(want, change(t, plan, provision.KindCluster)); diff != "" {
					t.Errorf("(-want +got):\n%s", diff)
				}
			}
			if got := a.apply(plan); got != provision.Update {
				t.Errorf("the cluster: %s", got)
			}
			if diff := inventory.Diff(second, a.seen()); diff != "" {
				t.Errorf("what the second pool has (-want +got):\n%s", diff)
			}
			if changes := a.plan(); len(changes) != 0 {
				t.Errorf("the second pool lacks something: %q", changes)
			}
			a.teardownOf("second")
			a.sameAs(before)
		})
	}
}

// seen is the account with everything that was done.
func (a *account) seen() *inventory.Snapshot {
	a.t.Helper()
	a.server.SetLag(0)
	return a.snapshot()
}

func (a *account) sameAs(want *inventory.Snapshot) {
	a.t.Helper()
	if diff := inventory.Diff(want, a.seen()); diff != "" {
		a.t.Errorf("(-want +got):\n%s", diff)
	}
}

func (a *account) teardownOf(pool string) {
	a.t.Helper()
	a.apply(a.planTeardown(pool))
}

// A service of somebody who is no pool of ecsctl keeps the cluster, which stays the pool's own: once
// the service is gone, another teardown finds the cluster by its tag.
func TestClusterIsLeftToAServiceOfOthers(t *testing.T) {
	t.Parallel()
	a := newAccount(t, sandbox.Options{}, 3)
	before := a.snapshot()
	a.makePool("etl")
	api := a.source.ECS
	foreignService(t, a, "theirs")
	plan := a.planTeardown("etl")
	want := provision.Change{Kind: provision.KindCluster, Name: "shared", Action: provision.Leave,
		Reason: "services of others run in it: theirs"}
	if diff := cmp.Diff(want, change(t, plan, provision.KindCluster)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	a.apply(plan)
	if _, err := api.DeleteService(t.Context(), &ecs.DeleteServiceInput{Cluster: aws.String("shared"),
		Service: aws.String("theirs"), Force: aws.Bool(true)}); err != nil {
		t.Fatal(err)
	}
	if got := a.apply(a.planTeardown("etl")); got != provision.Delete {
		t.Errorf("the cluster: %s", got)
	}
	a.sameAs(before)
}

// foreignService makes a service of somebody else in the cluster "shared", of the worker's task definition.
func foreignService(t *testing.T, a *account, name string) {
	t.Helper()
	api := a.source.ECS
	worker, err := api.DescribeServices(t.Context(), &ecs.DescribeServicesInput{Cluster: aws.String("shared"),
		Services: []string{*family}})
	if err != nil {
		t.Fatal(err)
	}
	_, err = api.CreateService(t.Context(), &ecs.CreateServiceInput{Cluster: aws.String("shared"),
		ServiceName: aws.String(name), DesiredCount: aws.Int32(0), LaunchType: types.LaunchTypeFargate,
		TaskDefinition:       worker.Services[0].TaskDefinition,
		NetworkConfiguration: worker.Services[0].NetworkConfiguration})
	if err != nil {
		t.Fatal(err)
	}
}

// Services of others that come or go after the plan was made count as they are when the cluster's turn comes.
func TestClusterGoesByWhatIsThere(t *testing.T) {
	t.Parallel()
	t.Run("another pool came", func(t *testing.T) {
		t.Parallel()
		a := newAccount(t, sandbox.Options{}, 3)
		a.makePool("etl")
		plan := a.planTeardown("etl")
		a.makePool("second")
		if got := a.apply(plan); got != provision.Update {
			t.Errorf("the cluster: %s", got)
		}
		if changes := a.plan(); len(changes) != 0 {
			t.Errorf("the second pool lacks something: %q", changes)
		}
	})
	t.Run("a service came", func(t *testing.T) {
		t.Parallel()
		a := newAccount(t, sandbox.Options{}, 3)
		a.makePool("etl")
		plan := a.planTeardown("etl")
		foreignService(t, a, "theirs")
		if got := a.apply(plan); got != provision.Leave {
			t.Errorf("the cluster: %s", got)
		}
	})
	for name, pools := range map[string]struct{ planned, meanwhile string }{
		"the other pool went":        {"etl", "second"},
		"it was handed on meanwhile": {"second", "etl"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := newAccount(t, sandbox.Options{}, 3)
			before := a.snapshot()
			a.makePool("etl")
			a.makePool("second")
			plan := a.planTeardown(pools.planned)
			a.teardownOf(pools.meanwhile)
			if got := a.apply(plan); got != provision.Delete {
				t.Errorf("the cluster: %s", got)
			}
			a.sameAs(before)
		})
	}
}

// The other pool's service goes in the very moment in which the cluster is handed on: that is said, and
// the teardown that is advised finds the cluster.
func TestClusterIsHandedOnTooLate(t *testing.T) {
	t.Parallel()
	a := newAccount(t, sandbox.Options{}, 3)
	before := a.snapshot()
	a.makePool("etl")
	a.makePool("second")
	var plan *provision.Teardown
	a.meanwhile("ecs:TagResource", func() { a.teardownOf("second") }, func() { plan = a.planTeardown("etl") })
	_, err := plan.Apply(t.Context(), silence{})
	want := `cluster "shared": it is that of work pool "second" now, whose own service has just gone`
	if err == nil || err.Error() != want {
		t.Errorf("got %v", err)
	}
	advice := []string{"remove it with `ecsctl teardown --pool second --cluster shared`"}
	if diff := cmp.Diff(advice, hint.Of(err)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	a.teardownOf("second")
	a.teardownOf("etl")
	a.sameAs(before)
}

// meanwhile does something right before the first call of an operation by the clients that are made in make.
func (a *account) meanwhile(operation string, do, make func()) {
	_, operation, _ = strings.Cut(operation, ":")
	plain := a.cfg
	defer func() { a.cfg = plain }()
	var once sync.Once
	first := func() {
		tapped := a.cfg
		a.cfg = plain
		do()
		a.cfg = tapped
	}
	a.cfg = plain.Copy()
	a.cfg.APIOptions = append(slices.Clone(plain.APIOptions), func(stack *middleware.Stack) error {
		return stack.Initialize.Add(middleware.InitializeMiddlewareFunc("meanwhile",
			func(ctx context.Context, in middleware.InitializeInput, next middleware.InitializeHandler) (
				middleware.InitializeOutput, middleware.Metadata, error,
			) {
				if middleware.GetOperationName(ctx) == operation {
					once.Do(first)
				}
				return next.HandleInitialize(ctx, in)
			}), middleware.After)
	})
	make()
}
