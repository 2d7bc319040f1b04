package commands

import (
	"context"
	"time"

	"github.com/urfave/cli/v2"

	"ecsctl/commands/console"
	"ecsctl/commands/inputs"
	"ecsctl/operate/status"
	"ecsctl/provision"
	"ecsctl/provision/spec"
)

const statusDescription = `Example:

   ecsctl status --pool my-ecs-pool
   ecsctl status --pool my-ecs-pool --watch
   ecsctl status --pool my-ecs-pool --output json

Shows on one screen the service, the worker, the work pool, the tasks of flow runs, the
roles and secrets, and what bootstrap would change. What is wrong comes first, each with
what fixes it. The exit code is 1 when something is wrong that keeps flow runs from
running. Nothing is changed.

What was chosen at bootstrap (names, cluster, network, size, image) is recalled. The flags of
bootstrap and ecsctl.yaml go over it: see ecsctl bootstrap --help-all.`

type statusOptions struct {
	inputs.ReportOptions
	Spec       spec.Spec
	Watch      bool
	Interval   time.Duration
	StuckAfter time.Duration
}

func statusCommand(streams console.Streams) *cli.Command {
	flags := inputs.BootstrapFlags()
	return &cli.Command{
		Name:         "status",
		Usage:        "show the state of a work pool and its worker",
		Description:  statusDescription,
		OnUsageError: console.UsageError,
		Flags: append(append(inputs.QuietFlags(flags), inputs.ReportFlags()...),
			&cli.BoolFlag{Name: "watch", Aliases: []string{"w"}, Usage: "keep looking, until interrupted",
				EnvVars: inputs.Env("watch")},
			&cli.DurationFlag{Name: "interval", Usage: "`TIME` between two looks with --watch", Value: 5 * time.Second,
				EnvVars: inputs.Env("interval")},
			stuckAfterFlag()),
		Action: func(c *cli.Context) error {
			opts, err := readStatusOptions(c, flags)
			if err != nil {
				return err
			}
			return runStatus(c.Context, streams, opts)
		},
	}
}

func readStatusOptions(c *cli.Context, flags []inputs.SpecFlag) (opts statusOptions, err error) {
	if opts.ReportOptions, err = inputs.ReadReportOptions(c); err != nil {
		return opts, err
	}
	opts.Watch, opts.Interval = c.Bool("watch"), c.Duration("interval")
	opts.StuckAfter, err = readStuckAfter(c)
	switch {
	case err != nil:
		return opts, err
	case opts.Interval <= 0:
		return opts, console.Usagef("--interval %s: give a time such as 5s", opts.Interval)
	case c.IsSet("interval") && !opts.Watch:
		return opts, console.Usagef("--interval needs --watch")
	}
	opts.Spec, err = inputs.ReadSpec(c, flags)
	return opts, err
}

func runStatus(ctx context.Context, streams console.Streams, opts statusOptions) error {
	if err := opts.Spec.CheckPool(); err != nil {
		return err
	}
	options, err := inputs.Connect(ctx, opts.Spec, streams, opts.Verbose)
	if err != nil {
		return err
	}
	reading := statusOf(options, opts.StuckAfter)
	show := func(status *status.Status) error { return showStatus(ctx, streams, opts, status) }
	if opts.Watch {
		reading.Activity = true
		err := status.WatchStatus(ctx, reading, opts.Interval, show)
		if ctx.Err() != nil {
			if opts.Output == inputs.OutputText && console.IsTerminal(streams.Out) {
				console.Printf(streams.Out, "\n")
			}
			return nil // Ctrl-C is the way out
		}
		return err
	}
	stop := console.Looking(ctx, streams, opts.Verbose)
	status, err := status.ReadStatus(ctx, reading)
	stop()
	if err != nil {
		return err
	}
	if err := show(status); err != nil {
		return err
	}
	if !status.Healthy {
		return console.ErrUnhealthy
	}
	return nil
}

// usualStuckAfter is how long a task may take to start: large images take minutes.
const usualStuckAfter = 5 * time.Minute

func stuckAfterFlag() cli.Flag {
	return &cli.DurationFlag{
		Name: "stuck-after", Usage: "`TIME` that a task may take to start", Value: usualStuckAfter,
		EnvVars: inputs.Env("stuck-after"),
	}
}

func readStuckAfter(c *cli.Context) (time.Duration, error) {
	after := c.Duration("stuck-after")
	if after <= 0 {
		return 0, console.Usagef("--stuck-after %s: give a time such as 5m", after)
	}
	return after, nil
}

// statusOf is what a status is read with, where a command wants to know what is wrong.
func statusOf(options provision.Options, stuckAfter time.Duration) status.Options {
	return status.Options{Options: options, Bootstrap: inputs.CommandLine, UseBinary: inputs.UseBinary,
		StuckAfter: stuckAfter}
}

func showStatus(ctx context.Context, streams console.Streams, opts statusOptions, status *status.Status) error {
	if opts.Output == inputs.OutputJSON {
		if opts.Watch {
			return console.PrintJSONLine(ctx, streams.Out, status)
		}
		return console.PrintJSON(ctx, streams.Out, status, nil)
	}
	if opts.Watch && console.IsTerminal(streams.Out) {
		watchScreen(ctx, streams, opts.Verbose, status)
		return nil
	}
	newStatusPrinter(ctx, streams.Out, opts.Verbose).Print(status)
	if opts.Watch {
		console.Printf(streams.Out, "\n")
	}
	return nil
}
