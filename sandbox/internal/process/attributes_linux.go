package process

import "syscall"

// attributes put the command into a group of its own and let it die with the sandbox.
func attributes() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
}

// sharedGroup leaves the command in our group, and lets it die with the sandbox.
func sharedGroup() *syscall.SysProcAttr { return &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL} }
