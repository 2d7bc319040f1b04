package commands

import (
	"strings"

	"ecsctl/commands/console"

	"github.com/urfave/cli/v2"
)

// Example is what the help of a command begins with.
type Example struct {
	Command string // such as "worker start"
	Lines   []string
}

// HelpExamples are those of all commands that do something, in the order of the help.
func HelpExamples() []Example { return examplesOf("", newApp(console.Streams{}).Commands) }

func examplesOf(parent string, commands []*cli.Command) []Example {
	var out []Example
	for _, c := range commands {
		name := strings.TrimSpace(parent + " " + c.Name)
		if c.Hidden || c.Name == "help" {
			continue
		}
		if below := examplesOf(name, c.Subcommands); len(below) > 0 {
			out = append(out, below...)
			continue
		}
		e := Example{Command: name}
		for _, line := range strings.Split(c.Description, "\n") {
			if example, ok := strings.CutPrefix(line, "   "); ok {
				e.Lines = append(e.Lines, strings.TrimSpace(example))
			}
		}
		if !strings.HasPrefix(c.Description, "Example:\n") {
			e.Lines = nil
		}
		out = append(out, e)
	}
	return out
}

// What the tests of the whole program have in common with those of the text.
var (
	MayBeWide  = mayBeWide
	OnTerminal = onTerminal
)
