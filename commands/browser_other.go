//go:build !unix

package commands

import "syscall"

func ownSession() *syscall.SysProcAttr { return nil }
