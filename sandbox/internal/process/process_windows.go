package process

import "syscall"

func attributes() *syscall.SysProcAttr { return &syscall.SysProcAttr{} }

func sharedGroup() *syscall.SysProcAttr { return &syscall.SysProcAttr{} }

func (p *Process) terminate(bool) { p.Kill() }

func (p *Process) kill(bool) { p.Kill() }

// Terminate ends the command: Windows has no signal to ask it.
func (p *Process) Terminate() { p.Kill() }

// Kill ends the command; what it started is left to itself.
func (p *Process) Kill() { _ = p.cmd.Process.Kill() }

func (p *Process) reap() error { return p.cmd.Wait() }

// ExitCode is that of the command. It may be asked once Done is closed.
func (p *Process) ExitCode() int { return p.cmd.ProcessState.ExitCode() }
