package commands_test

import (
	"context"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"ecsctl/internal/testkit/stage"
	"ecsctl/internal/testkit/tty"

	"github.com/charmbracelet/x/vt"
	"github.com/creack/pty"
	"github.com/google/go-cmp/cmp"
)

// shellLine is a line that is typed, and what a shell makes of it or offers for it.
type shellLine struct{ typed, want string }

var shellLines = []shellLine{
	{"ecsctl tear", "teardown"},
	{"ecsctl worker st", "start"},
	{"ecsctl teardown --keep-p", "--keep-pool"},
	{"ecsctl teardown --pool ", "etl"},
	{"ecsctl bootstrap --region eu-west-1 --cluster d", "default"},
	{"ecsctl completion power", "powershell"},
	{"ecsctl status ", "etl"},
	{"ecsctl bootstrap --config settings.y", "settings.yaml"},
}

// shellAccount has a pool, and a file that shells complete.
func shellAccount(t *testing.T) *account {
	a := newAccount(t)
	a.Run("bootstrap", "--pool", "etl", "--yes", noWait)
	a.must(os.WriteFile(filepath.Join(a.dir, "settings.yaml"), nil, 0o600))
	return a
}

// needsShell skips where a shell is not installed: bash alone is on every machine.
func needsShell(t *testing.T, name string) {
	t.Helper()
	if _, err := exec.LookPath(name); err != nil {
		t.Skipf("there is no %s here", name)
	}
}

// fish offers what the script of `ecsctl completion fish` finds.
func TestCompletionInFish(t *testing.T) {
	t.Parallel()
	needsShell(t, "fish")
	a := shellAccount(t)
	for _, line := range shellLines {
		cmd := exec.CommandContext(a.limited(), "fish", "--no-config", "-c",
			"ecsctl completion fish | source; complete -C "+"'"+line.typed+"'")
		cmd.Env, cmd.Dir = a.env, a.dir
		out, err := cmd.Output()
		if err != nil {
			t.Fatal(err)
		}
		word, _, _ := strings.Cut(strings.TrimSpace(string(out)), "\t")
		if diff := cmp.Diff(line.want, word); diff != "" {
			t.Errorf("%s (-want +got):\n%s\n%s", line.typed, diff, out)
		}
	}
}

// zsh, in which completion is a matter of the keyboard, completes at Tab.
func TestCompletionInZsh(t *testing.T) {
	t.Parallel()
	needsShell(t, "zsh")
	a := shellAccount(t)
	for _, line := range shellLines {
		s := a.openZsh()
		s.press(
			"PS1='$ '; autoload -U compinit; compinit -u -D; source <(ecsctl completion zsh); clear; echo rea''dy\r")
		s.sees("ready\n$")
		s.press(line.typed + "\t")
		begun := strings.TrimSuffix(line.typed, line.typed[strings.LastIndex(line.typed, " ")+1:])
		s.sees("$ " + begun + line.want)
	}
}

// openZsh starts a zsh without anybody's settings on a terminal.
func (a *account) openZsh() *screen {
	a.t.Helper()
	ctx, cancel := context.WithTimeout(a.t.Context(), stage.Patience)
	s := &screen{terminal: &terminal{t: a.t, ended: make(chan struct{})}, emu: vt.NewEmulator(100, 20)}
	s.cmd = exec.CommandContext(ctx, "zsh", "-f", "-i")
	s.cmd.Env, s.cmd.Dir = append(a.env, "TERM=xterm-256color"), a.dir
	var err error
	s.tty, err = pty.StartWithSize(s.cmd, &pty.Winsize{Cols: 100, Rows: 20})
	a.must(err)
	s.sendAnswers()
	a.t.Cleanup(cancel)
	go func() {
		defer close(s.ended)
		_, _ = io.Copy(s, tty.Whole(s.tty))
		_ = s.cmd.Wait()
	}()
	return s
}
