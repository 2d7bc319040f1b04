package commands

import (
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/urfave/cli/v2"

	"ecsctl/provision"
)

// specFlag is a flag and the field of the Spec that it sets. A flag that the user
// gave, or whose environment variable is set, overrides ecsctl.yaml.
type specFlag struct {
	flag cli.Flag
	set  func(*provision.Spec, *cli.Context) error
	// values are those that the flag would have to be given to make the Spec what it is;
	// none when the field is not set.
	values func(*provision.Spec) []string
}

func env(name string) []string {
	return []string{"ECSCTL_" + strings.ToUpper(strings.ReplaceAll(name, "-", "_"))}
}

func stringFlag(name, category, usage string, field func(*provision.Spec) *string, aliases ...string) specFlag {
	return specFlag{
		flag: &cli.StringFlag{Name: name, Aliases: aliases, Usage: usage, Category: category, EnvVars: env(name)},
		set: func(s *provision.Spec, c *cli.Context) error {
			*field(s) = strings.TrimSpace(c.String(name))
			return nil
		},
		values: func(s *provision.Spec) []string { return unlessZero(*field(s), *field(s)) },
	}
}

// intFlag shows unset, what happens without the flag, as its default.
func intFlag(name, category, usage, unset string, field func(*provision.Spec) *int) specFlag {
	return specFlag{
		flag:   &cli.IntFlag{Name: name, Usage: usage, Category: category, EnvVars: env(name), DefaultText: unset},
		set:    func(s *provision.Spec, c *cli.Context) error { *field(s) = c.Int(name); return nil },
		values: func(s *provision.Spec) []string { return unlessZero(*field(s), strconv.Itoa(*field(s))) },
	}
}

// countFlag sets a number that may be left unset, which is not the same as 0.
func countFlag(name, category, usage, unset string, field func(*provision.Spec) **int, aliases ...string) specFlag {
	return specFlag{
		flag: &cli.IntFlag{Name: name, Aliases: aliases, Usage: usage, Category: category, EnvVars: env(name), DefaultText: unset},
		set: func(s *provision.Spec, c *cli.Context) error {
			n := c.Int(name)
			*field(s) = &n
			return nil
		},
		values: func(s *provision.Spec) []string {
			if *field(s) == nil {
				return nil
			}
			return []string{strconv.Itoa(**field(s))}
		},
	}
}

func listFlag(name, category, usage string, field func(*provision.Spec) *[]string, aliases ...string) specFlag {
	return specFlag{
		flag:   &cli.StringSliceFlag{Name: name, Aliases: aliases, Usage: usage, Category: category, EnvVars: env(name)},
		set:    func(s *provision.Spec, c *cli.Context) error { *field(s) = c.StringSlice(name); return nil },
		values: func(s *provision.Spec) []string { return *field(s) },
	}
}

const (
	inAWS      = "AWS"
	inNetwork  = "Network"
	inWorker   = "Worker"
	inNames    = "Names (each derives from the pool's name)"
	inFlowRuns = "Flow runs (defaults of the work pool)"
	inPrefect  = "Prefect"
)

// placeFlags say which pool, account and server are meant.
func placeFlags() []specFlag {
	return []specFlag{
		stringFlag("pool", "", "`NAME` of the Prefect work pool", func(s *provision.Spec) *string { return &s.Pool }, "p"),
		stringFlag("region", inAWS, "AWS `REGION`", func(s *provision.Spec) *string { return &s.Region }),
		stringFlag("profile", inAWS, "AWS `PROFILE`", func(s *provision.Spec) *string { return &s.Profile }),
		stringFlag("cluster", inAWS, "`NAME` or ARN of the ECS cluster, created when missing (default: \"default\")", func(s *provision.Spec) *string { return &s.Cluster }),
		stringFlag("prefect-api-url", inPrefect, "`URL` of the Prefect API (default: PREFECT_API_URL or the Prefect profile)", func(s *provision.Spec) *string { return &s.Prefect.APIURL }),
		stringFlag("prefect-profile", inPrefect, "Prefect `PROFILE`", func(s *provision.Spec) *string { return &s.Prefect.Profile }),
		stringFlag("prefect-api-key-file", inPrefect, "`FILE` with the API key; - is standard input", func(s *provision.Spec) *string { return &s.Prefect.APIKeyFile }),
	}
}

// nameFlags override derived names.
func nameFlags() []specFlag {
	return []specFlag{
		stringFlag("execution-role", inNames, "`NAME` of the execution role, or the ARN of one to use as it is", func(s *provision.Spec) *string { return &s.Names.ExecutionRole }),
		stringFlag("worker-role", inNames, "`NAME` of the worker's task role, or the ARN of one to use as it is", func(s *provision.Spec) *string { return &s.Names.WorkerRole }),
		stringFlag("flow-role", inNames, "`NAME` of the task role of flow runs that is made", func(s *provision.Spec) *string { return &s.Names.FlowRole }),
		stringFlag("family", inNames, "`FAMILY` of the worker's task definition", func(s *provision.Spec) *string { return &s.Names.Family }),
		stringFlag("service-name", inNames, "`NAME` of the ECS service", func(s *provision.Spec) *string { return &s.Names.Service }),
		stringFlag("secret-name", inNames, "`NAME` of the secret with the API key", func(s *provision.Spec) *string { return &s.Names.Secret }),
		stringFlag("log-group", inNames, "`NAME` of the log group", func(s *provision.Spec) *string { return &s.Names.LogGroup }),
		stringFlag("queue-name", inNames, "`NAME` of the queue with the changes of tasks", func(s *provision.Spec) *string { return &s.Names.Queue }),
		stringFlag("dead-letter-queue-name", inNames, "`NAME` of the queue for what no worker can act upon", func(s *provision.Spec) *string { return &s.Names.DeadLetterQueue }),
		stringFlag("rule-name", inNames, "`NAME` of the EventBridge rule that feeds the queue", func(s *provision.Spec) *string { return &s.Names.Rule }),
		stringFlag("repository-name", inNames, "`NAME` of the repository that the worker's image is pushed to", func(s *provision.Spec) *string { return &s.Names.Repository }),
		stringFlag("flow-repository-name", inNames, "`NAME` of the repository that the images of flows are pushed to", func(s *provision.Spec) *string { return &s.Names.FlowRepository }),
		stringFlag("security-group-name", inNames, "`NAME` of the security group that is made when none is given", func(s *provision.Spec) *string { return &s.Names.SecurityGroup }),
	}
}

// resourceFlags say what bootstrap makes.
func resourceFlags() []specFlag {
	return []specFlag{
		stringFlag("vpc", inNetwork, "`ID` of the VPC (default: the default VPC)", func(s *provision.Spec) *string { return &s.Network.VPC }),
		listFlag("subnet", inNetwork, "`ID` of a subnet; may be repeated (default: the subnets with a way out)", func(s *provision.Spec) *[]string { return &s.Network.Subnets }),
		listFlag("security-group", inNetwork, "`ID` of a security group; may be repeated (default: one is made, egress only)", func(s *provision.Spec) *[]string { return &s.Network.SecurityGroups }),
		stringFlag("assign-public-ip", inNetwork, "auto, enabled or disabled (default: auto)", func(s *provision.Spec) *string { return &s.Network.AssignPublicIP }),
		stringFlag("runtime", inWorker, "ecsctl: our own worker; prefect: the official Python worker (default: ecsctl)", func(s *provision.Spec) *string { return &s.Worker.Runtime }),
		stringFlag("image", inWorker, "container `IMAGE` of the worker (default: one that is made and pushed, or for --runtime prefect the official one)", func(s *provision.Spec) *string { return &s.Worker.Image }),
		stringFlag("binary", inWorker, "`FILE` with the ecsctl for Linux that goes into the image (default: this program)", func(s *provision.Spec) *string { return &s.Worker.Binary }),
		intFlag("cpu", inWorker, "CPU `UNITS` of the worker", "256; 512 for --runtime prefect", func(s *provision.Spec) *int { return &s.Worker.CPU }),
		intFlag("memory", inWorker, "memory of the worker in `MIB`", "512; 1024 for --runtime prefect", func(s *provision.Spec) *int { return &s.Worker.Memory }),
		stringFlag("architecture", inWorker, "x86_64 or arm64 (default: that of the image that is made, else x86_64)", func(s *provision.Spec) *string { return &s.Worker.Architecture }),
		countFlag("desired-count", inWorker, "`NUMBER` of workers", "1 at first, then left alone", func(s *provision.Spec) **int { return &s.Worker.DesiredCount }),
		listFlag("work-queue", inWorker, "`NAME` of a work queue to poll; may be repeated (default: all)", func(s *provision.Spec) *[]string { return &s.Worker.WorkQueues }, "q"),
		countFlag("limit", inWorker, "`NUMBER` of flow runs that a worker runs at once", "no limit", func(s *provision.Spec) **int { return &s.Worker.Limit }, "l"),
		stringFlag("flow-run-image", inFlowRuns, "container `IMAGE` of flow runs", func(s *provision.Spec) *string { return &s.FlowRuns.Image }),
		intFlag("flow-run-cpu", inFlowRuns, "CPU `UNITS` of flow runs", "that of the pool", func(s *provision.Spec) *int { return &s.FlowRuns.CPU }),
		intFlag("flow-run-memory", inFlowRuns, "memory of flow runs in `MIB`", "that of the pool", func(s *provision.Spec) *int { return &s.FlowRuns.Memory }),
		stringFlag("flow-run-launch-type", inFlowRuns, "FARGATE, FARGATE_SPOT, EC2 or EXTERNAL", func(s *provision.Spec) *string { return &s.FlowRuns.LaunchType }),
		stringFlag("flow-run-execution-role", inFlowRuns, "`ARN` of the execution role of flow runs (default: that of the worker)", func(s *provision.Spec) *string { return &s.FlowRuns.ExecutionRole }),
		stringFlag("flow-run-task-role", inFlowRuns, "`ARN` of the task role of flow runs (default: one is made, without rights)", func(s *provision.Spec) *string { return &s.FlowRuns.TaskRole }),
		stringFlag("flow-policy", inFlowRuns, "`FILE` with the IAM policy of the flow runs' task role that is made (default: it has no rights)", func(s *provision.Spec) *string { return &s.FlowRuns.PolicyFile }),
		listFlag("flow-run-family", inFlowRuns, "`PATTERN` of further task definition families that the worker may register and run; may be repeated", func(s *provision.Spec) *[]string { return &s.FlowRuns.Families }),
		flowRunLogsFlag(),
		noObserverFlag(),
		stringFlag("prefect-api-key-secret", inPrefect, "`ARN` of a secret that holds the API key as plain text", func(s *provision.Spec) *string { return &s.Prefect.APIKeySecret }),
		stringFlag("boundary", inAWS, "`ARN` of the policy that becomes the permissions boundary of the roles that are made", func(s *provision.Spec) *string { return &s.Roles.Boundary }),
		stringFlag("role-path", inAWS, "IAM `PATH` of the roles that are made, such as /team/", func(s *provision.Spec) *string { return &s.Roles.Path }),
		intFlag("log-retention", inAWS, "`DAYS` for which logs are kept", "30", func(s *provision.Spec) *int { return &s.LogRetentionDays }),
		tagFlag(),
	}
}

func flowRunLogsFlag() specFlag {
	const name = "flow-run-logs"
	return specFlag{
		flag: &cli.BoolFlag{Name: name, Usage: "send the output of flow runs to the log group", Category: inFlowRuns, EnvVars: env(name), DefaultText: "true"},
		set: func(s *provision.Spec, c *cli.Context) error {
			on := c.Bool(name)
			s.FlowRuns.Logs = &on
			return nil
		},
		values: func(s *provision.Spec) []string {
			if s.FlowRuns.Logs == nil {
				return nil
			}
			return []string{strconv.FormatBool(*s.FlowRuns.Logs)}
		},
	}
}

func noObserverFlag() specFlag {
	const name = "no-observer"
	return specFlag{
		flag: &cli.BoolFlag{Name: name, Usage: "make no queue and no EventBridge rule for the changes of tasks", Category: inWorker, EnvVars: env(name)},
		set: func(s *provision.Spec, c *cli.Context) error {
			on := !c.Bool(name)
			s.Observer = &on
			return nil
		},
		values: func(s *provision.Spec) []string {
			if s.Observer == nil {
				return nil
			}
			return []string{strconv.FormatBool(!*s.Observer)}
		},
	}
}

func tagFlag() specFlag {
	const name = "tag"
	return specFlag{
		flag: &cli.StringSliceFlag{Name: name, Usage: "`KEY=VALUE` to tag everything with; may be repeated", Category: inAWS, EnvVars: env(name)},
		set: func(s *provision.Spec, c *cli.Context) error {
			s.Tags = map[string]string{}
			for _, tag := range c.StringSlice(name) {
				key, value, ok := strings.Cut(tag, "=")
				if !ok || key == "" {
					return usagef("--tag %q is not of the form KEY=VALUE", tag)
				}
				s.Tags[key] = value
			}
			return nil
		},
		values: func(s *provision.Spec) []string {
			var out []string
			for _, key := range slices.Sorted(maps.Keys(s.Tags)) {
				out = append(out, key+"="+s.Tags[key])
			}
			return out
		},
	}
}

// unlessZero is the value of a field that is set.
func unlessZero[T comparable](field T, value string) []string {
	var zero T
	if field == zero {
		return nil
	}
	return []string{value}
}

// cliFlags are the flags themselves.
func cliFlags(flags []specFlag) []cli.Flag {
	out := make([]cli.Flag, len(flags))
	for i, f := range flags {
		out[i] = f.flag
	}
	return out
}

// readSpec reads ecsctl.yaml, if there is one, and puts the flags over it.
func readSpec(c *cli.Context, flags []specFlag) (provision.Spec, error) {
	spec, err := readConfig(c.String("config"))
	if err != nil {
		return spec, err
	}
	for _, f := range flags {
		if !c.IsSet(f.flag.Names()[0]) {
			continue
		}
		if err := f.set(&spec, c); err != nil {
			return spec, err
		}
	}
	return spec, nil
}
