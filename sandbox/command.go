package sandbox

import (
	"context"
	"io"

	"ecsctl/sandbox/internal/process"
)

// Command is a program to run beside the sandbox.
type Command struct {
	Args     []string // its first word is looked up on PATH of Env
	Env      []string // the whole environment; that of the sandbox is not added
	Dir      string   // working directory; "" is ours
	In       io.Reader
	Out, Err io.Writer
}

// Run runs a command to its end, in the foreground, and returns its exit code. It does
// not outlive the sandbox, even when that is killed. When ctx is done it is asked to
// end, and killed ten seconds later. The error is a *CommandNotFoundError when there is
// no such command.
func (s *Server) Run(ctx context.Context, c Command) (int, error) {
	return process.Foreground{
		Args: c.Args, Env: c.Env, Dir: c.Dir, In: c.In, Out: c.Out, Err: c.Err, Guard: &s.guard,
	}.Run(ctx)
}

// CommandNotFoundError says that there is no such command on PATH.
type CommandNotFoundError = process.NotFoundError
