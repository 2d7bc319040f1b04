package commands

import (
	"bytes"
	"io"
	"sync"
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
			printf(w.out, "   │ ")
		}
		printf(w.out, "%s", line)
		w.inside = !bytes.HasSuffix(line, []byte("\n"))
	}
	return len(p), nil
}
