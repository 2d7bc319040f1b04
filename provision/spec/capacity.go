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
)

// Capacities are all of them.
var Capacities = []string{CapacityFargate, CapacityFargateSpot, CapacityEC2}

const (
	launchTypeVariable = "launch_type"
	strategyVariable   = "capacity_provider_strategy"
)

var launchTypeOf = map[string]string{
	CapacityFargate: "FARGATE", CapacityFargateSpot: "FARGATE_SPOT", CapacityEC2: "EC2",
}

// LaunchesAs is the launch type that the Spec gives flow runs; "" is that of the pool.
func (f FlowRuns) LaunchesAs() string {
	if kind := launchTypeOf[f.Capacity]; kind != "" {
		return kind
	}
	return f.LaunchType
}

// CapacityVariables are the defaults of the pool that make its flow runs use the capacity. With a strategy the launch
// type still says for what the worker writes a task definition: EC2's has sizes on the container.
func (f FlowRuns) CapacityVariables() map[string]any {
	if f.Capacity == "" {
		return nil
	}
	strategy := []any{}
	if f.CapacityProvider != "" {
		strategy = append(strategy, map[string]any{"capacityProvider": f.CapacityProvider, "weight": 1})
	}
	return map[string]any{launchTypeVariable: f.LaunchesAs(), strategyVariable: strategy}
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
	case f.Capacity != CapacityEC2 && f.CapacityProvider != "":
		errs = append(errs, fmt.Errorf("capacity-provider %q goes with capacity ec2", f.CapacityProvider))
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
	if _, named := f.JobVariables[strategyVariable]; named && f.Capacity != "" {
		errs = append(errs, fmt.Errorf("capacity and job variable %q say the same in two ways: give one of the two",
			strategyVariable))
	}
	return errs
}
