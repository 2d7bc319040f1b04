package console

import (
	"context"
	"errors"
	"os"
	"os/signal"
	"syscall"

	"github.com/urfave/cli/v2"

	"ecsctl/internal/buildinfo"
)

// NewApp is the frame of a program: its name, its streams, and how it takes what is
// wrong. The exit code is Run's to decide.
func NewApp(streams Streams, commands ...*cli.Command) *cli.App {
	noteVariables(commands)
	if IsTerminal(streams.Out) {
		joinParagraphs(commands)
	}
	return &cli.App{
		Name:                   "ecsctl",
		Usage:                  "run Prefect flows on AWS ECS",
		Version:                buildinfo.Version(),
		Reader:                 streams.In,
		Writer:                 streams.Out,
		ErrWriter:              streams.Err,
		Commands:               commands,
		Action:                 noCommand,
		OnUsageError:           UsageError,
		UseShortOptionHandling: true,
		// The default one exits by itself.
		ExitErrHandler: func(*cli.Context, error) {},
	}
}

// Run runs the app and returns the exit code: 0 fine, 1 failed or misused, 2 when a dry
// run with --detailed-exitcode has changes, 130 interrupted. Ctrl-C and SIGTERM end the
// context of what runs; a second signal ends the process at once.
func Run(app *cli.App, args []string, streams Streams) int {
	ctx, stop := untilSignal()
	defer stop()
	reporting := newReporting(app, args)
	ctx = context.WithValue(ctx, reportingKey{}, reporting)
	err := app.RunContext(ctx, arranged(app, args))
	if ctx.Err() != nil && err != nil && !errors.Is(err, ErrAbandoned) {
		err = context.Cause(ctx)
	}
	reporting.end(ctx, streams, err)
	Report(streams, err)
	return ExitCode(err)
}

// untilSignal ends with the first signal, whose error is the cause. The next one ends the process.
func untilSignal() (ctx context.Context, stop func()) {
	ctx, end := context.WithCancelCause(context.Background())
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	go func() {
		defer signal.Stop(signals)
		select {
		case got := <-signals:
			if got == syscall.SIGTERM {
				end(ErrTerminated)
			}
			end(ErrInterrupted)
		case <-ctx.Done():
		}
	}()
	return ctx, func() { end(nil) }
}
