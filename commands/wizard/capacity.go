package wizard

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"

	"ecsctl/commands/inputs"
	"ecsctl/commands/wizard/prompt"
	"ecsctl/internal/awserr"
	"ecsctl/internal/fargate"
	"ecsctl/provision"
	"ecsctl/provision/spec"
)

// usualRun is the size of a flow run for which no other is set.
const usualRunCPU, usualRunMemory = 1024, 2048

// capacityStep asks where flow runs run. The worker stays on Fargate.
func capacityStep() step {
	return step{title: "Capacity", given: func(w *wizard) bool {
		f := w.spec.FlowRuns
		return f.Capacity != "" || f.LaunchType != "" || hasStrategy(f)
	}, ask: askCapacity}
}

// hasStrategy reports whether flow runs have a strategy of the user's own, which says where they run.
func hasStrategy(f spec.FlowRuns) bool {
	_, ok := f.JobVariables[spec.StrategyVariable]
	return ok
}

func askCapacity(ctx context.Context, w *wizard) (string, error) {
	q := prompt.Question{
		Title: "Where do flow runs run?", Default: []string{w.spec.FlowRuns.Capacity},
		Help: "The worker itself stays on Fargate, and deployments may say otherwise. " + w.aboutRunPrices(),
	}
	if !w.newPool {
		q.Options = []prompt.Option{{Label: "as the pool has it, which is Fargate unless somebody changed it"}}
	} else if q.Default[0] == "" {
		q.Default[0] = spec.CapacityFargate
	}
	for _, name := range spec.Capacities {
		q.Options = append(q.Options, prompt.Option{Label: name + "  " + w.aboutCapacity(name), Value: name})
	}
	value, err := w.ask(ctx, q)
	if err != nil {
		return "", err
	}
	if w.newPool {
		value = unless(value, spec.CapacityFargate)
	}
	w.takeCapacity(value)
	return cmp.Or(w.spec.FlowRuns.Capacity, q.Options[0].Value, "as the pool has it"), nil
}

// takeCapacity takes one of spec.Capacities, or "" for what stands. What says where flow runs run in another way, or
// more of another capacity, goes.
func (w *wizard) takeCapacity(value string) {
	f, standing := &w.spec.FlowRuns, w.given.FlowRuns
	if w.recalled {
		standing = w.was.FlowRuns
	}
	switch value {
	case f.Capacity:
		return
	case standing.Capacity:
		f.JobVariables, f.LaunchType = standing.JobVariables, standing.LaunchType
		f.CapacityProvider, f.Instances = standing.CapacityProvider, standing.Instances
	default:
		f.JobVariables, f.LaunchType = without(f.JobVariables, spec.StrategyVariable), ""
		f.CapacityProvider, f.Instances = w.given.FlowRuns.CapacityProvider, w.given.FlowRuns.Instances
	}
	f.Capacity = value
}

// without are the job variables but for one.
func without(variables map[string]any, name string) map[string]any {
	out := maps.Clone(variables)
	delete(out, name)
	return out
}

// aboutCapacity is a capacity in a few words, with its price where that is known.
func (w *wizard) aboutCapacity(name string) string {
	switch name {
	case spec.CapacityFargate:
		cpu, memory := w.runSize()
		dollars, _ := fargate.HourlyPrice(w.priceRegion(), w.specWithDefaults().Worker.Architecture, cpu, memory)
		return fmt.Sprintf("no instances to look after: $%.3f an hour", dollars)
	case spec.CapacityFargateSpot:
		return "cheaper; AWS may take a run back"
	case spec.CapacityManagedInstances:
		return "instances that ECS starts and ends: GPUs, big sizes"
	}
	return "instances of an Auto Scaling group of yours"
}

// runSize is that of a flow run on Fargate.
func (w *wizard) runSize() (cpu, memory int) {
	return cmp.Or(w.spec.FlowRuns.CPU, usualRunCPU), cmp.Or(w.spec.FlowRuns.Memory, usualRunMemory)
}

func (w *wizard) aboutRunPrices() string {
	cpu, memory := w.runSize()
	return fmt.Sprintf("Price: a run with %s and %s on demand in %s, %s. Spot's changes by the hour; instances cost "+
		"what EC2 and ECS take for them, whether runs use them or not.", vcpus(cpu), gigabytes(memory), w.priceRegion(),
		fargate.PricesOf)
}

// providerStep asks for the Auto Scaling group's capacity provider.
func providerStep() step {
	return step{title: "Provider", given: func(w *wizard) bool { return w.spec.FlowRuns.CapacityProvider != "" },
		decided: func(w *wizard) (string, bool) { return "", w.spec.FlowRuns.Capacity != spec.CapacityEC2 },
		ask:     askProvider}
}

func askProvider(ctx context.Context, w *wizard) (string, error) {
	current := w.spec.FlowRuns.CapacityProvider
	name := prompt.Question{
		Title: "Name of the capacity provider", Default: inputs.UnlessZero(current, current),
		Help: "That of your Auto Scaling group. It must be ACTIVE; a cluster that is made gets it.",
		Check: func(v []string) error {
			next := w.specWithDefaults()
			next.FlowRuns.CapacityProvider = v[0]
			return next.Validate()
		},
	}
	providers, err := look(ctx, w, "the capacity providers", func(ctx context.Context) ([]string, error) {
		return provision.GroupProviders(ctx, w.connection.Clients)
	})
	switch {
	case awserr.Denied(err):
		name.Help, err = denied("the capacity providers")+name.Help, nil
	case err == nil && len(providers) == 0:
		name.Help = "There is none in this region: make one of an Auto Scaling group, or go back. " + name.Help
	}
	if err != nil {
		return "", err
	}
	value := ""
	if len(providers) == 0 {
		value, err = w.ask(ctx, name)
	} else {
		q := prompt.Question{Title: "Capacity provider", Help: "That of the Auto Scaling group for flow runs.",
			Default: []string{providers[0]}, Options: append(plainOptions(providers),
				prompt.Option{Label: "another one, by its name", Value: otherValue})}
		switch {
		case slices.Contains(providers, current):
			q.Default[0] = current
		case current != "":
			q.Default[0] = otherValue
		}
		value, err = w.choose(ctx, choice{Question: q, Other: name})
	}
	if err != nil {
		return "", err
	}
	w.spec.FlowRuns.CapacityProvider = value
	return value, nil
}
