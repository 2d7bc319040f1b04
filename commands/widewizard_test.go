package commands_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/charmbracelet/x/ansi"
	"github.com/google/go-cmp/cmp"

	"ecsctl/commands"
	"ecsctl/commands/console"
)

// The wizard says the same words at each width, cuts nothing and breaks no word: nor do its plan
// and what follows.
func TestWizardFitsTheWindow(t *testing.T) {
	t.Parallel()
	const widest = 120
	want := wizardWords(t, widest)
	for _, width := range []int{60, 80} {
		t.Run(fmt.Sprint(width), func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(want, wizardWords(t, width)); diff != "" {
				t.Errorf("at %d columns in place of %d (-wide +narrow):\n%s", width, widest, diff)
			}
		})
	}
}

// wizardWords walks through the wizard in an account of its own and returns the words of each
// screen.
func wizardWords(t *testing.T, width int) [][]string {
	t.Helper()
	a := newAccount(t)
	s := a.openScreen(width, 100, nil, nil, "bootstrap", "--dry-run")
	var out [][]string
	see := func(screen string) {
		if strings.Contains(screen, "…") {
			t.Errorf("something is cut at %d columns:\n%s", width, screen)
		}
		for _, v := range varying {
			screen = v.pattern.ReplaceAllString(screen, v.shown)
		}
		out = append(out, strings.Fields(strings.ReplaceAll(screen, "┃", "")))
	}
	for _, q := range questions {
		see(s.asked(q.title))
		if q.name == "pool" {
			s.press("a/" + enter)
			see(s.sees("a name in Prefect must not"))
			s.press("\x15") // takes away what was typed
		}
		s.press(enter)
	}
	s.exits(0, "The same without questions")
	plan := ansi.Strip(s.text())
	plan = plan[strings.LastIndex(plan, "Region  "):]
	for line := range strings.Lines(plan) {
		line = strings.TrimRight(line, "\r\n")
		if ansi.StringWidth(line) > width && !commands.MayBeWide(line) {
			t.Errorf("wider than %d: %q", width, line)
		}
	}
	see(plan)
	return out
}

// The demo's output fits each window, and no word of it is broken.
func TestDemoFitsTheWindow(t *testing.T) {
	t.Parallel()
	a := newAccount(t)
	cmd, out := a.command("demo", "--flow", "none")
	if err := cmd.Run(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	for _, width := range []int{60, 80, 120} {
		shown := commands.OnTerminal(t, width, func(s console.Streams) { _, _ = s.Out.Write(out.Bytes()) })
		words := func(text string) []string { return strings.Fields(strings.ReplaceAll(text, "│", "")) }
		if diff := cmp.Diff(words(out.String()), words(shown)); diff != "" {
			t.Errorf("words are broken or lost at %d columns:\n%s", width, diff)
		}
		for line := range strings.Lines(shown) {
			if ansi.StringWidth(strings.TrimSuffix(line, "\n")) > width && !commands.MayBeWide(line) {
				t.Errorf("wider than %d: %q", width, line)
			}
		}
	}
}
