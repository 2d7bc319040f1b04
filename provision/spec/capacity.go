package spec

import (
	"errors"
	"fmt"
	"slices"
)

// Values of FlowRuns.Capacity.
const (
	CapacityFargate     = "fargate"
	CapacityFargateSpot = "fargate-spot"
	CapacityEC2         = "ec2"

	// CapacityManagedInstances are Amazon ECS Managed Instances: EC2 instances that ECS starts and ends.
	CapacityManagedInstances = "managed-instances"
)

// Capacities are all of them.
var Capacities = []string{CapacityFargate, CapacityFargateSpot, CapacityManagedInstances, CapacityEC2}

// StrategyVariable is the job variable with a strategy of capacity providers.
const StrategyVariable = "capacity_provider_strategy"

const (
	launchTypeVariable      = "launch_type"
	networkModeVariable     = "network_mode"
	compatibilitiesVariable = "requires_compatibilities"
)

var launchTypeOf = map[string]string{
	CapacityFargate: "FARGATE", CapacityFargateSpot: "FARGATE_SPOT", CapacityEC2: "EC2",
	CapacityManagedInstances: "EC2", // a definition with the size on the container, as GPUs and big sizes need it
}

// LaunchesAs is the launch type that the Spec gives flow runs; "" is that of the pool.
func (f FlowRuns) LaunchesAs() string {
	if kind := launchTypeOf[f.Capacity]; kind != "" {
		return kind
	}
	return f.LaunchType
}

// ManagesInstances reports whether flow runs use Managed Instances.
func (f FlowRuns) ManagesInstances() bool { return f.Capacity == CapacityManagedInstances }

// MakesProvider reports whether bootstrap makes a capacity provider of Managed Instances.
func (s Spec) MakesProvider() bool {
	return s.FlowRuns.ManagesInstances() && s.FlowRuns.CapacityProvider == ""
}

// StrategyProvider is the capacity provider that flow runs use by the Spec's capacity; "" is none, or Fargate's.
func (s Spec) StrategyProvider() string {
	if s.MakesProvider() {
		return s.Names.CapacityProvider
	}
	return s.FlowRuns.CapacityProvider
}

// CapacityVariables are the defaults of the pool that make its flow runs use the capacity. With a strategy the launch
// type still says for what the worker writes a task definition: EC2's has sizes on the container. Managed Instances
// take only definitions that name a network mode of theirs.
func (s Spec) CapacityVariables() map[string]any {
	if s.FlowRuns.Capacity == "" {
		return nil
	}
	strategy := []any{}
	if name := s.StrategyProvider(); name != "" {
		strategy = append(strategy, map[string]any{"capacityProvider": name, "weight": 1})
	}
	out := map[string]any{launchTypeVariable: s.FlowRuns.LaunchesAs(), StrategyVariable: strategy}
	if s.FlowRuns.ManagesInstances() {
		out[networkModeVariable], out[compatibilitiesVariable] = "awsvpc", []any{"MANAGED_INSTANCES"}
	}
	return out
}

func (f FlowRuns) checkCapacity() []error {
	var errs []error
	if f.Capacity != "" {
		errs = append(errs, oneOf("capacity", f.Capacity, Capacities...)...)
	}
	switch {
	case f.Capacity == CapacityEC2 && f.CapacityProvider == "":
		errs = append(errs, errors.New("capacity ec2: name the capacity provider of your Auto Scaling group with "+
			"capacity-provider"))
	case f.Capacity != CapacityEC2 && !f.ManagesInstances() && f.CapacityProvider != "":
		errs = append(errs, fmt.Errorf("capacity-provider %q goes with capacity ec2 or managed-instances",
			f.CapacityProvider))
	case f.CapacityProvider != "" && !ECSName.MatchString(f.CapacityProvider):
		errs = append(errs, fmt.Errorf("capacity-provider %q: a name has letters, digits, - and _, 255 at most",
			f.CapacityProvider))
	case slices.Contains([]string{"FARGATE", "FARGATE_SPOT"}, f.CapacityProvider):
		errs = append(errs, fmt.Errorf("capacity-provider %s is Fargate's: use capacity fargate or fargate-spot",
			f.CapacityProvider))
	}
	if f.Capacity != "" && f.LaunchType != "" {
		errs = append(errs, errors.New(
			"capacity and flow-run-launch-type say the same in two ways: give one of the two"))
	}
	switch {
	case f.Instances.IsZero():
	case !f.ManagesInstances():
		errs = append(errs, errors.New("what instances flow runs get (instance-type and the like) goes with capacity "+
			"managed-instances"))
	case f.CapacityProvider != "":
		errs = append(errs, fmt.Errorf("capacity-provider %q is yours and is not changed: say there what instances it "+
			"has, or leave it out", f.CapacityProvider))
	}
	errs = append(errs, f.Instances.check()...)
	if _, named := f.JobVariables[StrategyVariable]; named && f.Capacity != "" {
		errs = append(errs, fmt.Errorf("capacity and job variable %q say the same in two ways: give one of the two",
			StrategyVariable))
	}
	return errs
}
