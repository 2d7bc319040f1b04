package commands_test

import (
	"bytes"
	"context"
	"errors"
	"os/exec"
	"strings"
	"time"

	"ecsctl/internal/testkit/stage"
)

// brokenCommand is a command that tells what is wrong.
type brokenCommand struct {
	args []string
	// mark is what its first finding begins with, fixes what its advice does.
	mark  string
	fixes []string
}

var (
	statusCommand = brokenCommand{[]string{"status", "--stuck-after", "1s"}, "FAIL ", []string{"fix: "}}
	doctorCommand = brokenCommand{[]string{"doctor", "--stuck-after", "1s"}, "FAIL ", []string{"fix: "}}
	verifyCommand = brokenCommand{[]string{"verify", "--timeout", "10s", "--stuck-after", "1s"}, "FAIL ",
		[]string{"fix: "}}
	logsCommand = brokenCommand{[]string{"logs", "--since", "2s"}, "", []string{"fix: ", "ecsctl: fix: "}}
)

// await runs a command until its first finding is that, and returns what fixes it. Without
// a finding to wait for, it is until the command is content.
func (p *brokenPool) await(c brokenCommand, says string) (fix string) {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.t.Context(), stage.Patience)
	defer cancel()
	last := "" // that it had time to say
	for {
		shown, healthy := p.shows(ctx, c)
		if ctx.Err() == nil {
			last = shown
		}
		if says == "" && healthy {
			return ""
		}
		if first, fix := c.finding(shown); says != "" && strings.Contains(first, says) {
			p.t.Logf("%s: %s\n  fix: %s", c.args[0], first, fix)
			return fix
		}
		select {
		case <-ctx.Done():
			p.t.Fatalf("%s does not come to say %q first:\n%s", c.args[0], says, last)
		case <-time.After(300 * time.Millisecond):
		}
	}
}

func (p *brokenPool) shows(ctx context.Context, c brokenCommand) (shown string, healthy bool) {
	p.t.Helper()
	cmd := exec.CommandContext(ctx, "ecsctl", append([]string{c.args[0], "--pool", "etl"}, c.args[1:]...)...)
	cmd.Env, cmd.Dir = p.env, p.dir
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	err := cmd.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) && ctx.Err() == nil {
		p.t.Fatal(err)
	}
	// logs tells of what is wrong beside the lines, and is not wrong itself.
	return out.String(), err == nil && !strings.Contains(out.String(), "FAIL ")
}

// finding is the first thing that a command has found wrong, and the first advice after it.
func (c brokenCommand) finding(shown string) (first, fix string) {
	for line := range strings.Lines(shown) {
		line = strings.TrimSpace(line)
		if first == "" {
			if rest, ok := strings.CutPrefix(line, c.mark); ok && rest != "" {
				first = rest
			}
		}
		for _, mark := range c.fixes {
			if rest, ok := strings.CutPrefix(line, mark); ok && first != "" {
				return first, rest
			}
		}
	}
	return first, ""
}
