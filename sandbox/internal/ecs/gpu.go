package ecs

import (
	"regexp"
	"slices"
	"strconv"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
)

// noGPU is why a task is not placed (ECS Developer Guide, "API failure reasons").
const noGPU = "RESOURCE:GPU"

// lacksGPU reports whether a task asks for GPUs and the instances that ECS may start for it have none. What instances
// an Auto Scaling group has is not known here: they have what is asked for.
func (spec taskSpec) lacksGPU() bool {
	return spec.managed != nil && spec.gpus() > 0 &&
		!offersGPU(spec.managed.api.ManagedInstancesProvider.InstanceLaunchTemplate.InstanceRequirements)
}

// gpus is how many the containers of a task reserve; an override takes the place of what the definition says.
func (spec taskSpec) gpus() int {
	sum := 0
	for _, c := range spec.definition.api.ContainerDefinitions {
		needs := c.ResourceRequirements
		if spec.overrides != nil {
			for _, o := range spec.overrides.ContainerOverrides {
				if aws.ToString(o.Name) == aws.ToString(c.Name) && len(o.ResourceRequirements) > 0 {
					needs = o.ResourceRequirements
				}
			}
		}
		sum += countGPUs(needs)
	}
	return sum
}

// onlyGPUs: a process that finds no GPU runs all the same, until it wants to use one.
func onlyGPUs(needs []types.ResourceRequirement) bool {
	return !slices.ContainsFunc(needs, func(r types.ResourceRequirement) bool {
		return r.Type != types.ResourceTypeGpu
	})
}

func countGPUs(needs []types.ResourceRequirement) int {
	sum := 0
	for _, need := range needs {
		if need.Type != types.ResourceTypeGpu {
			continue
		}
		n, err := strconv.Atoi(aws.ToString(need.Value))
		if err != nil {
			n = 1 // ALL
		}
		sum += n
	}
	return sum
}

// gpuTypes are instance types with GPUs, or patterns of types that some of them match.
var gpuTypes = regexp.MustCompile(`^(\*|(g|gr|p)(\d.*|\*.*))$`)

// offersGPU reports whether some instance that meets requirements may have a GPU. Without requirements ECS takes
// general-purpose instances (ECS Developer Guide, "Amazon ECS Managed Instances instance types").
func offersGPU(r *types.InstanceRequirementsRequest) bool {
	switch {
	case r == nil:
		return false
	case r.AcceleratorCount != nil && r.AcceleratorCount.Max != nil && *r.AcceleratorCount.Max == 0:
		return false
	case len(r.AcceleratorTypes) > 0 && !slices.Contains(r.AcceleratorTypes, types.AcceleratorTypeGpu):
		return false
	}
	return len(r.AllowedInstanceTypes) == 0 || slices.ContainsFunc(r.AllowedInstanceTypes, gpuTypes.MatchString)
}
