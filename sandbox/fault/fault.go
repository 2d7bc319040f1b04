// Package fault has faults and quotas that the sandbox can be told to have, and how they are written.
package fault

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

// Kind is what goes wrong.
type Kind int

// The kinds of faults. Errors carry the code that the called service itself uses.
const (
	Throttle     Kind = iota + 1 // too many requests
	ServerError                  // the service's internal error, HTTP 500
	AccessDenied                 // the caller may not
	ExpiredToken                 // the caller's credentials are too old
	Latency                      // nothing but Fault.Latency
	DropBefore                   // the connection ends, nothing was done
	DropAfter                    // the connection ends, the work was done
	Chaos                        // one of Throttle, ServerError, DropBefore, DropAfter, drawn by Fault.Seed
	Capacity                     // ECS has no room for the task
	Spot                         // a running task of FARGATE_SPOT is interrupted
	PullFailure                  // a task's image cannot be pulled
	Unseen                       // ECS does not see a role or a task yet
	Limit                        // a quota that no waiting raises is used up
	Conflict                     // IAM is writing the same thing, or ECS still sees a deleted service in its cluster
	Unfiltered                   // a list ignores its filters and prefixes, as emulators do, and has all there is
	TagPolicy                    // a tag policy of the organization does not allow the value of Fault.Tag
)

// What is not a call of an API can be an operation of a fault all the same.
const (
	// TaskOperation stands for the tasks of "ecs". Latency is spent pulling the image. With
	// Unseen, which is not used up, ECS does not know a task that is younger than Fault.Latency.
	TaskOperation = "Task"
	// ServiceOperation stands for what the services of "ecs" start by themselves.
	ServiceOperation = "Service"
	// RoleOperation stands for the roles of "iam": with Unseen ECS refuses so many calls that
	// name a role, and with Latency it does not see a role that is younger than that, which is
	// not used up.
	RoleOperation = "Role"
	// LinkedRoleOperation stands for the service-linked role of ECS in "iam": with Unseen ECS
	// refuses so many calls that need it. With all of them the account has none.
	LinkedRoleOperation = "ServiceLinkedRole"
	// ProviderOperation stands for what "ecs" does to make or change a capacity provider of Managed Instances after it
	// has taken the call: with ServerError it fails, and the provider's update status says so.
	ProviderOperation = "CapacityProvider"
	// PrefectService stands for the played Prefect API, which is hit only when it
	// is named. Its operations are METHOD/path, such as
	// "POST/flow_runs/{id}/set_state".
	PrefectService = "prefect"
)

// Fault is something that goes wrong with matching calls.
type Fault struct {
	Service   string // "" is any of AWS; "*" in it is anything of AWS
	Operation string // "" is any; "*" in it is anything
	Skip      int    // that many matching calls pass first
	Times     int    // how many calls it hits; 0 is one, or all with a Rate, negative is all
	Kind      Kind

	// Latency is waited before the call is looked at, with any kind. Those of several
	// faults of the kind Latency add up, and hide no other fault.
	Latency   time.Duration
	LatencyTo time.Duration // not 0: drawn evenly between Latency and this
	Random    bool          // drawn from the exponential distribution whose mean is Latency

	// Rate is the share of the matching calls that it hits; 0 is all. Seed decides which:
	// the n-th call of an operation fares the same each time, whatever else is called.
	Rate float64
	Seed uint64

	Reason  Reason        // of Capacity
	Tag     string        // of TagPolicy: the key of the tag
	After   time.Duration // of Spot: how long the task runs before the interruption
	Warning time.Duration // of Spot: from SIGTERM to SIGKILL at most; 0 is what the task's stopTimeout says
}

// normal fills in how often.
func (f Fault) normal() Fault {
	switch {
	case f.Times == 0 && f.Rate > 0:
		f.Times = -1
	case f.Times == 0:
		f.Times = 1
	}
	return f
}

// check refuses a fault that can never take effect.
func (f Fault) check() error {
	switch f.Kind {
	case Spot, PullFailure:
		if f.Operation != TaskOperation {
			return fmt.Errorf("%s is for ecs:%s", f.Kind, TaskOperation)
		}
	case Capacity:
		if !matches(f.Operation, "RunTask") && !matches(f.Operation, ServiceOperation) {
			return fmt.Errorf("%s is for ecs:RunTask and ecs:%s", f.Kind, ServiceOperation)
		}
	case Limit:
		if !Limited(f.Service) {
			return fmt.Errorf("%s is for one of %s", f.Kind, strings.Join(slices.Sorted(maps.Keys(Limits)), ", "))
		}
	case TagPolicy:
		if f.Tag == "" {
			return fmt.Errorf("%s needs tag=KEY", f.Kind)
		}
	case Conflict:
		if f.Service != "iam" && (f.Service != "ecs" || f.Operation != "DeleteCluster") {
			return fmt.Errorf("%s is for calls of iam and for ecs:DeleteCluster", f.Kind)
		}
	case Unseen:
		if f.Operation == TaskOperation && f.Latency == 0 {
			return fmt.Errorf("%s of ecs:%s needs latency=DURATION", f.Kind, TaskOperation)
		}
		if f.Operation != RoleOperation && f.Operation != LinkedRoleOperation && f.Operation != TaskOperation {
			return fmt.Errorf("%s is for iam:%s, iam:%s and ecs:%s", f.Kind, RoleOperation, LinkedRoleOperation,
				TaskOperation)
		}
	case Latency:
		if f.Latency == 0 && f.LatencyTo == 0 {
			return errors.New("it needs latency=DURATION")
		}
	default:
		if f.Operation == TaskOperation || f.Operation == ServiceOperation || f.Operation == RoleOperation ||
			f.Operation == LinkedRoleOperation {
			return fmt.Errorf("%s is for calls, and %s is none", f.Kind, f.Operation)
		}
	}
	if f.Kind == Latency && (f.Operation == ServiceOperation || f.Operation == LinkedRoleOperation) {
		return fmt.Errorf("%s is for calls, ecs:%s and iam:%s", f.Kind, TaskOperation, RoleOperation)
	}
	return nil
}
