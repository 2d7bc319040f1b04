package commands

import (
	"errors"
	"fmt"
	"strings"

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
