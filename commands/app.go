// Package commands is the command line: flags become an options struct, and run
// functions that never see the flag library do the work.
//
// Results go to stdout, everything else to stderr. The words are the same with and
// without a terminal; colour and questions are for a terminal only, and every
// question has a flag.
package commands

import (
	"context"
	"errors"

	"github.com/urfave/cli/v2"

	"ecsctl/commands/complete"
	"ecsctl/commands/console"
	"ecsctl/commands/demo"
	"ecsctl/commands/wizard/prompt"
	"ecsctl/commands/workercmd"
	"ecsctl/internal/buildinfo"
)

// Main runs the command line and returns the exit code: 0 fine, 1 failed or misused,
// 2 when a dry run with --detailed-exitcode has changes, 130 interrupted.
func Main(ctx context.Context, args []string, streams console.Streams) int {
	err := NewApp(streams).RunContext(ctx, args)
	if ctx.Err() != nil && err != nil && !errors.Is(err, prompt.ErrInterrupted) {
		err = console.ErrInterrupted
	}
	console.Report(streams, err)
	return console.ExitCode(err)
}

func NewApp(streams console.Streams) *cli.App {
	return &cli.App{
		Name:                   "ecsctl",
		Usage:                  "run Prefect flows on AWS ECS",
		UsageText:              "ecsctl bootstrap --pool my-ecs-pool\necsctl teardown --pool my-ecs-pool",
		Version:                buildinfo.Version(),
		Reader:                 streams.In,
		Writer:                 streams.Out,
		ErrWriter:              streams.Err,
		Commands:               []*cli.Command{bootstrapCommand(streams), teardownCommand(streams), statusCommand(streams), listCommand(streams), logsCommand(streams), verifyCommand(streams), doctorCommand(streams), workercmd.WorkerCommand(streams), policyCommand(streams), demo.SandboxCommand(streams), demo.DemoCommand(streams), versionCommand(streams), complete.CompletionCommand(streams), complete.CompleteCommand(streams), manCommand(streams)},
		Action:                 noCommand,
		OnUsageError:           console.UsageError,
		CommandNotFound:        nil,
		UseShortOptionHandling: true,
		// The default one exits by itself; exitCode is the only place that decides.
		ExitErrHandler: func(*cli.Context, error) {},
	}
}

// noCommand answers `ecsctl` and `ecsctl something-unknown`.
func noCommand(c *cli.Context) error {
	if c.Args().Present() {
		return console.Usagef("there is no command %q: see `ecsctl --help`", c.Args().First())
	}
	return cli.ShowAppHelp(c)
}
