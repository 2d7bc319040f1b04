package commands

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/charmbracelet/x/ansi"
	"github.com/creack/pty"
	"github.com/google/go-cmp/cmp"
	"github.com/urfave/cli/v2"

	"ecsctl/commands/console"
	"ecsctl/internal/hint"
	"ecsctl/internal/testkit/tty"
	"ecsctl/provision"
)

// No help, plan, warning or error is wider than the window, and no word of it is broken.
func TestTextFitsTheWindow(t *testing.T) {
	t.Parallel()
	for _, width := range []int{60, 80, 120} {
		for name, write := range texts() {
			t.Run(fmt.Sprintf("%d/%s", width, name), func(t *testing.T) {
				t.Parallel()
				var whole strings.Builder
				write(console.Streams{Out: &whole, Err: &whole})
				shown := onTerminal(t, width, write)
				if diff := cmp.Diff(strings.Fields(whole.String()), strings.Fields(shown)); diff != "" {
					t.Errorf("words are broken or lost (-whole +shown):\n%s", diff)
				}
				for line := range strings.Lines(shown) {
					if ansi.StringWidth(strings.TrimSuffix(line, "\n")) > width && !mayBeWide(line) {
						t.Errorf("wider than %d: %q", width, line)
					}
				}
			})
		}
	}
}

// Help is for reading: it is no longer than this, at a width that most windows have.
func TestHelpIsShort(t *testing.T) {
	t.Parallel()
	for name, write := range texts() {
		if !strings.HasPrefix(name, "help ") {
			continue
		}
		if lines := strings.Count(onTerminal(t, 100, write), "\n"); lines > 80 {
			t.Errorf("%s: %d lines", name, lines)
		}
	}
}

// mayBeWide: a word that has no room, or a command that is to be copied.
func mayBeWide(line string) bool {
	words := strings.Fields(strings.TrimLeft(line, " │"))
	if slices.Contains(words, "-") { // what a command is for
		return false
	}
	return len(words) == 1 || slices.Contains([]string{"$", "next:", "ecsctl"}, words[0])
}

// helping lets one at a time ask for help: all apps of a process share the library's help flag.
var helping sync.Mutex

// texts has what is shown without a question, by name.
func texts() map[string]func(console.Streams) {
	long := strings.Repeat("a rather long reason that nobody reads to its end, ", 4)
	out := map[string]func(console.Streams){
		"plan": func(s console.Streams) {
			plan := console.NewPlanPrinter(context.Background(), s.Out, false)
			plan.Print("Work pool \"etl\" on "+long, []provision.Change{{
				Kind: "security-group", Name: "prefect-etl", Action: provision.Update, Reason: long,
				Fields: []provision.Field{{Path: "description", Before: long, After: "short"}},
			}}, &provision.Cost{Items: []provision.CostItem{{What: long, Month: 1}}}, []string{long})
		},
		"error": func(s console.Streams) {
			console.Report(s, hint.Add(errors.New(long), long))
		},
		"steps": func(s console.Streams) {
			steps := console.NewStepLines(context.Background(), s.Out, false)
			defer steps.Close()
			steps.Done(provision.Applied{Kind: "service", Name: "prefect-worker-etl", Action: provision.Create,
				ID: "arn:aws:ecs:us-east-1:123456789012:service/default/prefect-worker-etl"}, nil)
		},
	}
	for _, command := range []string{"bootstrap", "deploy"} {
		out["help-all "+command] = func(s console.Streams) {
			helping.Lock()
			defer helping.Unlock()
			console.Run(newApp(s), []string{"ecsctl", command, "--help-all"}, s)
		}
	}
	for _, path := range helpPaths("", newApp(console.Streams{}).Commands) {
		out["help"+path] = func(s console.Streams) {
			helping.Lock()
			defer helping.Unlock()
			_ = newApp(s).Run(append(append([]string{"ecsctl"}, strings.Fields(path)...), "--help"))
		}
	}
	return out
}

func helpPaths(parent string, list []*cli.Command) []string {
	paths := []string{parent}
	for _, c := range list {
		if !c.Hidden && c.Name != "help" {
			paths = append(paths, helpPaths(parent+" "+c.Name, c.Subcommands)...)
		}
	}
	return paths
}

// onTerminal returns what is written to a terminal of the width.
func onTerminal(t *testing.T, width int, write func(console.Streams)) string {
	t.Helper()
	master, slave, err := pty.Open()
	if err != nil {
		t.Fatal(err)
	}
	defer master.Close()
	if err := pty.Setsize(slave, &pty.Winsize{Cols: uint16(width), Rows: 24}); err != nil {
		t.Fatal(err)
	}
	shown := make(chan string)
	go func() { shown <- readAll(master) }()
	out := console.Filtered(slave)
	write(console.Streams{Out: out, Err: out})
	_ = slave.Close()
	return ansi.Strip(<-shown)
}

// readAll reads a terminal until nobody has its other end; what draws over itself counts with
// what it leaves.
func readAll(master *os.File) string {
	var out strings.Builder
	for lines := bufio.NewScanner(tty.Whole(master)); lines.Scan(); {
		line := strings.TrimRight(lines.Text(), "\r")
		out.WriteString(line[strings.LastIndex(line, "\r")+1:] + "\n")
	}
	return out.String()
}
