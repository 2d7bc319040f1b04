// Package console is what the commands say to people and programs: streams, errors and exit codes, plans,
// results, questions of yes or no, and what is drawn while something is under way.
package console

import (
	"io"
	"os"

	"golang.org/x/term"
)

// Streams are where a command reads and writes.
type Streams struct {
	In       io.Reader
	Out, Err io.Writer
	// CanPrompt reports whether somebody is there to answer: standard input and
	// standard error are a terminal.
	CanPrompt bool
}

// SystemStreams are those of the process.
func SystemStreams() Streams {
	return Streams{
		In: os.Stdin, Out: Filtered(os.Stdout), Err: Filtered(os.Stderr),
		CanPrompt: term.IsTerminal(int(os.Stdin.Fd())) && term.IsTerminal(int(os.Stderr.Fd())),
	}
}
