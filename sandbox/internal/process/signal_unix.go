//go:build unix

package process

import "syscall"

// Terminate asks the whole group to end.
func (p *Process) Terminate() { p.signal(syscall.SIGTERM) }

// Kill ends the whole group.
func (p *Process) Kill() { p.signal(syscall.SIGKILL) }

func (p *Process) terminate(alone bool) { p.signalTo(alone, syscall.SIGTERM) }

func (p *Process) kill(alone bool) { p.signalTo(alone, syscall.SIGKILL) }

// signalTo spares the group when it is ours too.
func (p *Process) signalTo(alone bool, sig syscall.Signal) {
	if alone {
		_ = p.cmd.Process.Signal(sig)
		return
	}
	p.signal(sig)
}

func (p *Process) signal(sig syscall.Signal) {
	_ = syscall.Kill(-p.cmd.Process.Pid, sig) // ESRCH: it has ended already
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
