// Package process runs a container's command as a local process in a group of its
// own, so that all it starts ends with it.
package process

import (
	"bufio"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"time"
)

// drainTime is how long output is still read once the command has ended; a process
// that left the group may hold the pipe open for ever.
const drainTime = 500 * time.Millisecond

// Spec is what to run.
type Spec struct {
	Args []string     // the command; its first word is looked up on PATH of Env
	Env  []string     // the whole environment
	Dir  string       // working directory
	Root *Root        // where the paths of Args and Dir lie, which are absolute then; nil: on this machine
	Mark string       // a variable of Env, NAME=VALUE, that nobody else has: what has it ends with the command
	Line func(string) // is given each line of output, one at a time; nil drops them

	Guard *Guard // ends the process when ours is killed; nil: only on Linux, and it alone
}

// Process is a command that was started.
type Process struct {
	cmd    *exec.Cmd
	output *os.File
	guard  *Guard
	shared bool // its group is ours
	mark   string
	began  uint64 // how many processes the machine had started before; 0 where that is not known
	done   chan struct{}

	mu     sync.Mutex
	reaped bool // or about to be: its id must not be used any more
}

// NotFoundError says that there is no such command on PATH.
type NotFoundError struct{ Command string }

func (e *NotFoundError) Error() string {
	return fmt.Sprintf("exec: %q: executable file not found in $PATH", e.Command)
}

// Start runs the command. The error is a *NotFoundError when there is no such command.
func Start(spec Spec) (*Process, error) {
	if len(spec.Args) == 0 {
		return nil, errors.New("no command specified")
	}
	path, err := spec.program()
	if err != nil {
		return nil, err
	}
	if err := spec.Guard.ready(); err != nil {
		return nil, err
	}
	reader, writer, err := os.Pipe()
	if err != nil {
		return nil, fmt.Errorf("failed to make a pipe: %w", err)
	}
	p := &Process{output: reader, guard: spec.Guard, mark: spec.Mark, done: make(chan struct{})}
	p.cmd = &exec.Cmd{Path: path, Args: spec.Args, Env: spec.Env, Dir: spec.Dir, Stdout: writer, Stderr: writer,
		SysProcAttr: attributes()}
	read := make(chan struct{})
	started := p.live(spec.Root, func(error) { p.drain(read) })
	_ = writer.Close() // the command has its own copy
	if started != nil {
		_ = reader.Close()
		return nil, fmt.Errorf("failed to start %q: %w", spec.Args[0], started)
	}
	go p.read(spec.Line, read)
	return p, nil
}

// program is what to start. In a root of its own that is known beforehand.
func (s Spec) program() (string, error) {
	if s.Root != nil {
		return s.Args[0], nil
	}
	return lookup(s.Args[0], s.Env)
}

// live starts the command and calls ended with the outcome of its end. Both are done by one
// thread: Linux kills a process with Pdeathsig when the thread that started it ends, and Go ends
// threads as it likes. The mounts of a root belong to that thread, too.
func (p *Process) live(root *Root, ended func(error)) error {
	started := make(chan error)
	run := func() {
		err := p.begin(root)
		started <- err
		if err == nil {
			ended(p.reap())
		}
	}
	if root != nil {
		go onOwnThread(run)
		return <-started
	}
	go func() {
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		run()
	}()
	return <-started
}

func (p *Process) begin(root *Root) error {
	if root != nil {
		if err := root.enter(p.cmd); err != nil {
			return err
		}
	}
	if p.mark != "" {
		p.began = births()
	}
	if err := p.cmd.Start(); err != nil {
		return err
	}
	if !p.shared {
		p.guard.begin(p.cmd.Process.Pid)
	}
	return nil
}

func (p *Process) read(line func(string), done chan<- struct{}) {
	defer close(done)
	in := bufio.NewReader(p.output)
	for {
		text, err := in.ReadString('\n')
		if text = strings.TrimRight(text, "\r\n"); text != "" && line != nil {
			line(text)
		}
		if err != nil {
			return
		}
	}
}

// drain reads what the command has left in the pipe; the outcome is in ProcessState.
func (p *Process) drain(read <-chan struct{}) {
	_ = p.output.SetReadDeadline(time.Now().Add(drainTime))
	<-read
	_ = p.output.Close()
	close(p.done)
}

// Done is closed when the command has ended and its output was read.
func (p *Process) Done() <-chan struct{} { return p.done }

// lookup finds a command on PATH of the environment that it will have, not of ours.
func lookup(command string, env []string) (string, error) {
	if strings.Contains(command, "/") {
		if IsProgram(command) {
			return command, nil
		}
		return "", &NotFoundError{command}
	}
	for _, dir := range filepath.SplitList(Variable(env, "PATH")) {
		if path := filepath.Join(dir, command); IsProgram(path) {
			return path, nil
		}
	}
	return "", &NotFoundError{command}
}

// IsProgram reports whether a file can be run.
func IsProgram(path string) bool {
	info, err := os.Stat(path)
	return err == nil && !info.IsDir() && info.Mode()&0o111 != 0
}

// Variable is the value of a variable in an environment; the last one counts.
func Variable(env []string, name string) string {
	for i := len(env) - 1; i >= 0; i-- {
		if value, ok := strings.CutPrefix(env[i], name+"="); ok {
			return value
		}
	}
	return ""
}
