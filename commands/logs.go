package commands

import (
	"context"
	"time"

	"github.com/urfave/cli/v2"

	"ecsctl/commands/console"
	"ecsctl/commands/inputs"
	"ecsctl/operate/logs"
	"ecsctl/operate/status"
	"ecsctl/provision/spec"
)

const logsDescription = `Example:

   ecsctl logs --pool my-ecs-pool --since 15m
   ecsctl logs --pool my-ecs-pool --follow
   ecsctl logs --flow-run purple-lemur

Prints what the containers of the worker's tasks wrote, or those of a flow run: also of
tasks that are gone, as long as the log group keeps the lines. A flow run is named by its
name (the newest of that name) or its id. With --follow it goes on until the flow run has
ended, or until interrupted. On a terminal the worker's lines are text; --raw leaves them as
they are. Where the worker wrote nothing, what status finds wrong is shown beside it.
bootstrap's flags for names, such as --log-group, go over what the pool remembers.`

type logsOptions struct {
	inputs.ReportOptions
	Spec    spec.Spec
	FlowRun string
	Since   time.Time // zero: an hour of the worker, all of a flow run
	Follow  bool
	UTC     bool
	Raw     bool // the lines as the container wrote them
}

func logsCommand(streams console.Streams) *cli.Command {
	flags := append(inputs.PlaceFlags(), inputs.NameFlags()...)
	return &cli.Command{
		Name:         "logs",
		Usage:        "print what the containers of the worker or of a flow run wrote",
		Description:  logsDescription,
		OnUsageError: console.UsageError,
		Flags: append(append(inputs.QuietFlags(flags), inputs.ReportFlags()...),
			&cli.StringFlag{Name: "flow-run", Usage: "`NAME` or id of a flow run (default: the worker)",
				EnvVars: inputs.Env("flow-run")},
			&cli.StringFlag{Name: "since", Usage: "`TIME` to begin at, such as 15m, 1d, yesterday or 2026-11-29T08:00",
				DefaultText: "1h; all of a flow run", EnvVars: inputs.Env("since")},
			&cli.BoolFlag{Name: "follow", Aliases: []string{"f"}, Usage: "keep printing new lines",
				EnvVars: inputs.Env("follow")},
			&cli.BoolFlag{Name: "utc", Usage: "on a terminal, times in UTC (default: local ones)"},
			&cli.BoolFlag{Name: "raw", Usage: "only what the containers wrote"}),
		Action: func(c *cli.Context) error {
			opts, err := readLogsOptions(c, flags)
			if err != nil {
				return err
			}
			return runLogs(c.Context, streams, opts)
		},
	}
}

func readLogsOptions(c *cli.Context, flags []inputs.SpecFlag) (opts logsOptions, err error) {
	if opts.ReportOptions, err = inputs.ReadReportOptions(c); err != nil {
		return opts, err
	}
	opts.FlowRun, opts.Follow = c.String("flow-run"), c.Bool("follow")
	opts.UTC, opts.Raw = c.Bool("utc"), c.Bool("raw")
	if opts.Since, err = sinceTime(c.String("since"), time.Now()); err != nil {
		return opts, err
	}
	if opts.Raw && opts.Output == inputs.OutputJSON {
		return opts, console.Usagef("--raw and --output json cannot be used together")
	}
	if c.IsSet("flow-run") && opts.FlowRun == "" {
		return opts, console.Usagef("--flow-run needs the name or the id of a flow run")
	}
	opts.Spec, err = inputs.ReadSpec(c, flags)
	return opts, err
}

func runLogs(ctx context.Context, streams console.Streams, opts logsOptions) error {
	if opts.FlowRun == "" {
		if err := opts.Spec.CheckPool(); err != nil {
			return err
		}
	}
	options, err := inputs.Connect(ctx, opts.Spec, streams, opts.Verbose)
	if err != nil {
		return err
	}
	cause := statusOf(options, usualStuckAfter)
	stop := console.Looking(ctx, streams, opts.Verbose)
	defer stop()
	reading := logs.LogOptions{
		Options: options, FlowRun: opts.FlowRun, Since: opts.Since, Follow: opts.Follow, Status: &cause,
		Problem: func(p status.Problem) { stop(); newStatusPrinter(ctx, streams.Err, opts.Verbose).problem(p) },
		Note:    func(text string) { stop(); console.Printf(streams.Err, "%s\n", text) },
	}
	return logs.ReadLogs(ctx, reading, func(line logs.LogLine) error {
		stop()
		if opts.Output == inputs.OutputJSON {
			return console.PrintJSONLine(ctx, streams.Out, line)
		}
		return opts.writeLine(streams.Out, line)
	})
}
