package console

import (
	"io"
	"os"

	"golang.org/x/term"

	"ecsctl/internal/plaintext"
)

// terminal is a file that somebody reads. All text goes through one filter there, whoever
// wrote it; what moves the cursor is ours, and goes to raw.
type terminal struct{ file *os.File }

// Filtered is a file of the process as commands write to it.
func Filtered(file *os.File) io.Writer {
	if !term.IsTerminal(int(file.Fd())) {
		return file
	}
	return terminal{file}
}

// Write shows control characters and takes the rest as it is.
func (t terminal) Write(p []byte) (int, error) {
	if _, err := io.WriteString(t.file, plaintext.Text(string(p))); err != nil {
		return 0, err
	}
	return len(p), nil
}

// Read and Fd let libraries find out what the terminal can do.
func (t terminal) Read(p []byte) (int, error) { return t.file.Read(p) }

// Fd is the file's descriptor.
func (t terminal) Fd() uintptr { return t.file.Fd() }

// Raw is the writer behind the filter.
func Raw(w io.Writer) io.Writer {
	if t, ok := w.(terminal); ok {
		return t.file
	}
	return w
}

// IsTerminal reports whether somebody reads what is written there.
func IsTerminal(w io.Writer) bool {
	file, ok := w.(interface{ Fd() uintptr })
	return ok && term.IsTerminal(int(file.Fd()))
}
