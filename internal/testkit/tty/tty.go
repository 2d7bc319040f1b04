// Package tty reads what programs write to a terminal.
package tty

import (
	"errors"
	"io"
	"syscall"
)

// Whole reads the master of a pseudo-terminal until nobody has its other end and all was read.
//
// Linux first looks for words and then whether the other end is closed (n_tty_read). What is written between the two
// looks, by a program that then ends, waits behind the error: a reader that believes it loses the last lines,
// once in 80,000 terminals on two busy processors. A read that begins after the error finds them.
func Whole(master io.Reader) io.Reader { return whole{master} }

type whole struct{ master io.Reader }

func (w whole) Read(p []byte) (int, error) {
	n, err := w.master.Read(p)
	if errors.Is(err, syscall.EIO) {
		return w.master.Read(p)
	}
	return n, err
}
