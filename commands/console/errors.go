package console

import (
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/urfave/cli/v2"

	"ecsctl/internal/hint"
)

// ErrChanges ends a dry run that has changes, with --detailed-exitcode.
var ErrChanges = errors.New("the dry run has changes")

// ErrUnhealthy ends a status that has just been shown.
var ErrUnhealthy = errors.New("the pool is not healthy")

const runAgain = "run the same command again: it continues where it stopped"

// What ends a command after Ctrl-C, and after a SIGTERM: of a shutdown, a scheduler or a time limit.
var (
	ErrInterrupted = hint.Add(errors.New("interrupted"), runAgain)
	ErrTerminated  = hint.Add(errors.New("terminated by SIGTERM"), runAgain)
)

// ErrAbandoned ends a question at which Ctrl-C was typed.
var ErrAbandoned = errors.New("interrupted: nothing was changed")

// usageErr is a command line that cannot be right.
type usageErr struct{ error }

// Usagef returns an error about a command line that cannot be right.
func Usagef(format string, args ...any) error { return usageErr{fmt.Errorf(format, args...)} }

// ExitCode returns the exit code of the program for the error of a command: 2 for changes, 130
// for an interrupt, else 0 or 1.
func ExitCode(err error) int {
	var command CommandExit
	switch {
	case err == nil:
		return 0
	case errors.Is(err, ErrChanges):
		return 2
	case errors.Is(err, ErrInterrupted), errors.Is(err, ErrTerminated), errors.Is(err, ErrAbandoned):
		return 130
	case errors.As(err, &command):
		return command.Code
	}
	return 1
}

// Report prints an error, one line for each part of a joined one, then its hints.
func Report(streams Streams, err error) {
	if err == nil || isTold(err) {
		return
	}
	for _, part := range parts(err) {
		Printf(streams.Err, "ecsctl: error: %s\n", strings.TrimSpace(part.Error()))
	}
	for _, h := range hint.Of(err) {
		Printf(streams.Err, "ecsctl: fix: %s\n", h)
	}
}

// isTold reports whether an error is no more than an exit code: what there was to say has been said.
func isTold(err error) bool {
	return errors.Is(err, ErrChanges) || errors.Is(err, ErrUnhealthy) || errors.As(err, new(CommandExit))
}

// parts takes joined errors apart.
func parts(err error) []error {
	joined, ok := err.(interface{ Unwrap() []error })
	if !ok || strings.Count(err.Error(), "\n") == 0 {
		return []error{err}
	}
	var out []error
	for _, e := range joined.Unwrap() {
		out = append(out, parts(e)...)
	}
	return out
}

// CommandExit carries the exit code of the command that ran in the sandbox; the command
// has said itself what there was to say.
type CommandExit struct{ Code int }

func (e CommandExit) Error() string { return "the command failed" }

// NoArguments refuses what is left over after the flags.
func NoArguments(c *cli.Context) error {
	if c.Args().Present() {
		return Usagef("%s takes no argument %q: all that it needs are flags, see `ecsctl %s --help`", c.Command.Name,
			c.Args().First(), c.Command.Name)
	}
	return nil
}

// Printf writes to a terminal or a file, and ignores errors: a terminal or pipe that is
// gone leaves nobody to tell.
func Printf(w io.Writer, format string, args ...any) {
	_, _ = fmt.Fprintf(w, format, args...)
}
