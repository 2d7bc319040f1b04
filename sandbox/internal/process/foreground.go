package process

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"time"

	"golang.org/x/term"
)

// How long a command in the foreground has to end: at a terminal it got the Ctrl-C
// itself, and is told again only after a while.
const (
	politeTime = 3 * time.Second
	killTime   = 10 * time.Second
)

// Foreground is a command that has our own streams.
type Foreground struct {
	Args     []string // the command; its first word is looked up on PATH of Env
	Env      []string // the whole environment
	Dir      string   // working directory; "" is ours
	In       io.Reader
	Out, Err io.Writer
	Guard    *Guard
}

// Run runs the command to its end and returns its exit code: 128 and the signal's number
// when one ended it. When ctx is done it is asked to end, and killed ten seconds later.
// The error is a *NotFoundError when there is no such command.
//
// At a terminal the command stays in our group, so that it can read from it; then what
// it started itself is not ended with it.
func (f Foreground) Run(ctx context.Context) (int, error) {
	path, err := lookup(f.Args[0], f.Env)
	if err != nil {
		return 0, err
	}
	if err := f.Guard.ready(); err != nil {
		return 0, err
	}
	atTerminal := isTerminal(f.In)
	p := &Process{guard: f.Guard, shared: atTerminal, done: make(chan struct{})}
	p.cmd = &exec.Cmd{Path: path, Args: f.Args, Env: f.Env, Dir: f.Dir, Stdin: f.In, Stdout: f.Out, Stderr: f.Err,
		SysProcAttr: attributes(), WaitDelay: drainTime}
	polite := time.Duration(0)
	if atTerminal {
		p.cmd.SysProcAttr, polite = sharedGroup(), politeTime
	}
	ended := make(chan error, 1)
	if err := p.live(nil, func(err error) { ended <- err; close(p.done) }); err != nil {
		return 0, fmt.Errorf("failed to start %q: %w", f.Args[0], err)
	}
	err = p.waitFor(ctx, ended, polite, atTerminal)
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) && !errors.Is(err, exec.ErrWaitDelay) {
		return 0, fmt.Errorf("failed to run %q: %w", f.Args[0], err)
	}
	return p.ExitCode(), nil
}

// waitFor waits for the end, and brings it about once ctx is done.
func (p *Process) waitFor(ctx context.Context, ended <-chan error, polite time.Duration, alone bool) error {
	select {
	case err := <-ended:
		return err
	case <-ctx.Done():
	}
	for _, step := range []struct {
		after time.Duration
		do    func()
	}{{polite, func() { p.terminate(alone) }}, {killTime, func() { p.kill(alone) }}} {
		timer := time.NewTimer(step.after)
		select {
		case err := <-ended:
			timer.Stop()
			return err
		case <-timer.C:
			step.do()
		}
	}
	return <-ended
}

func isTerminal(in io.Reader) bool {
	file, ok := in.(*os.File)
	return ok && term.IsTerminal(int(file.Fd()))
}
