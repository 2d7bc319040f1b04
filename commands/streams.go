package commands

import (
	"io"
	"os"

	"golang.org/x/term"
)

// Streams are where a command reads and writes.
type Streams struct {
	In       io.Reader
	Out, Err io.Writer
	// CanPrompt tells whether somebody is there to answer: standard input and
	// standard error are a terminal.
	CanPrompt bool
}

// SystemStreams are those of the process.
func SystemStreams() Streams {
	return Streams{
		In: os.Stdin, Out: filtered(os.Stdout), Err: filtered(os.Stderr),
		CanPrompt: term.IsTerminal(int(os.Stdin.Fd())) && term.IsTerminal(int(os.Stderr.Fd())),
	}
}
