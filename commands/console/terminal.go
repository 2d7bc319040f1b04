package console

import (
	"io"
	"os"
	"sync"

	"golang.org/x/term"

	"ecsctl/internal/plaintext"
)

// terminal is a file that somebody reads. All text goes through one filter there, whoever
// wrote it, and is wrapped between words at the window's width; what moves the cursor is ours,
// and goes to Raw.
type terminal struct {
	file *os.File

	mu    sync.Mutex
	wraps *wrapper // nil where lines stay as they are
}

// Filtered is a file of the process as commands write to it.
func Filtered(file *os.File) io.Writer {
	if !term.IsTerminal(int(file.Fd())) {
		return file
	}
	return &terminal{file: file, wraps: &wrapper{}}
}

// Exact is the writer without line breaks of ours: for what programs read, and for logs.
func Exact(w io.Writer) io.Writer {
	if t, ok := w.(*terminal); ok {
		return &terminal{file: t.file}
	}
	return w
}

// Write shows control characters and takes the rest as it is, but for the lines' ends.
func (t *terminal) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	text := plaintext.Text(string(p))
	if width, _, err := term.GetSize(int(t.Fd())); t.wraps != nil && err == nil && width >= leastWidth {
		text = t.wraps.wrap(text, width)
	}
	if _, err := io.WriteString(t.file, text); err != nil {
		return 0, err
	}
	return len(p), nil
}

// Read and Fd let libraries find out what the terminal can do.
func (t *terminal) Read(p []byte) (int, error) { return t.file.Read(p) }

// Fd is the file's descriptor.
func (t *terminal) Fd() uintptr { return t.file.Fd() }

// Raw is the writer behind the filter.
func Raw(w io.Writer) io.Writer {
	if t, ok := w.(*terminal); ok {
		return t.file
	}
	return w
}

// IsTerminal reports whether somebody reads what is written there.
func IsTerminal(w io.Writer) bool {
	file, ok := w.(interface{ Fd() uintptr })
	return ok && term.IsTerminal(int(file.Fd()))
}
