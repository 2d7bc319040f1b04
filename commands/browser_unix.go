//go:build unix

package commands

import "syscall"

// ownSession keeps the browser from the hang-up that a terminal sends when its last program has ended.
func ownSession() *syscall.SysProcAttr { return &syscall.SysProcAttr{Setsid: true} }
