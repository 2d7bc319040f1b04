//go:build e2e

package peers

import (
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"syscall"
)

// Process is a running program whose output goes to a file.
type Process struct {
	cmd  *exec.Cmd
	Log  string // path of the file with its output
	done chan struct{}
	err  error
}

// Start runs a command with both outputs in the file log. It gets a process group
// of its own and is killed when this process dies, however it dies. What it inherits is
// its own from then on.
func Start(cmd *exec.Cmd, log string) (*Process, error) {
	defer func() {
		for _, file := range cmd.ExtraFiles {
			file.Close()
		}
	}()
	file, err := os.Create(log)
	if err != nil {
		return nil, fmt.Errorf("failed to start %q: %w", cmd.Path, err)
	}
	defer file.Close()
	cmd.Stdout, cmd.Stderr = file, file
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	p := &Process{cmd: cmd, Log: log, done: make(chan struct{})}
	started := make(chan error)
	go p.keep(started)
	if err := <-started; err != nil {
		return nil, fmt.Errorf("failed to start %q: %w", cmd.Path, err)
	}
	return p, nil
}

// keep holds its thread for as long as the process lives: the kernel sends the
// death signal when the thread that forked goes away, not when the program does.
func (p *Process) keep(started chan<- error) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	err := p.cmd.Start()
	started <- err
	if err != nil {
		return
	}
	p.err = p.cmd.Wait()
	close(p.done)
}

// PID is the process id.
func (p *Process) PID() int { return p.cmd.Process.Pid }

// Done is closed when the process has ended.
func (p *Process) Done() <-chan struct{} { return p.done }

// Kill ends the process and its group at once and waits for it.
func (p *Process) Kill() {
	_ = syscall.Kill(-p.PID(), syscall.SIGKILL) // it may have ended already
	<-p.done
}

// Err says how the process ended; valid after Done.
func (p *Process) Err() error { return p.err }

// Tail returns the end of the output.
func (p *Process) Tail() string {
	const most = 4000
	text, err := os.ReadFile(p.Log)
	if err != nil {
		return err.Error()
	}
	return string(text[max(0, len(text)-most):])
}
