package commands

import (
	"context"
	"time"

	"github.com/urfave/cli/v2"

	"ecsctl/operate"
	"ecsctl/provision"
)

const verifyDescription = `Example:

   ecsctl verify --pool my-ecs-pool
   ecsctl verify --pool my-ecs-pool --output junit > verify.xml

The guide's sanity check and its Step 4 in one: looks for a worker that is online, has
it carry out a flow that logs "Hello from ECS!!", looks for that line in Prefect, and
removes the flow, its deployment and its run again. Says how long each phase took. The
flow comes with its deployment, so that any image with Prefect in it will do. Where a
step fails, what status finds wrong comes first. The exit code is 1 when anything fails.`

type verifyOptions struct {
	Output  string
	Verbose bool
	Spec    provision.Spec
	Timeout time.Duration
	// StuckAfter is how long a task may take to start.
	StuckAfter time.Duration
}

// outputJUnit is a test report, for CI.
const outputJUnit = "junit"

func verifyCommand(streams Streams) *cli.Command {
	flags := placeFlags()
	return &cli.Command{
		Name:         "verify",
		Usage:        "run a hello flow through a work pool",
		Description:  verifyDescription,
		OnUsageError: usageError,
		Flags: append(cliFlags(flags), configFlag(),
			&cli.BoolFlag{Name: "verbose", Aliases: []string{"v"}, Usage: "say more about what is done", EnvVars: env("verbose")},
			&cli.StringFlag{Name: "output", Aliases: []string{"o"}, Value: outputText, Usage: "text, json or junit", EnvVars: env("output")},
			&cli.DurationFlag{Name: "timeout", Usage: "how long the flow run may take", Value: 10 * time.Minute, EnvVars: env("timeout")}, stuckAfterFlag()),
		Action: func(c *cli.Context) error {
			opts, err := readVerifyOptions(c, flags)
			if err != nil {
				return err
			}
			return runVerify(c.Context, streams, opts)
		},
	}
}

func readVerifyOptions(c *cli.Context, flags []specFlag) (opts verifyOptions, err error) {
	if err := noArguments(c); err != nil {
		return opts, err
	}
	opts.Output, opts.Verbose, opts.Timeout = c.String("output"), c.Bool("verbose"), c.Duration("timeout")
	switch {
	case opts.Output != outputText && opts.Output != outputJSON && opts.Output != outputJUnit:
		return opts, usagef("--output %q: it is text, json or junit", opts.Output)
	case opts.Timeout <= 0:
		return opts, usagef("--timeout %s: give a time such as 10m", opts.Timeout)
	}
	if opts.StuckAfter, err = readStuckAfter(c); err != nil {
		return opts, err
	}
	opts.Spec, err = readSpec(c, flags)
	return opts, err
}

func runVerify(ctx context.Context, streams Streams, opts verifyOptions) error {
	if err := opts.Spec.CheckPool(); err != nil {
		return err
	}
	options, err := connect(ctx, opts.Spec, streams, opts.Verbose)
	if err != nil {
		return err
	}
	status := statusOf(options, opts.StuckAfter)
	result, err := operate.Verify(ctx, operate.VerifyOptions{
		Pool: opts.Spec.Pool, Clients: options.Clients, Timeout: opts.Timeout, PollInterval: pollInterval, Status: &status,
		Note: func(text string) { printf(streams.Err, "%s\n", text) },
	})
	if printErr := printVerification(streams, opts.Output, result); printErr != nil {
		return printErr
	}
	if err == nil && !result.Passed {
		return commandExit{code: 1}
	}
	return err
}
