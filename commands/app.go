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
	"fmt"
	"io"

	"github.com/urfave/cli/v2"

	"ecsctl/commands/prompt"
)

// Main runs the command line and returns the exit code: 0 fine, 1 failed or misused,
// 2 when a dry run with --detailed-exitcode has changes, 130 interrupted.
func Main(ctx context.Context, args []string, streams Streams) int {
	app := newApp(streams)
	err := app.RunContext(ctx, flagsFirst(app, args))
	if ctx.Err() != nil && err != nil && !errors.Is(err, prompt.ErrInterrupted) {
		err = errInterrupted
	}
	report(streams, err)
	return exitCode(err)
}

func newApp(streams Streams) *cli.App {
	return &cli.App{
		Name:                   "ecsctl",
		Usage:                  "run Prefect flows on AWS ECS",
		UsageText:              "ecsctl bootstrap --pool my-ecs-pool\necsctl teardown --pool my-ecs-pool",
		Version:                version(),
		Reader:                 streams.In,
		Writer:                 streams.Out,
		ErrWriter:              streams.Err,
		Commands:               []*cli.Command{bootstrapCommand(streams), teardownCommand(streams), statusCommand(streams), listCommand(streams), logsCommand(streams), verifyCommand(streams), doctorCommand(streams), deployCommand(streams), initCommand(streams), imageCommand(streams), workerCommand(streams), policyCommand(streams), sandboxCommand(streams), demoCommand(streams), versionCommand(streams), completionCommand(streams), completeCommand(streams), manCommand(streams)},
		Action:                 noCommand,
		OnUsageError:           usageError,
		CommandNotFound:        nil,
		UseShortOptionHandling: true,
		// The default one exits by itself; exitCode is the only place that decides.
		ExitErrHandler: func(*cli.Context, error) {},
	}
}

// noCommand answers `ecsctl` and `ecsctl something-unknown`.
func noCommand(c *cli.Context) error {
	if c.Args().Present() {
		return usagef("there is no command %q: see `ecsctl --help`", c.Args().First())
	}
	return cli.ShowAppHelp(c)
}

func usageError(c *cli.Context, err error, _ bool) error {
	return usagef("%s: see `%s --help`", err, c.Command.HelpName)
}

// noArguments refuses what is left over after the flags. The flag library stops
// reading flags at the first argument, so a stray word would silently drop the rest.
func noArguments(c *cli.Context) error {
	if c.Args().Present() {
		return usagef("%s takes no argument %q: all that it needs are flags, see `ecsctl %s --help`", c.Command.Name, c.Args().First(), c.Command.Name)
	}
	return nil
}

func printf(w io.Writer, format string, args ...any) {
	// A terminal or pipe that is gone leaves nobody to tell.
	_, _ = fmt.Fprintf(w, format, args...)
}
