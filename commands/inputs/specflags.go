// Package inputs is where a command gets what it works with: flags, ECSCTL_... variables, ecsctl.yaml, and the
// credentials of AWS and Prefect. It turns a Spec back into flags and files, too.
package inputs

import (
	"slices"
	"strconv"
	"strings"

	"github.com/urfave/cli/v2"

	"ecsctl/commands/console"
	"ecsctl/provision/spec"
)

// SpecFlag is a flag and the field of the Spec that it sets. A flag that the user
// gave, or whose environment variable is set, overrides ecsctl.yaml.
type SpecFlag struct {
	Flag cli.Flag
	set  func(*spec.Spec, *cli.Context) error
	// values are those that the flag would have to be given to make the Spec what it is;
	// none when the field is not set.
	values func(*spec.Spec) []string
}

// Env returns the environment variable that sets a flag.
func Env(name string) []string { return console.Env(name) }

func stringFlag(name, category, usage string, field func(*spec.Spec) *string, aliases ...string) SpecFlag {
	return SpecFlag{
		Flag: &cli.StringFlag{Name: name, Aliases: aliases, Usage: usage, Category: category, EnvVars: Env(name)},
		set: func(s *spec.Spec, c *cli.Context) error {
			*field(s) = strings.TrimSpace(c.String(name))
			return nil
		},
		values: func(s *spec.Spec) []string { return UnlessZero(*field(s), *field(s)) },
	}
}

// intFlag shows unset, what happens without the flag, as its default.
func intFlag(name, category, usage, unset string, field func(*spec.Spec) *int) SpecFlag {
	return SpecFlag{
		Flag:   &cli.IntFlag{Name: name, Usage: usage, Category: category, EnvVars: Env(name), DefaultText: unset},
		set:    func(s *spec.Spec, c *cli.Context) error { *field(s) = c.Int(name); return nil },
		values: func(s *spec.Spec) []string { return UnlessZero(*field(s), strconv.Itoa(*field(s))) },
	}
}

// countFlag sets a number that may be left unset, which is not the same as 0.
func countFlag(name, category, usage, unset string, field func(*spec.Spec) **int, aliases ...string) SpecFlag {
	return SpecFlag{
		Flag: &cli.IntFlag{Name: name, Aliases: aliases, Usage: usage, Category: category, EnvVars: Env(name),
			DefaultText: unset},
		set: func(s *spec.Spec, c *cli.Context) error {
			n := c.Int(name)
			*field(s) = &n
			return nil
		},
		values: func(s *spec.Spec) []string {
			if *field(s) == nil {
				return nil
			}
			return []string{strconv.Itoa(**field(s))}
		},
	}
}

// switchFlag sets a yes or no that may be left unset, which is the same as unset says.
func switchFlag(name, category, usage, unset string, field func(*spec.Spec) **bool) SpecFlag {
	return SpecFlag{
		Flag: &cli.BoolFlag{Name: name, Usage: usage, Category: category, EnvVars: Env(name), DefaultText: unset},
		set: func(s *spec.Spec, c *cli.Context) error {
			on := c.Bool(name)
			*field(s) = &on
			return nil
		},
		values: func(s *spec.Spec) []string {
			if *field(s) == nil {
				return nil
			}
			return []string{strconv.FormatBool(**field(s))}
		},
	}
}

func listFlag(name, category, usage string, field func(*spec.Spec) *[]string, aliases ...string) SpecFlag {
	return SpecFlag{
		Flag: &cli.StringSliceFlag{
			Name: name, Aliases: aliases, Usage: usage, Category: category, EnvVars: Env(name),
		},
		set:    func(s *spec.Spec, c *cli.Context) error { *field(s) = c.StringSlice(name); return nil },
		values: func(s *spec.Spec) []string { return *field(s) },
	}
}

// The categories of flags in help texts.
const (
	InAWS      = "AWS"
	inNetwork  = "Network"
	inWorker   = "Worker"
	inNames    = "Names (each derives from the pool's name)"
	inFlowRuns = "Flow runs (defaults of the work pool)"
	InPrefect  = "Prefect"
)

// PlaceFlags say which pool, account and server are meant.
func PlaceFlags() []SpecFlag {
	return []SpecFlag{
		stringFlag("pool", "", "`NAME` of the Prefect work pool", func(s *spec.Spec) *string { return &s.Pool }, "p"),
		stringFlag("region", InAWS, "AWS `REGION`", func(s *spec.Spec) *string { return &s.Region }),
		stringFlag("profile", InAWS, "AWS `PROFILE`", func(s *spec.Spec) *string { return &s.Profile }),
		stringFlag("cluster", InAWS, "`NAME` or ARN of the ECS cluster, created when missing (default: \"default\")",
			func(s *spec.Spec) *string { return &s.Cluster }),
		stringFlag("prefect-api-url", InPrefect,
			"`URL` of the Prefect API (default: PREFECT_API_URL or the Prefect profile)", func(s *spec.Spec) *string {
				return &s.Prefect.APIURL
			}),
		stringFlag("prefect-profile", InPrefect, "Prefect `PROFILE`", func(s *spec.Spec) *string {
			return &s.Prefect.Profile
		}),
		stringFlag("prefect-api-key-file", InPrefect, "`FILE` with the API key; - is standard input",
			func(s *spec.Spec) *string { return &s.Prefect.APIKeyFile }),
	}
}

// NameFlags override derived names.
func NameFlags() []SpecFlag {
	return []SpecFlag{
		stringFlag("execution-role", inNames, "`NAME` of the execution role, or the ARN of an existing one to use",
			func(s *spec.Spec) *string { return &s.Names.ExecutionRole }),
		stringFlag("worker-role", inNames, "`NAME` of the worker's task role, or the ARN of an existing one to use",
			func(s *spec.Spec) *string { return &s.Names.WorkerRole }),
		stringFlag("flow-role", inNames, "`NAME` of the task role of flow runs that is made",
			func(s *spec.Spec) *string { return &s.Names.FlowRole }),
		stringFlag("flow-execution-role", inNames, "`NAME` of the execution role of flow runs that is made",
			func(s *spec.Spec) *string { return &s.Names.FlowExecutionRole }),
		stringFlag("family", inNames, "`FAMILY` of the worker's task definition", func(s *spec.Spec) *string {
			return &s.Names.Family
		}),
		stringFlag("service-name", inNames, "`NAME` of the ECS service", func(s *spec.Spec) *string {
			return &s.Names.Service
		}),
		stringFlag("secret-name", inNames, "`NAME` of the secret with the API key", func(s *spec.Spec) *string {
			return &s.Names.Secret
		}),
		stringFlag("log-group", inNames, "`NAME` of the log group", func(s *spec.Spec) *string {
			return &s.Names.LogGroup
		}),
		stringFlag("queue-name", inNames, "`NAME` of the queue with the changes of tasks", func(s *spec.Spec) *string {
			return &s.Names.Queue
		}),
		stringFlag("dead-letter-queue-name", inNames, "`NAME` of the queue for what no worker can act upon",
			func(s *spec.Spec) *string { return &s.Names.DeadLetterQueue }),
		stringFlag("rule-name", inNames, "`NAME` of the EventBridge rule that feeds the queue",
			func(s *spec.Spec) *string { return &s.Names.Rule }),
		stringFlag("bucket-name", inNames, "`NAME` of the bucket for bundles of flows", func(s *spec.Spec) *string {
			return &s.Names.Bucket
		}),
		stringFlag("repository-name", inNames, "`NAME` of the repository that the worker's image is pushed to",
			func(s *spec.Spec) *string { return &s.Names.Repository }),
		stringFlag("flow-repository-name", inNames, "`NAME` of the repository that the images of flows are pushed to",
			func(s *spec.Spec) *string { return &s.Names.FlowRepository }),
		stringFlag("security-group-name", inNames, "`NAME` of the security group that is made when none is given",
			func(s *spec.Spec) *string { return &s.Names.SecurityGroup }),
	}
}

// ResourceFlags say what bootstrap makes.
func ResourceFlags() []SpecFlag {
	return append(jobFlags(), []SpecFlag{
		stringFlag("vpc", inNetwork, "`ID` of the VPC (default: the default VPC)", func(s *spec.Spec) *string {
			return &s.Network.VPC
		}),
		listFlag("subnet", inNetwork, "`ID` of a subnet; may be repeated (default: the subnets with a way out)",
			func(s *spec.Spec) *[]string { return &s.Network.Subnets }),
		listFlag("security-group", inNetwork,
			"`ID` of a security group; may be repeated (default: one is made, egress only)",
			func(s *spec.Spec) *[]string { return &s.Network.SecurityGroups }),
		stringFlag("assign-public-ip", inNetwork, "auto, enabled or disabled (default: auto)",
			func(s *spec.Spec) *string { return &s.Network.AssignPublicIP }),
		stringFlag("runtime", inWorker, "ecsctl: our own worker; prefect: the official Python worker (default: ecsctl)",
			func(s *spec.Spec) *string { return &s.Worker.Runtime }),
		stringFlag("image", inWorker, "container `IMAGE` of the worker (default: one that is made and pushed, or for "+
			"--runtime prefect the official one)", func(s *spec.Spec) *string { return &s.Worker.Image }),
		stringFlag("binary", inWorker, "`FILE` with the ecsctl for Linux that goes into the image (default: what was "+
			"installed with this program, else this program)", func(s *spec.Spec) *string { return &s.Worker.Binary }),
		intFlag("cpu", inWorker, "CPU `UNITS` of the worker", "256; 512 for --runtime prefect",
			func(s *spec.Spec) *int { return &s.Worker.CPU }),
		intFlag("memory", inWorker, "memory of the worker in `MIB`", "512; 1024 for --runtime prefect",
			func(s *spec.Spec) *int { return &s.Worker.Memory }),
		stringFlag("architecture", inWorker, "x86_64 or arm64 (default: that of the image that is made, else x86_64)",
			func(s *spec.Spec) *string { return &s.Worker.Architecture }),
		countFlag("desired-count", inWorker, "`NUMBER` of workers", "1 at first, then left alone",
			func(s *spec.Spec) **int { return &s.Worker.DesiredCount }),
		listFlag("work-queue", inWorker, "`NAME` of a work queue to poll; may be repeated (default: all)",
			func(s *spec.Spec) *[]string { return &s.Worker.WorkQueues }, "q"),
		countFlag("limit", inWorker, "`NUMBER` of flow runs that a worker runs at once", "no limit",
			func(s *spec.Spec) **int { return &s.Worker.Limit }, "l"),
		switchFlag("execute-command", inWorker, "let ECS Exec run commands in the worker's container", "false",
			func(s *spec.Spec) **bool { return &s.Worker.ExecuteCommand }),
		stringFlag("flow-run-image", inFlowRuns, "container `IMAGE` of flow runs", func(s *spec.Spec) *string {
			return &s.FlowRuns.Image
		}),
		intFlag("flow-run-cpu", inFlowRuns, "CPU `UNITS` of flow runs", "that of the pool", func(s *spec.Spec) *int {
			return &s.FlowRuns.CPU
		}),
		intFlag("flow-run-memory", inFlowRuns, "memory of flow runs in `MIB`", "that of the pool",
			func(s *spec.Spec) *int { return &s.FlowRuns.Memory }),
		stringFlag("flow-run-launch-type", inFlowRuns, "FARGATE, FARGATE_SPOT, EC2 or EXTERNAL",
			func(s *spec.Spec) *string { return &s.FlowRuns.LaunchType }),
		stringFlag("flow-run-execution-role", inFlowRuns,
			"`ARN` of the execution role of flow runs (default: one is made, with what they need)",
			func(s *spec.Spec) *string { return &s.FlowRuns.ExecutionRole }),
		stringFlag("flow-run-task-role", inFlowRuns,
			"`ARN` of the task role of flow runs (default: one is made, without rights)", func(s *spec.Spec) *string {
				return &s.FlowRuns.TaskRole
			}),
		stringFlag("flow-policy", inFlowRuns,
			"`FILE` with the IAM policy of the flow runs' task role that is made (default: it has no rights)",
			func(s *spec.Spec) *string { return &s.FlowRuns.PolicyFile }),
		listFlag("flow-run-family", inFlowRuns,
			"`PATTERN` of further task definition families that the worker may register and run; may be repeated",
			func(s *spec.Spec) *[]string { return &s.FlowRuns.Families }),
		bundleStorageFlag(),
		switchFlag("flow-run-logs", inFlowRuns, "send the output of flow runs to the log group", "true",
			func(s *spec.Spec) **bool { return &s.FlowRuns.Logs }),
		offFlag("no-flow-repository", inFlowRuns, "make no repository in ECR for the images of flows",
			func(s *spec.Spec) **bool { return &s.FlowRuns.Repository }),
		offFlag("no-observer", inWorker, "make no queue and no EventBridge rule for the changes of tasks",
			func(s *spec.Spec) **bool { return &s.Observer }),
		stringFlag("prefect-api-key-secret", InPrefect,
			"`ARN` of a secret or SSM parameter that holds the API key as plain text, or ARN:KEY:: for a key of a JSON secret",
			func(s *spec.Spec) *string { return &s.Prefect.APIKeySecret }),
		stringFlag("boundary", InAWS,
			"`ARN` of the policy that becomes the permissions boundary of the roles that are made",
			func(s *spec.Spec) *string { return &s.Roles.Boundary }),
		stringFlag("role-path", InAWS, "IAM `PATH` of the roles that are made, such as /team/",
			func(s *spec.Spec) *string { return &s.Roles.Path }),
		intFlag("log-retention", InAWS, "`DAYS` for which logs are kept", "30", func(s *spec.Spec) *int {
			return &s.LogRetentionDays
		}),
		tagFlag(), insightsFlag(),
	}...)
}

func insightsFlag() SpecFlag {
	return stringFlag("container-insights", InAWS, "Container Insights of a cluster that is made: enabled, enhanced or "+
		"disabled (default: the account's own)", func(s *spec.Spec) *string { return &s.ContainerInsights })
}

func bundleStorageFlag() SpecFlag {
	const name = "bundle-storage"
	usage := "make an S3 bucket for the bundles of @ecs flows and set the pool's storage to it (default: what is " +
		"there stays)"
	return SpecFlag{
		Flag: &cli.BoolFlag{Name: name, Usage: usage, Category: inFlowRuns, EnvVars: Env(name)},
		set:  func(s *spec.Spec, c *cli.Context) error { s.FlowRuns.BundleStorage = c.Bool(name); return nil },
		values: func(s *spec.Spec) []string {
			if !s.FlowRuns.BundleStorage {
				return nil
			}
			return []string{"true"}
		},
	}
}

// offFlag turns off what is on without it.
func offFlag(name, category, usage string, field func(*spec.Spec) **bool) SpecFlag {
	return SpecFlag{
		Flag: &cli.BoolFlag{Name: name, Usage: usage, Category: category, EnvVars: Env(name)},
		set: func(s *spec.Spec, c *cli.Context) error {
			on := !c.Bool(name)
			*field(s) = &on
			return nil
		},
		values: func(s *spec.Spec) []string {
			if *field(s) == nil {
				return nil
			}
			return []string{strconv.FormatBool(!**field(s))}
		},
	}
}

// UnlessZero is the value of a field that is set.
func UnlessZero[T comparable](field T, value string) []string {
	var zero T
	if field == zero {
		return nil
	}
	return []string{value}
}

// CliFlags are the flags themselves.
func CliFlags(flags []SpecFlag) []cli.Flag {
	out := make([]cli.Flag, len(flags))
	for i, f := range flags {
		out[i] = f.Flag
	}
	return out
}

// ReadSpec reads ecsctl.yaml, if there is one, and puts the flags over it.
func ReadSpec(c *cli.Context, flags []SpecFlag) (spec.Spec, error) {
	pool := spec.AnyPool
	if slices.ContainsFunc(flags, func(f SpecFlag) bool { return f.Flag.Names()[0] == "pool" }) {
		pool = c.String("pool")
	}
	spec, err := readConfig(c.String("config"), pool)
	if err != nil {
		return spec, err
	}
	for _, f := range flags {
		if !c.IsSet(f.Flag.Names()[0]) {
			continue
		}
		if err := f.set(&spec, c); err != nil {
			return spec, err
		}
	}
	console.ReportingOf(c.Context).SetPool(spec.Pool)
	return spec, nil
}

// BootstrapFlags are all flags that set fields of a Spec.
func BootstrapFlags() []SpecFlag {
	return append(append(PlaceFlags(), ResourceFlags()...), NameFlags()...)
}

// PickFlags are those with the names.
func PickFlags(flags []SpecFlag, names ...string) []SpecFlag {
	var out []SpecFlag
	for _, name := range names {
		for _, f := range flags {
			if f.Flag.Names()[0] == name {
				out = append(out, f)
			}
		}
	}
	return out
}
