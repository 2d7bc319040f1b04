//go:build !linux

package process

import (
	"errors"
	"os/exec"
	"runtime"
)

// OwnRoots returns why containers cannot have a root of their own here.
func OwnRoots() error { return errors.New("there are no mount namespaces on " + runtime.GOOS) }

func (r *Root) enter(*exec.Cmd) error { return OwnRoots() }

func onOwnThread(do func()) { do() }
