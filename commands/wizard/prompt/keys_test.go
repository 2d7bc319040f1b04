package prompt

import (
	"io"
	"os"
	"testing"
	"time"
)

// slowTerminal is a terminal on a busy machine: a key is there right after the first read, and the second
// read takes longer to come about than Bubble Tea waits for its readers.
type slowTerminal struct {
	*os.File
	reads int
	typed func()
	late  <-chan struct{}
}

func (s *slowTerminal) Read(p []byte) (int, error) {
	s.reads++
	if s.reads == 2 {
		<-s.late
	}
	n, err := s.File.Read(p)
	if s.reads == 1 {
		s.typed()
	}
	return n, err
}

// What is typed before the next question is there is its answer, also when the reader of the question
// before ends late.
func TestKeysOfTheNextQuestion(t *testing.T) {
	t.Parallel()
	out, in, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _, _ = out.Close(), in.Close() })
	press := func(keys string) {
		if _, err := in.WriteString(keys); err != nil {
			t.Error(err)
		}
	}
	late := make(chan struct{})
	form := &Form{In: &slowTerminal{File: out, typed: func() { press("b") }, late: late}, Out: io.Discard}
	press("a\r")
	ask := func(title string) []string {
		answer, err := form.Ask(t.Context(), Question{Title: title})
		if err != nil {
			t.Fatalf("%s: %v", title, err)
		}
		return answer
	}
	// Longer than Bubble Tea waits, and then the late reader is there when the next answer is typed.
	time.AfterFunc(time.Second, func() { close(late) })
	time.AfterFunc(1500*time.Millisecond, func() { press("c\r") })
	if got := ask("first"); got[0] != "a" {
		t.Errorf("the first answer is %q", got)
	}
	if got := ask("second"); got[0] != "bc" {
		t.Errorf("the second answer is %q", got)
	}
}
