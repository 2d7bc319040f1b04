package commands_test

import (
	"bytes"
	"context"
	"io"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"ecsctl/internal/testkit/stage"
	"ecsctl/internal/testkit/tty"

	"github.com/creack/pty"
)

// terminal is a person's: what ecsctl shows, and keys to type.
type terminal struct {
	t   *testing.T
	cmd *exec.Cmd
	tty *os.File

	mu    sync.Mutex
	shown bytes.Buffer
	ended chan struct{} // nothing more is shown
}

// open starts ecsctl on a terminal of its own.
func (a *account) open(args ...string) *terminal {
	a.t.Helper()
	term := &terminal{t: a.t, cmd: exec.CommandContext(a.t.Context(), "ecsctl", args...), ended: make(chan struct{})}
	term.cmd.Env, term.cmd.Dir = append(a.env, "TERM=xterm-256color"), a.dir
	var err error
	if term.tty, err = pty.Start(term.cmd); err != nil {
		a.t.Fatal(err)
	}
	a.t.Cleanup(func() { _ = term.tty.Close() })
	go func() {
		defer close(term.ended)
		_, _ = io.Copy(term, tty.Whole(term.tty)) // it ends with an error when the program does
	}()
	return term
}

// Write keeps what is shown.
func (term *terminal) Write(p []byte) (int, error) {
	term.mu.Lock()
	defer term.mu.Unlock()
	return term.shown.Write(p)
}

func (term *terminal) text() string {
	term.mu.Lock()
	defer term.mu.Unlock()
	return strings.ReplaceAll(term.shown.String(), "\r\n", "\n")
}

// answer waits for a question and types the keys.
func (term *terminal) answer(question, keys string) {
	term.t.Helper()
	ctx, cancel := context.WithTimeout(term.t.Context(), stage.Patience)
	defer cancel()
	ticker := time.NewTicker(5 * time.Millisecond)
	defer ticker.Stop()
	for !strings.Contains(term.text(), question) {
		select {
		case <-ctx.Done():
			term.t.Fatalf("there was no question %q:\n%s", question, term.text())
		case <-ticker.C:
		}
	}
	if _, err := term.tty.WriteString(keys); err != nil {
		term.t.Fatal(err)
	}
}

// exits waits for the end and asserts the exit code and what was shown, wherever lines end.
func (term *terminal) exits(code int, says ...string) {
	term.t.Helper()
	ctx, cancel := context.WithTimeout(term.t.Context(), stage.Patience)
	defer cancel()
	select {
	case <-term.ended:
	case <-ctx.Done():
		term.t.Fatalf("it does not end:\n%s", term.text())
	}
	_ = term.cmd.Wait() // the exit code says it
	text := term.text()
	if got := term.cmd.ProcessState.ExitCode(); got != code {
		term.t.Errorf("exit code %d, want %d:\n%s", got, code, text)
	}
	for _, part := range says {
		if !strings.Contains(inOneLine(text), inOneLine(part)) {
			term.t.Errorf("%q is not shown:\n%s", part, text)
		}
	}
	if strings.Contains(text, stage.CanaryMark) {
		term.t.Error("an API key is shown")
	}
}

func inOneLine(text string) string { return strings.Join(strings.Fields(text), " ") }

// wrote asserts how many writes there were since the last look; with 0, none was tried.
func (a *account) wrote(want int) {
	a.t.Helper()
	if got, tried := a.Writes(), a.Tried(); len(got) != want || want == 0 && len(tried) > 0 {
		a.t.Errorf("%d writes, want %d: %q; the attempts:\n%s", len(got), want, got, tried)
	}
	a.Tap.Reset()
}

// On a terminal bootstrap shows the plan and asks; only a yes goes ahead.
func TestBootstrapAsks(t *testing.T) {
	t.Parallel()
	const question = "Make these changes in account 123456789012? [y/N]"
	for name, test := range map[string]struct {
		keys         string
		code, writes int
		says         string
	}{
		"yes":        {"y\r", 0, 24, "created service prefect-worker-etl"},
		"YES":        {"YES\r", 0, 24, "created service prefect-worker-etl"},
		"no":         {"n\r", 1, 0, "not confirmed: nothing was changed"},
		"just enter": {"\r", 1, 0, "not confirmed: nothing was changed"},
		"the end":    {"\x04", 1, 0, "not confirmed: nothing was changed"},
		"Ctrl-C":     {"\x03", 130, 0, "interrupted"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := newAccount(t)
			term := a.open("bootstrap", "--pool", "etl", "--no-wait")
			term.answer(question, test.keys)
			term.exits(test.code, "+ service             prefect-worker-etl", test.says)
			a.wrote(test.writes)
		})
	}
}

// Where there is nothing to do nothing is asked.
func TestBootstrapWithoutChangesDoesNotAsk(t *testing.T) {
	t.Parallel()
	a := newAccount(t)
	a.Run(bootstrapArgs...)
	a.Tap.Reset()
	a.open("bootstrap", "--pool", "etl", "--no-wait").exits(0, "4 existing to use, 17 unchanged")
	a.wrote(0)
}

// Teardown wants the pool's name, and nothing else will do.
func TestTeardownAsksForTheName(t *testing.T) {
	t.Parallel()
	a := newAccount(t)
	a.Run(bootstrapArgs...)
	for _, keys := range []string{"y\r", "\r", "etl2\r"} {
		a.Tap.Reset()
		term := a.open("teardown", "--pool", "etl")
		term.answer("Type the pool's name to remove all this:", keys)
		term.exits(1, "not confirmed: nothing was changed")
		a.wrote(0)
	}
	term := a.open("teardown", "--pool", "etl")
	term.answer("Type the pool's name to remove all this:", "etl\r")
	term.exits(0, "nothing that ecsctl made is left")
}
