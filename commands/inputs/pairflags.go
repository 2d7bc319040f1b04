package inputs

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

	"ecsctl/commands/console"
	"ecsctl/provision/spec"
)

// tagFlag takes several tags between commas, too.
func tagFlag() SpecFlag {
	const name = "tag"
	return pairsFlag(name, func(s *spec.Spec) *map[string]string { return &s.Tags },
		func(c *cli.Context) []string { return c.StringSlice(name) },
		&cli.StringSliceFlag{Name: name, Usage: "`KEY=VALUE` to tag everything with; may be repeated", Category: InAWS,
			EnvVars: Env(name)})
}

// workerEnvFlag takes one variable each time: values may hold commas.
func workerEnvFlag() SpecFlag {
	const name = "worker-env"
	return pairsFlag(name, func(s *spec.Spec) *map[string]string { return &s.Worker.Env },
		func(c *cli.Context) []string { return Given(c, name) },
		&cli.GenericFlag{Name: name, Usage: "`NAME=VALUE` of the worker's container, no secret; may be repeated",
			Category: inWorker, EnvVars: Env(name), Value: &Repeated{}})
}

// pairsFlag sets a map.
func pairsFlag(name string, field func(*spec.Spec) *map[string]string, given func(*cli.Context) []string,
	flag cli.Flag) SpecFlag {
	return SpecFlag{
		Flag: flag,
		set: func(s *spec.Spec, c *cli.Context) error {
			values := map[string]string{}
			*field(s) = values
			return eachPair(name, given(c), func(key, value string) { values[key] = value })
		},
		values: func(s *spec.Spec) []string {
			var out []string
			for _, key := range slices.Sorted(maps.Keys(*field(s))) {
				out = append(out, key+"="+(*field(s))[key])
			}
			return out
		},
	}
}

func eachPair(name string, pairs []string, add func(key, value string)) error {
	for _, pair := range pairs {
		key, value, ok := strings.Cut(pair, "=")
		if !ok || key == "" {
			return console.Usagef("--%s %q is not of the form KEY=VALUE", name, pair)
		}
		add(key, value)
	}
	return nil
}

// jobVariableFlag takes values as JSON, and as text what is none.
func jobVariableFlag() SpecFlag {
	const name = "job-variable"
	return SpecFlag{
		Flag: &cli.GenericFlag{Name: name, Category: inFlowRuns, EnvVars: Env(name), Value: &Repeated{},
			Usage: "`NAME=VALUE` as a default of the pool's template, VALUE as JSON or text; may be repeated"},
		set: func(s *spec.Spec, c *cli.Context) error {
			values := map[string]any{}
			s.FlowRuns.JobVariables = values
			return eachPair(name, Given(c, name), func(key, text string) {
				var value any = text
				if json.Unmarshal([]byte(text), &value) != nil {
					value = text
				}
				values[key] = value
			})
		},
		values: func(s *spec.Spec) []string {
			var out []string
			for _, key := range slices.Sorted(maps.Keys(s.FlowRuns.JobVariables)) {
				out = append(out, key+"="+asJSON(s.FlowRuns.JobVariables[key]))
			}
			return out
		},
	}
}

// asJSON writes a text as itself where it is not taken for another value.
func asJSON(value any) string {
	raw, err := json.Marshal(value)
	if err != nil {
		return "" // no file and no flag holds such a value
	}
	if text, ok := value.(string); ok && !json.Valid([]byte(text)) {
		return text
	}
	return string(raw)
}

// jobFlags are about what goes into containers and roles beside what bootstrap needs.
func jobFlags() []SpecFlag {
	return []SpecFlag{
		stringFlag("worker-of", inWorker, "`POOL` whose worker is to serve this pool, too (default: one is made)",
			func(s *spec.Spec) *string { return &s.Worker.Of }),
		workerEnvFlag(),
		intFlag("stop-timeout", inWorker, "`SECONDS` that a worker has to end", "what the runtime needs",
			func(s *spec.Spec) *int { return &s.Worker.StopTimeout }),
		listFlag("flow-policy-arn", inFlowRuns, "`ARN` of a policy for the task role that is made; may be repeated",
			func(s *spec.Spec) *[]string { return &s.FlowRuns.PolicyARNs }),
		jobVariableFlag(),
		choosing(stringFlag("capacity", inFlowRuns,
			"where flow runs run: fargate, fargate-spot, managed-instances or ec2 (default: as the pool has it)",
			func(s *spec.Spec) *string { return &s.FlowRuns.Capacity }), spec.Capacities...),
		stringFlag("capacity-provider", inFlowRuns,
			"`NAME` of your own capacity provider, for --capacity ec2 or managed-instances",
			func(s *spec.Spec) *string { return &s.FlowRuns.CapacityProvider }),
		listFlag("instance-type", inFlowRuns, "EC2 instance `TYPE` that may be taken, such as g5.*; may be repeated",
			func(s *spec.Spec) *[]string { return &s.FlowRuns.Instances.Types }),
		stringFlag("instance-vcpus", inFlowRuns, "`RANGE` of the vCPUs of an instance: 4, 4- or 4-16",
			func(s *spec.Spec) *string { return &s.FlowRuns.Instances.VCPUs }),
		stringFlag("instance-memory", inFlowRuns, "`RANGE` of the memory of an instance, in MiB",
			func(s *spec.Spec) *string { return &s.FlowRuns.Instances.Memory }),
		stringFlag("instance-gpus", inFlowRuns, "`RANGE` of the GPUs of an instance",
			func(s *spec.Spec) *string { return &s.FlowRuns.Instances.GPUs }),
		listFlag("instance-accelerator", inFlowRuns, "`NAME` of a GPU that may be taken, such as a10g; may be repeated",
			func(s *spec.Spec) *[]string { return &s.FlowRuns.Instances.Accelerators }),
		choosing(listFlag("instance-cpu-manufacturer", inFlowRuns, "`NAME` of a maker of CPUs: intel, amd or "+
			"amazon-web-services; may be repeated",
			func(s *spec.Spec) *[]string { return &s.FlowRuns.Instances.CPUManufacturers }), spec.CPUManufacturers...),
		intFlag("instance-storage", inFlowRuns, "`GIB` of an instance's data volume", "AWS's own",
			func(s *spec.Spec) *int { return &s.FlowRuns.Instances.Storage }),
		switchFlag("spot-fallback", inWorker, "launch flow runs on demand when Fargate Spot has no capacity", "false",
			func(s *spec.Spec) **bool { return &s.Worker.SpotFallback }),
	}
}
