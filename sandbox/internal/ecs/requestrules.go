package ecs

import (
	"regexp"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	api "github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
)

const (
	maxProviders = 20
	maxWeight    = 1000
	maxBase      = 100000
)

var startedBySyntax = regexp.MustCompile(`^[a-zA-Z0-9/_-]*$`)

// checkStrategy holds a capacity provider strategy against its rules.
func checkStrategy(strategy []types.CapacityProviderStrategyItem) error {
	if len(strategy) > maxProviders {
		return invalid("A capacity provider strategy can have at most %d providers.", maxProviders)
	}
	weights, bases, onFargate := false, 0, 0
	for _, item := range strategy {
		if item.Weight < 0 || item.Weight > maxWeight || item.Base < 0 || item.Base > maxBase {
			return invalid("Weights are 0 to %d and bases 0 to %d.", maxWeight, maxBase)
		}
		weights = weights || item.Weight > 0
		if item.Base > 0 {
			bases++
		}
		if strings.HasPrefix(aws.ToString(item.CapacityProvider), "FARGATE") {
			onFargate++
		}
	}
	switch {
	case len(strategy) > 1 && !weights:
		return invalid("At least one capacity provider must have a weight greater than zero.")
	case bases > 1:
		return invalid("Only one capacity provider in a strategy can have a base defined.")
	case onFargate > 0 && onFargate < len(strategy):
		return invalid("A strategy cannot contain a mix of Fargate and Auto Scaling group capacity providers.")
	}
	return nil
}

// checkOverrideValues holds overrides against the rules of their values.
func checkOverrideValues(o *types.TaskOverride, onInstance bool) error {
	if o == nil {
		return nil
	}
	if s := o.EphemeralStorage; s != nil && (s.SizeInGiB < 21 || s.SizeInGiB > 200) {
		return invalid("Invalid 'ephemeralStorage' override: the size must be between 21 and 200 GiB.")
	}
	for _, c := range o.ContainerOverrides {
		for _, e := range c.Environment {
			if aws.ToString(e.Name) == "" {
				return invalid("Environment variable name should not be null or empty in container override '%s'.",
					aws.ToString(c.Name))
			}
		}
		if !onInstance && countGPUs(c.ResourceRequirements) > 0 {
			return invalid("GPU is not supported on Fargate, in container override '%s'.", aws.ToString(c.Name))
		}
	}
	return nil
}

// checkRunExec refuses ECS Exec without a task role: the definition's, or that of the overrides.
func checkRunExec(td *taskDefinition, in *api.RunTaskInput) error {
	if in.Overrides != nil && aws.ToString(in.Overrides.TaskRoleArn) != "" {
		return nil
	}
	return checkExec(in.EnableExecuteCommand, td, "started")
}
