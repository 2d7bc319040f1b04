package commands

import (
	"context"
	"strings"
	"time"

	"github.com/urfave/cli/v2"

	"ecsctl/commands/console"
	"ecsctl/commands/inputs"
	"ecsctl/operate/verify"
	"ecsctl/provision/spec"
)

const verifyDescription = `Example:

   ecsctl verify --pool my-ecs-pool
   ecsctl verify --pool my-ecs-pool --output junit > verify.xml
   ecsctl verify --pool my-ecs-pool --deployment my-flow/default

The guide's sanity check and its Step 4 in one: looks for a worker that is online, has
it carry out a flow that logs "Hello from ECS!!", looks for that line in Prefect, and
removes the flow, its deployment and its run again. Says how long each phase took. The
flow comes with its deployment, so that any image with Prefect in it will do. Where a
step fails, what status finds wrong comes first. The exit code is 1 when anything fails.

--deployment runs a deployment of your own in its place, with its default parameters. Its
run stays in Prefect. One whose code is on another machine fails before it is run.`

type verifyOptions struct {
	inputs.ReportOptions
	Spec    spec.Spec
	Timeout time.Duration
	// Deployment is FLOW/NAME, or "" for the hello flow.
	Deployment string
	// StuckAfter is how long a task may take to start.
	StuckAfter time.Duration
}

// outputJUnit is a test report, for CI.
const outputJUnit = "junit"

func verifyCommand(streams console.Streams) *cli.Command {
	flags := inputs.PlaceFlags()
	return &cli.Command{
		Name:         "verify",
		Usage:        "run a hello flow through a work pool",
		Description:  verifyDescription,
		OnUsageError: console.UsageError,
		Flags: append(inputs.CliFlags(flags), inputs.ConfigFlag(),
			&cli.BoolFlag{Name: "verbose", Aliases: []string{"v"}, Usage: "say more about what is done",
				EnvVars: inputs.Env("verbose")},
			&cli.StringFlag{Name: "output", Aliases: []string{"o"}, Value: inputs.OutputText,
				Usage: "text, json or junit", EnvVars: inputs.Env("output")},
			&cli.StringFlag{Name: "deployment",
				Usage:   "`FLOW/NAME` of a deployment of your own to run instead of the hello flow",
				EnvVars: inputs.Env("deployment")},
			&cli.DurationFlag{Name: "timeout", Usage: "how long the flow run may take", Value: 10 * time.Minute,
				EnvVars: inputs.Env("timeout")}, stuckAfterFlag()),
		Action: func(c *cli.Context) error {
			opts, err := readVerifyOptions(c, flags)
			if err != nil {
				return err
			}
			return runVerify(c.Context, streams, opts)
		},
	}
}

func readVerifyOptions(c *cli.Context, flags []inputs.SpecFlag) (opts verifyOptions, err error) {
	if err := console.NoArguments(c); err != nil {
		return opts, err
	}
	opts.Output, opts.Verbose, opts.Timeout = c.String("output"), c.Bool("verbose"), c.Duration("timeout")
	opts.Deployment = c.String("deployment")
	flow, name, _ := strings.Cut(opts.Deployment, "/")
	switch {
	case opts.Deployment != "" && (flow == "" || name == ""):
		return opts, console.Usagef("--deployment %q: use FLOW/NAME", opts.Deployment)
	case opts.Output != inputs.OutputText && opts.Output != inputs.OutputJSON && opts.Output != outputJUnit:
		return opts, console.Usagef("--output %q: use text, json or junit", opts.Output)
	case opts.Timeout <= 0:
		return opts, console.Usagef("--timeout %s: give a time such as 10m", opts.Timeout)
	}
	if opts.StuckAfter, err = readStuckAfter(c); err != nil {
		return opts, err
	}
	opts.Spec, err = inputs.ReadSpec(c, flags)
	return opts, err
}

func runVerify(ctx context.Context, streams console.Streams, opts verifyOptions) error {
	if err := opts.Spec.CheckPool(); err != nil {
		return err
	}
	options, err := inputs.Connect(ctx, opts.Spec, streams, opts.Verbose)
	if err != nil {
		return err
	}
	status := statusOf(options, opts.StuckAfter)
	stop := console.Looking(ctx, streams, opts.Verbose)
	defer stop()
	result, err := verify.Verify(ctx, verify.VerifyOptions{
		Pool: opts.Spec.Pool, Deployment: opts.Deployment, Clients: options.Clients, Timeout: opts.Timeout,
		PollInterval: inputs.PollInterval, Status: &status,
		Note: func(text string) { stop(); console.Printf(streams.Err, "%s\n", text) },
	})
	stop()
	if printErr := printVerification(ctx, streams, opts.ReportOptions, result, err); printErr != nil {
		return printErr
	}
	if err == nil && !result.Passed {
		return console.CommandExit{Code: 1}
	}
	return err
}
