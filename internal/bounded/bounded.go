// Package bounded reads what others wrote, up to a limit: neither a file nor an answer may
// take the memory of this machine.
package bounded

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
)

// MaxFile is enough for any file of settings, and MaxProgram for any program.
const (
	MaxFile    = 1 << 20
	MaxProgram = 512 << 20
)

// TooLargeError says that there was more than the limit.
type TooLargeError struct{ Limit int64 }

func (e *TooLargeError) Error() string { return "it is larger than " + Size(e.Limit) }

// Size writes a number of bytes in the largest unit that divides it.
func Size(n int64) string {
	switch {
	case n >= 1<<20 && n%(1<<20) == 0:
		return fmt.Sprintf("%d MiB", n>>20)
	case n >= 1<<10 && n%(1<<10) == 0:
		return fmt.Sprintf("%d KiB", n>>10)
	}
	return fmt.Sprintf("%d bytes", n)
}

// Read reads to the end; more than limit is a TooLargeError.
func Read(r io.Reader, limit int64) ([]byte, error) { return read(r, 0, limit) }

// read takes room for size bytes at once: a program that is read into a growing slice costs three times its memory.
func read(r io.Reader, size, limit int64) ([]byte, error) {
	raw := bytes.NewBuffer(make([]byte, 0, max(0, min(size, limit))+bytes.MinRead))
	_, err := raw.ReadFrom(io.LimitReader(r, limit+1))
	if err == nil && int64(raw.Len()) > limit {
		return nil, &TooLargeError{limit}
	}
	return raw.Bytes(), err
}

// ReadFile reads a file, as Read does.
func ReadFile(path string, limit int64) ([]byte, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	var size int64
	if info, err := file.Stat(); err == nil && info.Mode().IsRegular() {
		size = info.Size()
	}
	raw, err := read(file, size, limit)
	var tooLarge *TooLargeError
	if errors.As(err, &tooLarge) {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return raw, err
}

// ReadFound reads a file that nobody named: it must be a regular one, since a pipe would
// keep every command waiting.
func ReadFound(path string, limit int64) ([]byte, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("%s is not a regular file", path)
	}
	return ReadFile(path, limit)
}
