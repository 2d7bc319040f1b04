package commands_test

import (
	"context"
	"flag"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"ecsctl/internal/testkit/stage"
	"ecsctl/internal/testkit/tty"

	"github.com/charmbracelet/x/vt"
	"github.com/creack/pty"
	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "write the golden screens anew")

// screen is a terminal of a size, whose emulator knows what a person sees at the moment
// and answers what programs ask of terminals.
type screen struct {
	*terminal
	mu  sync.Mutex
	emu *vt.Emulator
}

// openScreen starts ecsctl on a terminal of cols times rows. Entries of env go over the
// account's. stdout, if not nil, gets the results in place of the terminal.
func (a *account) openScreen(cols, rows int, stdout io.Writer, env []string, args ...string) *screen {
	a.t.Helper()
	s := &screen{terminal: &terminal{t: a.t, ended: make(chan struct{})}, emu: vt.NewEmulator(cols, rows)}
	s.cmd = exec.CommandContext(a.t.Context(), "ecsctl", args...)
	s.cmd.Env, s.cmd.Dir = append(append(a.env, "TERM=xterm-256color"), env...), a.dir
	s.cmd.Stdout = stdout
	var err error
	if s.tty, err = pty.StartWithSize(s.cmd, &pty.Winsize{Cols: uint16(cols), Rows: uint16(rows)}); err != nil {
		a.t.Fatal(err)
	}
	s.sendAnswers()
	go func() {
		defer close(s.ended)
		_, _ = io.Copy(s, tty.Whole(s.tty)) // it ends with an error when the program does
	}()
	return s
}

// sendAnswers sends what the emulator answers, until the test ends.
func (s *screen) sendAnswers() {
	var sending sync.WaitGroup
	sending.Go(func() { _, _ = io.Copy(s.tty, s.emu) })
	s.t.Cleanup(func() {
		_ = s.tty.Close()
		_ = s.emu.InputPipe().(io.Closer).Close() // the emulator's own Close is a data race with its Read
		sending.Wait()
	})
}

// Write shows what the program writes.
func (s *screen) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	_, _ = s.terminal.Write(p)
	return s.emu.Write(p)
}

// varying is what differs from run to run, and what it is shown as, at the same length.
var varying = []struct {
	pattern *regexp.Regexp
	shown   string
}{
	{regexp.MustCompile(`(vpc|subnet|sg)-[0-9a-f]{17}`), "$1-0123456789abcdef0"},
	{regexp.MustCompile(`(vpc|subnet|sg)-[0-9a-f]{1,16}…`), "$1-cut…"},
	{regexp.MustCompile(`worker:dev-[0-9a-f]{12}`), "worker:dev-0123456789ab"},
	{regexp.MustCompile(`127\.0\.0\.1:\d+`), "127.0.0.1:PORT"},
	{regexp.MustCompile(`\((\d+\.\ds|\ds)\)`), "(TIME)"},
}

// lines is what is to be seen, without trailing blanks.
func (s *screen) lines() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []string
	for _, line := range strings.Split(s.emu.String(), "\n") {
		out = append(out, strings.TrimRight(line, " \r"))
	}
	return strings.TrimRight(strings.Join(out, "\n"), "\n")
}

// sees waits until the part is on the screen and nothing has moved for a moment.
func (s *screen) sees(parts ...string) string {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(s.t.Context(), stage.Patience)
	defer cancel()
	ticker := time.NewTicker(25 * time.Millisecond)
	defer ticker.Stop()
	before := ""
	for {
		now := s.lines()
		if now == before && containsAll(now, parts) {
			return now
		}
		before = now
		select {
		case <-ctx.Done():
			s.t.Fatalf("the screen does not show %q:\n%s", parts, now)
		case <-ticker.C:
		}
	}
}

// until waits until something has been shown.
func (s *screen) until(shown func() bool) {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(s.t.Context(), stage.Patience)
	defer cancel()
	ticker := time.NewTicker(5 * time.Millisecond)
	defer ticker.Stop()
	for !shown() {
		select {
		case <-ctx.Done():
			s.t.Fatalf("it does not come:\n%s", s.text())
		case <-ticker.C:
		}
	}
}

func containsAll(text string, parts []string) bool {
	for _, part := range parts {
		if !strings.Contains(text, part) {
			return false
		}
	}
	return true
}

// asked waits for the question with the title to be complete.
func (s *screen) asked(title string) string {
	s.t.Helper()
	return s.sees("┃ "+title, "enter next")
}

// press types keys.
func (s *screen) press(keys string) {
	s.t.Helper()
	if _, err := s.tty.WriteString(keys); err != nil {
		s.t.Fatal(err)
	}
}

// golden compares a screen with the one that was looked at by a person.
func golden(t *testing.T, name, got string) {
	t.Helper()
	for _, v := range varying {
		got = v.pattern.ReplaceAllString(got, v.shown)
	}
	got += "\n"
	path := filepath.Join("..", "testdata", "screens", name+".txt")
	if *update {
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("screen %s (-want +got):\n%s", name, diff)
	}
}
