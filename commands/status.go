package commands

import (
	"context"
	"time"

	"github.com/urfave/cli/v2"

	"ecsctl/operate"
	"ecsctl/provision"
)

const statusDescription = `Example:

   ecsctl status --pool my-ecs-pool
   ecsctl status --pool my-ecs-pool --watch
   ecsctl status --pool my-ecs-pool --output json

Shows on one screen the service, the worker, the work pool, the tasks of flow runs, the
roles and secrets, and what bootstrap would change. What is wrong comes first, each with
what mends it. The exit code is 1 when something is wrong that keeps flow runs from
running. Nothing is changed.

What was chosen at bootstrap (names, cluster, network, size, image) is recalled; flags and
ecsctl.yaml go over it.`

type statusOptions struct {
	reportOptions
	Spec       provision.Spec
	Watch      bool
	Interval   time.Duration
	StuckAfter time.Duration
}

func statusCommand(streams Streams) *cli.Command {
	flags := bootstrapFlags()
	return &cli.Command{
		Name:         "status",
		Usage:        "show how a work pool and its worker are",
		Description:  statusDescription,
		OnUsageError: usageError,
		Flags: append(append(cliFlags(flags), reportFlags()...),
			&cli.BoolFlag{Name: "watch", Aliases: []string{"w"}, Usage: "look again and again, until interrupted", EnvVars: env("watch")},
			&cli.DurationFlag{Name: "interval", Usage: "`TIME` between two looks with --watch", Value: 5 * time.Second, EnvVars: env("interval")},
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

func readStatusOptions(c *cli.Context, flags []specFlag) (opts statusOptions, err error) {
	if opts.reportOptions, err = readReportOptions(c); err != nil {
		return opts, err
	}
	opts.Watch, opts.Interval = c.Bool("watch"), c.Duration("interval")
	opts.StuckAfter, err = readStuckAfter(c)
	switch {
	case err != nil:
		return opts, err
	case opts.Interval <= 0:
		return opts, usagef("--interval %s: give a time such as 5s", opts.Interval)
	case c.IsSet("interval") && !opts.Watch:
		return opts, usagef("--interval goes with --watch")
	}
	opts.Spec, err = readSpec(c, flags)
	return opts, err
}

func runStatus(ctx context.Context, streams Streams, opts statusOptions) error {
	if err := opts.Spec.CheckPool(); err != nil {
		return err
	}
	options, err := connect(ctx, opts.Spec, streams, opts.Verbose)
	if err != nil {
		return err
	}
	reading := statusOf(options, opts.StuckAfter)
	show := func(status *operate.Status) error { return showStatus(streams, opts, status) }
	if opts.Watch {
		return operate.WatchStatus(ctx, reading, opts.Interval, show)
	}
	status, err := operate.ReadStatus(ctx, reading)
	if err != nil {
		return err
	}
	if err := show(status); err != nil {
		return err
	}
	if !status.Healthy {
		return errUnhealthy
	}
	return nil
}

// usualStuckAfter is how long a task may take to start: large images take minutes.
const usualStuckAfter = 5 * time.Minute

func stuckAfterFlag() cli.Flag {
	return &cli.DurationFlag{Name: "stuck-after", Usage: "`TIME` that a task may take to start", Value: usualStuckAfter, EnvVars: env("stuck-after")}
}

func readStuckAfter(c *cli.Context) (time.Duration, error) {
	after := c.Duration("stuck-after")
	if after <= 0 {
		return 0, usagef("--stuck-after %s: give a time such as 5m", after)
	}
	return after, nil
}

// statusOf is what a status is read with, where a command wants to know what is wrong.
func statusOf(options provision.Options, stuckAfter time.Duration) operate.Options {
	return operate.Options{Options: options, Bootstrap: commandLine, UseBinary: useBinary, StuckAfter: stuckAfter}
}

// clearScreen goes to the upper left and wipes what is below.
const clearScreen = "\x1b[H\x1b[2J"

func showStatus(streams Streams, opts statusOptions, status *operate.Status) error {
	if opts.Output == outputJSON {
		return printJSON(streams.Out, status)
	}
	if opts.Watch && isTerminal(streams.Out) {
		printf(raw(streams.Out), clearScreen)
	}
	newStatusPrinter(streams.Out).print(status)
	if opts.Watch && !isTerminal(streams.Out) {
		printf(streams.Out, "\n")
	}
	return nil
}
