package provision

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"ecsctl/jobtemplate"
)

// gpuTypes are instance types with GPUs, or patterns of types that some of them match.
var gpuTypes = regexp.MustCompile(`^(\*|(g|gr|p)(\d.*|\*.*))$`)

// offersGPU reports whether an instance that meets requirements may have a GPU. Without any, ECS takes general-purpose
// instances, which have none (docs/aws-notes.md).
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

// noGPU is that a job asks for a GPU and the instances of the capacity provider that bootstrap makes have none.
func (w *world) noGPU(u jobtemplate.Uses, provider string) []string {
	if !u.GPU || !w.spec.MakesProvider() || offersGPU(requirements(w.spec.FlowRuns.Instances)) {
		return nil
	}
	return []string{fmt.Sprintf("a container asks for a GPU (resourceRequirements), and the instances of capacity "+
		"provider %q have none: choose others with --instance-gpus 1- or --instance-type, or take "+
		"resource_requirements out", provider)}
}

// publicOnInstance is that a task with a network of its own on an instance asks for a public address: ECS refuses it.
func publicOnInstance(u jobtemplate.Uses) []string {
	onInstance := u.LaunchType == string(types.LaunchTypeEc2) || slices.ContainsFunc(u.Providers, func(p string) bool {
		return !strings.HasPrefix(p, "FARGATE") // all others have instances
	})
	// Without a network configuration a worker, ours or the official one, asks for an address.
	if !onInstance || u.NetworkMode != string(types.NetworkModeAwsvpc) || !u.PublicIP && len(u.Subnets) > 0 {
		return nil
	}
	return []string{"a task on an instance cannot have a public IP address, and with network mode awsvpc it is asked " +
		"for: set network_configuration with assignPublicIp DISABLED and subnets that have a route to a NAT gateway, " +
		"or use network mode bridge"}
}
