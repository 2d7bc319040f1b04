package commands

import (
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/urfave/cli/v2"

	"ecsctl/commands/prompt"
	"ecsctl/internal/hint"
)

// errChanges ends a dry run that has changes, with --detailed-exitcode.
var errChanges = errors.New("the dry run has changes")

// errUnhealthy ends a status that has just been shown.
var errUnhealthy = errors.New("the pool is not healthy")

// errInterrupted ends a command after Ctrl-C or SIGTERM.
var errInterrupted = hint.Add(errors.New("interrupted"), "run the same command again: it goes on where it stopped")

// usageErr is a command line that cannot be right.
type usageErr struct{ error }

func usagef(format string, args ...any) error { return usageErr{fmt.Errorf(format, args...)} }

func exitCode(err error) int {
	var command commandExit
	switch {
	case err == nil:
		return 0
	case errors.Is(err, errChanges):
		return 2
	case errors.Is(err, errInterrupted), errors.Is(err, prompt.ErrInterrupted):
		return 130
	case errors.As(err, &command):
		return command.code
	}
	return 1
}

// report prints an error, one line for each part of a joined one, then its hints.
func report(streams Streams, err error) {
	if err == nil || errors.Is(err, errChanges) || errors.Is(err, errUnhealthy) || errors.As(err, new(commandExit)) {
		return
	}
	for _, part := range parts(err) {
		printf(streams.Err, "ecsctl: error: %s\n", strings.TrimSpace(part.Error()))
	}
	for _, h := range hint.Of(err) {
		printf(streams.Err, "ecsctl: hint: %s\n", h)
	}
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

// commandExit carries the exit code of the command that ran in the sandbox; the command
// has said itself what there was to say.
type commandExit struct{ code int }

func (e commandExit) Error() string { return "the command failed" }

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
