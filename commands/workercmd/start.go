package workercmd

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"runtime/debug"
	"slices"
	"time"

	"github.com/urfave/cli/v2"

	"ecsctl/commands/console"
	"ecsctl/commands/inputs"
	"ecsctl/internal/bounded"
	"ecsctl/prefect"
	"ecsctl/provision"
	"ecsctl/worker"
)

const workerStartDescription = `Example:

   ecsctl worker start --pool my-ecs-pool
   ecsctl worker start -p my-ecs-pool -q high -q low --limit 50 --with-healthcheck
   ecsctl worker start --pool a --pool b --limit 50 --limit a=10

Polls a work pool of type ecs and launches its flow runs as ECS tasks, in place of
` + "`prefect worker start --type ecs`" + `: the same pools, templates, job variables and settings.

With several pools one process serves them all: they share the rates of AWS and take turns, so
that none waits behind what waits in another.

SIGTERM or Ctrl-C stops polling and finishes what was claimed; tasks that run go on. A second
one gives up at once.`

type workerStartOptions struct {
	worker.Options
	Pools      []worker.PoolOptions // more than one, or none: Options says it all
	Debug      bool
	NamePrefix string // asks for a name of the task's
}

func workerStartCommand(streams console.Streams) *cli.Command {
	return &cli.Command{
		Name:         "start",
		Usage:        "start a worker",
		Description:  workerStartDescription,
		OnUsageError: console.UsageError,
		Flags:        slices.Concat(workerStartFlags(), workerLaunchFlags(), prefectFlags()),
		Action: func(c *cli.Context) error {
			settings, err := readPrefectSettings(c, streams)
			if err != nil {
				return err
			}
			opts, err := readWorkerStartOptions(c, settings)
			if err != nil {
				return err
			}
			return runWorkerStart(c.Context, streams, settings, opts)
		},
	}
}

func workerStartFlags() []cli.Flag {
	return []cli.Flag{
		&cli.GenericFlag{Name: "pool", Aliases: []string{"p"}, Value: &inputs.Repeated{},
			Usage:   "`NAME` of a work pool to poll; may be given more than once (between commas in the variable)",
			EnvVars: inputs.Env("pool")},
		&cli.StringFlag{Name: "name", Aliases: []string{"n"}, Usage: "name of the worker (default: one of its own)",
			EnvVars: inputs.Env("name")},
		&cli.StringFlag{Name: "name-prefix",
			Usage:   "`PREFIX` of the worker's name, followed by the id of the ECS task that it runs in",
			EnvVars: inputs.Env("name-prefix")},
		&cli.GenericFlag{Name: "work-queue", Aliases: []string{"q"}, Value: &inputs.Repeated{},
			Usage: "`NAME` of a work queue to pull from, or POOL=NAME for one of several pools; may be given more " +
				"than once (default: all)"},
		&cli.GenericFlag{Name: "limit", Aliases: []string{"l"}, Value: &inputs.Repeated{},
			Usage: "`NUMBER` of flow runs claimed or running at once, or POOL=NUMBER for one of several pools; may " +
				"be given more than once",
			DefaultText: "no limit", EnvVars: inputs.Env("limit")},
		&cli.IntFlag{Name: "prefetch-seconds", Usage: "how far ahead of their time flow runs are launched",
			DefaultText: "PREFECT_WORKER_PREFETCH_SECONDS, or 10"},
		&cli.BoolFlag{Name: "run-once", Usage: "poll once, launch what is found, and end"},
		&cli.BoolFlag{Name: "with-healthcheck",
			Usage:   "serve /health and /ready on PREFECT_WORKER_WEBSERVER_PORT (8080)",
			EnvVars: inputs.Env("with-healthcheck")},
		&cli.GenericFlag{Name: "observer-queue", Value: &inputs.Repeated{},
			Usage: "`NAME` of the SQS queue with the changes of tasks, as bootstrap makes it, or POOL=NAME for one " +
				"of several pools; may be given more than once",
			DefaultText: "PREFECT_INTEGRATIONS_AWS_ECS_OBSERVER_SQS_QUEUE_NAME, or none",
			EnvVars:     inputs.Env("observer-queue")},
		&cli.DurationFlag{Name: "observer-sweep-interval",
			Usage: "how often tasks are checked even while the queue is alive", Value: worker.DefaultObservedSweep,
			EnvVars: inputs.Env("observer-sweep-interval")},
		&cli.BoolFlag{Name: "metrics", Usage: "serve Prometheus metrics on /metrics of the same port",
			EnvVars: inputs.Env("metrics")},
		&cli.StringFlag{Name: "base-job-template",
			Usage: "`FILE` with the base job template for a work pool that is made"},
		&cli.BoolFlag{Name: "create-pool-if-not-found", Usage: "make the work pool if there is none", Value: true},
		&cli.BoolFlag{Name: "no-create-pool-if-not-found", Usage: "do not make the work pool", Hidden: true},
		&cli.StringFlag{Name: "type", Aliases: []string{"t"}, Usage: "type of the worker: ecs is the only one"},
		&cli.StringFlag{Name: "install-policy", Usage: "accepted for compatibility; nothing is installed",
			Value: "prompt"},
		&cli.BoolFlag{Name: "verbose", Aliases: []string{"v"}, Usage: "say more about what is done",
			EnvVars: inputs.Env("verbose")},
	}
}

// installPolicies are the values of the official worker's flag.
var installPolicies = []string{"always", "if-not-present", "never", "prompt"}

func readWorkerStartOptions(c *cli.Context, settings prefect.Settings) (workerStartOptions, error) {
	opts := workerStartOptions{Debug: c.Bool("verbose") || worker.Debug(settings)}
	if err := checkWorkerStart(c); err != nil {
		return opts, err
	}
	var err error
	if opts.Options, err = worker.FromSettings(settings); err != nil {
		return opts, err
	}
	opts.Name, opts.NamePrefix = c.String("name"), c.String("name-prefix")
	opts.RunOnce, opts.Metrics = c.Bool("run-once"), c.Bool("metrics")
	opts.NoPoolCreate = !c.Bool("create-pool-if-not-found") || c.Bool("no-create-pool-if-not-found")
	if err := readWorkerLaunchFlags(c, &opts.Options); err != nil {
		return opts, err
	}
	opts.TypeGiven, opts.Environ = c.IsSet("type"), os.LookupEnv
	if err := readPoolFlags(c, &opts); err != nil {
		return opts, err
	}
	opts.ObservedSweepInterval = c.Duration("observer-sweep-interval")
	if c.IsSet("prefetch-seconds") {
		opts.Prefetch = time.Duration(c.Int("prefetch-seconds")) * time.Second
		if opts.Prefetch == 0 {
			opts.Prefetch = -1 // 0 is the default
		}
	}
	if c.Bool("with-healthcheck") || opts.Metrics {
		opts.HealthAddress = worker.HealthAddress(settings)
	}
	if path := c.String("base-job-template"); path != "" {
		opts.BaseTemplate, err = readJSONFile("base-job-template", path)
	}
	return opts, err
}

func checkWorkerStart(c *cli.Context) error {
	if err := console.NoArguments(c); err != nil {
		return err
	}
	switch {
	case c.IsSet("type") && c.String("type") != worker.Type:
		return console.Usagef("--type %q: ecsctl has only workers of type %s", c.String("type"), worker.Type)
	case c.Duration("observer-sweep-interval") <= 0:
		return console.Usagef("--observer-sweep-interval %s: give a time above 0, such as 1m",
			c.Duration("observer-sweep-interval"))
	case c.Int("prefetch-seconds") < 0:
		return console.Usagef("--prefetch-seconds %d: give a number of seconds, 0 or more", c.Int("prefetch-seconds"))
	case !slices.Contains(installPolicies, c.String("install-policy")):
		return console.Usagef("--install-policy %q: use one of %v", c.String("install-policy"), installPolicies)
	}
	if c.String("name") != "" && c.String("name-prefix") != "" {
		return console.Usagef("--name and --name-prefix cannot be used together: give one of them")
	}
	for _, flag := range []string{"name", "name-prefix"} {
		if err := worker.CheckName(c.String(flag)); err != nil {
			return console.Usagef("--%s %q: %w", flag, c.String(flag), err)
		}
	}
	return nil
}

// readJSONFile reads a JSON object from a file that a flag names.
func readJSONFile(flag, path string) (json.RawMessage, error) {
	raw, err := bounded.ReadFile(path, bounded.MaxFile)
	if err != nil {
		return nil, fmt.Errorf("failed to read --%s: %w", flag, err)
	}
	var object map[string]json.RawMessage
	if err := json.Unmarshal(raw, &object); err != nil {
		return nil, console.Usagef("--%s %q is not a JSON object: %w", flag, path, err)
	}
	return raw, nil
}

// workerGCPercent makes the garbage collector run four times as often as Go's default. A
// worker waits nearly all of its time: it has more CPU than memory to spare on the
// smallest Fargate task.
const workerGCPercent = 25

// saveMemory leaves a GOGC that the user has set.
func saveMemory() {
	if _, set := os.LookupEnv("GOGC"); !set {
		debug.SetGCPercent(workerGCPercent)
	}
}

func runWorkerStart(ctx context.Context, streams console.Streams, settings prefect.Settings,
	opts workerStartOptions) error {
	opts.Logger = newWorkerLogger(console.Exact(streams.Err), opts.Debug)
	saveMemory()
	var err error
	if opts.NamePrefix != "" {
		if opts.Name, err = worker.TaskName(ctx, opts.NamePrefix, os.LookupEnv); err != nil {
			return err
		}
	}
	if opts.Prefect, err = newPrefectClient(settings, opts.Logger); err != nil {
		return err
	}
	if opts.AWS, err = provision.LoadAWSConfig(ctx, "", "", opts.Logger); err != nil {
		return err
	}
	run, err := newWorker(opts)
	if err != nil {
		return err
	}
	// The first signal ends ctx: that is to stop, not to give up.
	work, giveUp := secondSignal(ctx, opts.Logger)
	defer giveUp()
	return run(work, ctx.Done())
}

// newWorker builds the worker of one pool or of several.
func newWorker(opts workerStartOptions) (run func(context.Context, <-chan struct{}) error, err error) {
	if len(opts.Pools) == 0 {
		w, err := worker.New(opts.Options)
		if err != nil {
			return nil, err
		}
		return w.Run, nil
	}
	w, err := worker.NewPools(opts.Options, opts.Pools)
	if err != nil {
		return nil, err
	}
	return w.Run, nil
}
