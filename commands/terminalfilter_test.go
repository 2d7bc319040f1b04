package commands

import (
	"bufio"
	"strings"
	"testing"

	"github.com/creack/pty"

	"ecsctl/commands/console"
	"ecsctl/provision"
)

// TestTerminalInjection: a plan on a real terminal shows what a name or a default of the pool
// holds, and lets it neither rewrite lines nor add any.
func TestTerminalInjection(t *testing.T) {
	t.Parallel()
	master, tty, err := pty.Open()
	if err != nil {
		t.Fatal(err)
	}
	defer master.Close()
	out := console.Filtered(tty)
	if !console.IsTerminal(out) || console.IsTerminal(&strings.Builder{}) {
		t.Fatal("a pty is no terminal")
	}
	console.NewPlanPrinter(t.Context(), out, false).Print("Plan:", []provision.Change{{
		Kind: "work-pool", Name: "etl\x1b[1A\x1b[2K", Action: provision.Update, Reason: "\u202eevil",
		Fields: []provision.Field{{Path: "env", Before: "a\n  + secret  fake", After: "\x1b]52;c;ZXZpbA==\x07"}},
	}}, nil, []string{"name \x9b2J"})
	console.Printf(out, "end\n")
	var shown []string
	for lines := bufio.NewScanner(master); lines.Scan(); {
		if lines.Text() == "end" {
			break
		}
		shown = append(shown, lines.Text())
	}
	text := strings.Join(shown, "\n")
	for _, want := range []string{`etl\u001b[1A\u001b[2K`, `\u202eevil`, `a\u000a  + secret  fake`,
		`\u001b]52;c;ZXZpbA==\u0007`, `name \u009b2J`} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is not in\n%q", want, text)
		}
	}
	if strings.Contains(text, "\x1b[1A") || strings.Contains(text, "\x1b]") {
		t.Errorf("the terminal got %q", text)
	}
}
