package wizard

import (
	"context"
	"fmt"
	"maps"
	"reflect"
	"strings"

	"ecsctl/commands/inputs"
	"ecsctl/commands/wizard/prompt"
	"ecsctl/provision/spec"
)

// What instances there are to choose from.
const (
	anyInstances  = "any"
	gpuInstances  = "gpu"
	asTheyAre     = "as they are"
	gpuVariable   = "resource_requirements"
	atLeastOneGPU = "1-"
)

// instancesStep asks what instances ECS may start, where bootstrap makes their capacity provider.
func instancesStep() step {
	return step{title: "Instances", given: func(w *wizard) bool {
		return !w.spec.FlowRuns.Instances.IsZero() || w.spec.FlowRuns.CapacityProvider != ""
	}, decided: func(w *wizard) (string, bool) { return "", !w.spec.MakesProvider() }, ask: askInstances}
}

func askInstances(ctx context.Context, w *wizard) (string, error) {
	now := w.spec.FlowRuns.Instances
	q := prompt.Question{
		Title: "What instances may ECS start?", Default: []string{anyInstances},
		Help: "It starts them when runs wait, puts several runs on one, and ends them when they are idle. A run asks " +
			"for GPUs by itself: by a default of the pool, or a job variable of its deployment.",
		Options: []prompt.Option{
			{Label: "what ECS chooses  the cheapest on which the runs fit", Value: anyInstances},
			{Label: "with GPUs  and each run gets one", Value: gpuInstances},
		},
	}
	switch {
	case wantsOneGPU(w.spec.FlowRuns):
		q.Default = []string{gpuInstances}
	case !now.IsZero():
		q.Default = []string{asTheyAre}
		q.Options = append(q.Options, prompt.Option{Label: describeInstances(now), Value: asTheyAre})
	}
	q.Options = append(q.Options, prompt.Option{Label: "instance types that you name", Value: otherValue})
	value, err := w.choose(ctx, choice{Question: q, Other: w.instanceTypesQuestion()})
	if err != nil {
		return "", err
	}
	f := &w.spec.FlowRuns
	switch value {
	case asTheyAre:
		return describeInstances(now), nil
	case q.Default[0]: // what was said of it stays
	case anyInstances:
		f.Instances, f.JobVariables = spec.Instances{}, withoutGPU(*f)
	case gpuInstances:
		f.Instances = spec.Instances{GPUs: atLeastOneGPU}
		f.JobVariables = maps.Clone(f.JobVariables)
		if f.JobVariables == nil {
			f.JobVariables = map[string]any{}
		}
		f.JobVariables[gpuVariable] = oneGPU()
	default:
		f.Instances, f.JobVariables = spec.Instances{Types: instanceTypes(value)}, withoutGPU(*f)
	}
	if f.Instances.IsZero() {
		return "what ECS chooses", nil
	}
	return describeInstances(f.Instances), nil
}

// instanceTypesQuestion is for those who know what they want. --help has the other requirements.
func (w *wizard) instanceTypesQuestion() prompt.Question {
	types := w.spec.FlowRuns.Instances.Types
	return prompt.Question{
		Title: "Instance types",
		Help: "Separate several with commas; * stands for anything, as in g5.*. There are more flags: " +
			"--instance-vcpus, --instance-memory.",
		Check: func(v []string) error {
			next := w.specWithDefaults()
			next.FlowRuns.Instances = spec.Instances{Types: instanceTypes(v[0])}
			return next.Validate()
		},
		Default: inputs.UnlessZero(len(types), strings.Join(types, ",")),
	}
}

func instanceTypes(text string) []string {
	return strings.FieldsFunc(text, func(r rune) bool { return r == ',' || r == ' ' })
}

// oneGPU is the value of gpuVariable, as JSON has it, by which each run gets a GPU of its own.
func oneGPU() any { return []any{map[string]any{"type": "GPU", "value": "1"}} }

// wantsOneGPU reports whether the wizard's answer for GPUs stands.
func wantsOneGPU(f spec.FlowRuns) bool {
	return reflect.DeepEqual(f.Instances, spec.Instances{GPUs: atLeastOneGPU}) &&
		reflect.DeepEqual(f.JobVariables[gpuVariable], oneGPU())
}

// withoutGPU takes the wizard's own answer for GPUs back.
func withoutGPU(f spec.FlowRuns) map[string]any {
	if !wantsOneGPU(f) {
		return f.JobVariables
	}
	return without(f.JobVariables, gpuVariable)
}

// describeInstances is what was said of instances.
func describeInstances(i spec.Instances) string {
	var words []string
	add := func(name, value string) {
		if value != "" {
			words = append(words, name+" "+value)
		}
	}
	add("types", strings.Join(i.Types, ", "))
	add("vCPUs", i.VCPUs)
	add("MiB", i.Memory)
	add("GPUs", i.GPUs)
	add("accelerators", strings.Join(i.Accelerators, ", "))
	add("CPUs of", strings.Join(i.CPUManufacturers, ", "))
	if i.Storage != 0 {
		add("GiB of storage", fmt.Sprint(i.Storage))
	}
	return strings.Join(words, "; ")
}
