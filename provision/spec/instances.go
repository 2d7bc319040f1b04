package spec

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// Instances say what EC2 instances ECS may choose for CapacityManagedInstances. Empty means what ECS takes by itself:
// the cheapest general-purpose instance that the waiting tasks fit on.
type Instances struct {
	// Types are instance types that may be taken, with * as wildcard, such as g5.*; the other fields narrow them down.
	Types []string `yaml:"types,omitempty" json:"types,omitempty"`
	// VCPUs, Memory (MiB) and GPUs are ranges: 4 is exactly 4, 4- at least, 4-16 from 4 to 16.
	VCPUs  string `yaml:"vcpus,omitempty" json:"vcpus,omitempty"`
	Memory string `yaml:"memory,omitempty" json:"memory,omitempty"`
	GPUs   string `yaml:"gpus,omitempty" json:"gpus,omitempty"`
	// Accelerators are names of GPUs or other accelerators that may be taken, such as a10g.
	Accelerators []string `yaml:"accelerators,omitempty" json:"accelerators,omitempty"`
	// CPUManufacturers are those of CPUManufacturers.
	CPUManufacturers []string `yaml:"cpuManufacturers,omitempty" json:"cpuManufacturers,omitempty"`
	// Storage is the data volume's size in GiB, for images and what tasks write.
	Storage int `yaml:"storage,omitempty" json:"storage,omitempty"`
}

// CPUManufacturers are those that instances can be chosen by (API_InstanceRequirementsRequest).
var CPUManufacturers = []string{"intel", "amd", "amazon-web-services"}

// IsZero reports whether nothing is chosen.
func (i Instances) IsZero() bool {
	return len(i.Types)+len(i.Accelerators)+len(i.CPUManufacturers)+i.Storage == 0 && i.VCPUs+i.Memory+i.GPUs == ""
}

// Range is a number of something from Min to Max; Max 0 is no limit.
type Range struct{ Min, Max int }

var rangeSyntax = regexp.MustCompile(`^(\d{1,9})(-(\d{0,9}))?$`)

// ParseRange reads a range as Instances have it.
func ParseRange(text string) (Range, error) {
	m := rangeSyntax.FindStringSubmatch(text)
	if m == nil {
		return Range{}, fmt.Errorf("%q is no range: write 4, 4- (at least) or 4-16", text)
	}
	var r Range
	r.Min, _ = strconv.Atoi(m[1]) // digits alone
	r.Max, _ = strconv.Atoi(m[3])
	if m[2] == "" {
		r.Max = r.Min
	}
	if r.Min == 0 || m[3] != "" && r.Max < r.Min {
		return Range{}, fmt.Errorf("%q is no range: it begins with at least 1 and ends no lower", text)
	}
	return r, nil
}

// instanceType is what AWS takes as an allowed instance type (API_InstanceRequirementsRequest).
var instanceType = newNameRule(`[a-zA-Z0-9.*-]`, 30)

func (i Instances) check() []error {
	var errs []error
	for _, r := range []struct{ flag, text string }{
		{"instance-vcpus", i.VCPUs}, {"instance-memory", i.Memory}, {"instance-gpus", i.GPUs},
	} {
		if r.text == "" {
			continue
		}
		if _, err := ParseRange(r.text); err != nil {
			errs = append(errs, fmt.Errorf("%s %w", r.flag, err))
		}
	}
	for _, name := range i.Types {
		if !instanceType.MatchString(name) {
			errs = append(errs, fmt.Errorf("instance-type %q: AWS does not allow this name (it must match %s)", name,
				instanceType))
		}
	}
	for _, name := range i.Accelerators {
		if strings.TrimSpace(name) == "" {
			errs = append(errs, errors.New("instance-accelerator: a name is empty"))
		}
	}
	for _, name := range i.CPUManufacturers {
		errs = append(errs, oneOf("instance-cpu-manufacturer", name, CPUManufacturers...)...)
	}
	if i.Storage < 0 || i.Storage > 16384 {
		errs = append(errs, fmt.Errorf("instance-storage %d: a volume has 1 to 16384 GiB", i.Storage))
	}
	return errs
}

// Sorted has what are sets in order.
func (i Instances) Sorted() Instances {
	i.Types, i.Accelerators = slices.Sorted(slices.Values(i.Types)), slices.Sorted(slices.Values(i.Accelerators))
	i.CPUManufacturers = slices.Sorted(slices.Values(i.CPUManufacturers))
	return i
}
