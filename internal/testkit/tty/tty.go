// Package tty reads what programs write to a terminal.
package tty

import (
	"errors"
	"io"
	"syscall"
)

// Whole reads the master of a pseudo-terminal until nobody has its other end and all was read.
//
// Linux first checks for data and then whether the other end is closed (n_tty_read). When a program writes and exits
// between the two checks, its last lines are still there, but the read fails with EIO: on two busy processors one
// terminal in some ten thousand loses them. A read that begins after the error returns them.
func Whole(master io.Reader) io.Reader { return whole{master} }

type whole struct{ master io.Reader }

func (w whole) Read(p []byte) (int, error) {
	n, err := w.master.Read(p)
	if errors.Is(err, syscall.EIO) {
		return w.master.Read(p)
	}
	return n, err
}
