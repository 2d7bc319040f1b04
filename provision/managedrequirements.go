package provision

import (
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"ecsctl/provision/spec"
)

// requirements are AWS's form of what instances may be chosen; nil leaves the choice to ECS. AWS wants vCPUs and memory
// wherever there is anything.
func requirements(i spec.Instances) *types.InstanceRequirementsRequest {
	i = i.Sorted()
	i.Storage = 0
	if i.IsZero() {
		return nil
	}
	out := anyInstance()
	out.AllowedInstanceTypes = i.Types
	if r, given := rangeOf(i.VCPUs); given {
		out.VCpuCount = &types.VCpuCountRangeRequest{Min: minimum(r), Max: maximum(r)}
	}
	if r, given := rangeOf(i.Memory); given {
		out.MemoryMiB = &types.MemoryMiBRequest{Min: minimum(r), Max: maximum(r)}
	}
	if r, given := rangeOf(i.GPUs); given {
		out.AcceleratorCount = &types.AcceleratorCountRequest{Min: minimum(r), Max: maximum(r)}
		out.AcceleratorTypes = []types.AcceleratorType{types.AcceleratorTypeGpu}
	}
	for _, name := range i.Accelerators {
		out.AcceleratorNames = append(out.AcceleratorNames, types.AcceleratorName(name))
	}
	for _, name := range i.CPUManufacturers {
		out.CpuManufacturers = append(out.CpuManufacturers, types.CpuManufacturer(name))
	}
	return out
}

// anyInstance is no requirement, in a form that takes the place of another.
func anyInstance() *types.InstanceRequirementsRequest {
	return &types.InstanceRequirementsRequest{VCpuCount: &types.VCpuCountRangeRequest{Min: aws.Int32(1)},
		MemoryMiB: &types.MemoryMiBRequest{Min: aws.Int32(1)}}
}

func rangeOf(text string) (spec.Range, bool) {
	if text == "" {
		return spec.Range{}, false
	}
	r, err := spec.ParseRange(text)
	return r, err == nil // Validate has refused others
}

func minimum(r spec.Range) *int32 { return aws.Int32(int32(r.Min)) }

func maximum(r spec.Range) *int32 {
	if r.Max == 0 {
		return nil
	}
	return aws.Int32(int32(r.Max))
}

// requirementsOf shows requirements in one line, so that equal ones are equal: as far as a Spec can name them.
func requirementsOf(r *types.InstanceRequirementsRequest) string {
	if r == nil {
		return ""
	}
	var out []string
	add := func(name, value string) {
		if value != "" {
			out = append(out, name+" "+value)
		}
	}
	add("types", list(r.AllowedInstanceTypes))
	if c := r.VCpuCount; c != nil && (aws.ToInt32(c.Min) > 1 || c.Max != nil) {
		add("vcpus", showRange(c.Min, c.Max))
	}
	if c := r.MemoryMiB; c != nil && (aws.ToInt32(c.Min) > 1 || c.Max != nil) {
		add("memory", showRange(c.Min, c.Max))
	}
	if c := r.AcceleratorCount; c != nil {
		add("gpus", showRange(c.Min, c.Max))
	}
	add("accelerators", list(r.AcceleratorNames))
	add("accelerator types", list(r.AcceleratorTypes))
	add("cpu manufacturers", list(r.CpuManufacturers))
	add("without", list(r.ExcludedInstanceTypes))
	return strings.Join(out, "; ")
}

func list[T ~string](values []T) string {
	words := make([]string, len(values))
	for i, v := range values {
		words[i] = string(v)
	}
	slices.Sort(words)
	return strings.Join(words, ", ")
}

func showRange(low, high *int32) string {
	switch {
	case high == nil:
		return fmt.Sprintf("%d-", aws.ToInt32(low))
	case aws.ToInt32(low) == *high:
		return fmt.Sprint(*high)
	}
	return fmt.Sprintf("%d-%d", aws.ToInt32(low), *high)
}
