package provision

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"

	"golang.org/x/sync/errgroup"
)

// Kind names a kind of resource in plans.
type Kind string

// The kinds, in the order in which plans list them.
const (
	KindVPC               Kind = "vpc"
	KindSubnet            Kind = "subnet"
	KindSecurityGroup     Kind = "security-group"
	KindCluster           Kind = "cluster"
	KindExecutionRole     Kind = "execution-role"
	KindWorkerRole        Kind = "worker-role"
	KindFlowRole          Kind = "flow-role"
	KindFlowExecutionRole Kind = "flow-execution-role"
	// These are for Managed Instances.
	KindInfrastructureRole Kind = "infrastructure-role"
	KindInstanceRole       Kind = "instance-role"
	KindInstanceProfile    Kind = "instance-profile"
	KindCapacityProvider   Kind = "capacity-provider"
	KindLogGroup           Kind = "log-group"
	KindFlowRepository     Kind = "flow-repository"
	KindRepository         Kind = "repository"
	KindImage              Kind = "image"
	KindBucket             Kind = "bucket"
	KindAPIKeySecret       Kind = "api-key-secret"
	KindAuthStringSecret   Kind = "auth-string-secret"
	KindDeadLetterQueue    Kind = "dead-letter-queue"
	KindQueue              Kind = "queue"
	KindRule               Kind = "event-rule"
	KindTaskDefinition     Kind = "task-definition"
	KindWorkPool           Kind = "work-pool"
	KindService            Kind = "service"
	KindTask               Kind = "task"
)

// Action is what a plan does with a resource.
type Action string

// The actions. Adopt means found and checked, never changed and never deleted;
// leave means that teardown does not touch it.
const (
	Create Action = "create"
	Update Action = "update"
	Adopt  Action = "adopt"
	None   Action = "none"
	Delete Action = "delete"
	Leave  Action = "leave"
)

// Values are all actions.
func (Action) Values() []string {
	return []string{string(Create), string(Update), string(Adopt), string(None), string(Delete), string(Leave)}
}

// Change is what a plan does with one resource, and why.
type Change struct {
	Kind   Kind    `json:"kind"`
	Name   string  `json:"name"`
	Action Action  `json:"action"`
	ID     string  `json:"id,omitempty"` // ARN or id, as far as it is known
	Fields []Field `json:"fields,omitempty"`
	Reason string  `json:"reason,omitempty"`
}

// writes reports whether the change writes something.
func (c Change) writes() bool { return c.Action == Create || c.Action == Update || c.Action == Delete }

// findable is something that may be there.
type findable interface {
	// find reads what is there. An error means that no plan can be made.
	find(ctx context.Context) error
}

// removable is something that teardown removes.
type removable interface {
	findable
	// remove says what teardown does with what find found.
	remove() Change
	// delete removes it. What is gone already is no error.
	delete(ctx context.Context) error
}

// resource is something that bootstrap keeps as the Spec says. Teardown removes all of
// them; an image goes with its repository.
type resource interface {
	findable
	// ref names the resource in plans, messages and dependencies.
	ref() (Kind, string)
	// needs lists the kinds that must be applied before this one.
	needs() []Kind
	// check refuses what was found when bootstrap can neither use nor change it.
	check() error
	// diff compares what find found with what the Spec wants. It makes no calls.
	diff() Change
	// apply makes the resource as wanted, from whatever state it is in, and returns
	// its ARN or id. It may be run again after a crash at any point.
	apply(ctx context.Context) (string, error)
	// forget drops what find found if it is ours, as if no bootstrap had been: for DesiredState.
	forget()
}

// findAll lets everything look for itself at the same time, in the group of what else is
// looked at. A group of its own would end by itself: what both need is read once, with the
// context of whoever comes first, and would tell the other of an interrupt in place of
// what went wrong.
func findAll[T findable](ctx context.Context, group *errgroup.Group, resources []T) {
	for _, r := range resources {
		group.Go(func() error { return r.find(ctx) })
	}
}

// Applied is what a step did.
type Applied struct {
	Kind    Kind    `json:"kind"`
	Name    string  `json:"name"`
	Action  Action  `json:"action"`
	ID      string  `json:"id,omitempty"`
	Seconds float64 `json:"seconds"`
}

// Progress hears of each step. Calls come one at a time.
type Progress interface {
	// Start is called before a step.
	Start(kind Kind, name string, action Action)
	// Done is called after it; err is nil when it worked.
	Done(applied Applied, err error)
	// Note says something on the way, such as what is being waited for.
	Note(text string)
}

// step is one change together with what carries it out.
type step struct {
	change Change
	needs  []Kind
	run    func(ctx context.Context) (id string, err error)
	// came is what a run that succeeded has come to, if that may be other than planned; nil is the plan.
	came func() Action
}

// errSkipped marks a step that was not tried because one before it failed.
var errSkipped = errors.New("not tried, because something it needs failed")

// runSteps runs the steps, each when those it needs are done, independent ones at
// the same time. A failed step stops only what needs it; the error joins all.
func runSteps(ctx context.Context, steps []step, progress Progress) ([]Applied, error) {
	done := make([]chan struct{}, len(steps))
	failed := make([]error, len(steps))
	results := make([]Applied, len(steps))
	for i := range done {
		done[i] = make(chan struct{})
	}
	var wg sync.WaitGroup
	quiet := &serial{progress: progress}
	for i, s := range steps {
		wg.Go(func() {
			defer close(done[i])
			for j, other := range steps {
				if i == j || !slices.Contains(s.needs, other.change.Kind) {
					continue
				}
				<-done[j]
				if failed[j] != nil {
					failed[i] = errSkipped
				}
			}
			if failed[i] == nil {
				results[i], failed[i] = quiet.run(ctx, s)
			}
		})
	}
	wg.Wait()
	return collect(steps, results, failed)
}

func collect(steps []step, results []Applied, failed []error) ([]Applied, error) {
	var applied []Applied
	var errs []error
	for i, err := range failed {
		switch {
		case err == nil && results[i].Action == None:
		case err == nil:
			applied = append(applied, results[i])
		case !errors.Is(err, errSkipped):
			errs = append(errs, stepError(steps[i].change, err))
		}
	}
	return applied, errors.Join(errs...)
}

func stepError(c Change, err error) error {
	if c.Action == None {
		return err
	}
	return fmt.Errorf("%s %q: %w", c.Kind, c.Name, err)
}
