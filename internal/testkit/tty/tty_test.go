package tty

import (
	"io"
	"os"
	"strings"
	"syscall"
	"testing"
)

// closing is a terminal that reports its end at these reads.
type closing struct {
	text  io.Reader
	reads int
	ends  []int
}

func (c *closing) Read(p []byte) (int, error) {
	c.reads++
	for _, end := range c.ends {
		if c.reads == end {
			return 0, &os.PathError{Op: "read", Path: "/dev/ptmx", Err: syscall.EIO}
		}
	}
	n, err := c.text.Read(p)
	if err == io.EOF {
		err = syscall.EIO
	}
	return n, err
}

// What was written just before the end is read, although the end is reported first.
func TestWhatWaitsBehindTheEndIsRead(t *testing.T) {
	for name, ends := range map[string][]int{"no end before": nil, "at first": {1}, "in the middle": {3}, "late": {6}} {
		terminal := &closing{text: io.MultiReader(strings.NewReader("one\n"), strings.NewReader("two\n"),
			strings.NewReader("three\n")), ends: ends}
		got, err := io.ReadAll(Whole(terminal))
		if string(got) != "one\ntwo\nthree\n" || err == nil {
			t.Errorf("%s: got %q, %v", name, got, err)
		}
	}
}
