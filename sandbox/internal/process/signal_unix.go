//go:build unix

package process

import (
	"os"
	"syscall"
)

// Terminate asks the whole group to end.
func (p *Process) Terminate() { _ = p.signal(syscall.SIGTERM) }

// Kill ends the whole group.
func (p *Process) Kill() { _ = p.signal(syscall.SIGKILL) }

func (p *Process) terminate(alone bool) { p.signalTo(alone, syscall.SIGTERM) }

func (p *Process) kill(alone bool) { p.signalTo(alone, syscall.SIGKILL) }

// signalTo spares the group when it is ours too.
func (p *Process) signalTo(alone bool, sig syscall.Signal) {
	if alone {
		_ = p.cmd.Process.Signal(sig)
		return
	}
	_ = p.signal(sig)
}

// signal reaches the group as long as its first process has not been waited for. After that the
// id may be a stranger's.
func (p *Process) signal(sig syscall.Signal) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.reaped {
		return os.ErrProcessDone
	}
	return syscall.Kill(-p.cmd.Process.Pid, sig)
}

// reap waits for the command and ends the rest of its group. Where the system allows, the command
// is a zombie meanwhile, so that its id is the group's and nobody else's.
func (p *Process) reap() error {
	pid := p.cmd.Process.Pid
	if awaitEnd(pid) == nil {
		p.endGroup()
		return p.cmd.Wait()
	}
	err := p.cmd.Wait()
	p.endGroup()
	return err
}

// endGroup is the last that may use the id.
func (p *Process) endGroup() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.reaped = true
	if p.shared {
		return
	}
	_ = syscall.Kill(-p.cmd.Process.Pid, syscall.SIGKILL) // ESRCH: nothing is left
	endLeftovers(p.mark, p.cmd.Process.Pid, p.began)
	p.guard.end(p.cmd.Process.Pid)
}

// ExitCode is that of the command; 128 and the signal's number when one ended it.
// It may be asked once Done is closed.
func (p *Process) ExitCode() int {
	status, ok := p.cmd.ProcessState.Sys().(syscall.WaitStatus)
	if ok && status.Signaled() {
		return 128 + int(status.Signal())
	}
	return p.cmd.ProcessState.ExitCode()
}
