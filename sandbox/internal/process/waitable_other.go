//go:build unix && !linux

package process

import "errors"

// awaitEnd fails: waitid of macOS returns for a process that was only stopped, too.
func awaitEnd(int) error { return errors.ErrUnsupported }
