package demo

import (
	"bytes"
	"io"
	"sync"

	"ecsctl/commands/console"
)

// indented puts each line of a command's output behind a bar.
type indented struct {
	mu     sync.Mutex
	out    io.Writer
	inside bool // of a line
}

// Write implements io.Writer.
func (w *indented) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for line := range bytes.Lines(p) {
		if !w.inside {
			console.Printf(w.out, "   │ ")
		}
		console.Printf(w.out, "%s", line)
		w.inside = !bytes.HasSuffix(line, []byte("\n"))
	}
	return len(p), nil
}
