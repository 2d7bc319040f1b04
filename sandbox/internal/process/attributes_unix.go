//go:build unix && !linux

package process

import "syscall"

// attributes put the command into a group of its own.
func attributes() *syscall.SysProcAttr { return &syscall.SysProcAttr{Setpgid: true} }

// sharedGroup leaves the command in our group.
func sharedGroup() *syscall.SysProcAttr { return &syscall.SysProcAttr{} }
