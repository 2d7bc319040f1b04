package console

import (
	"strings"

	"github.com/urfave/cli/v2"
)

// joinParagraphs makes one line of each paragraph of the descriptions, for a terminal, where
// lines are wrapped at its own width.
func joinParagraphs(commands []*cli.Command) {
	for _, c := range commands {
		c.Description = joined(c.Description)
		joinParagraphs(c.Subcommands)
	}
}

// joined leaves indented lines as they are: they are examples.
func joined(text string) string {
	var out strings.Builder
	before := ""
	for line := range strings.Lines(text) {
		line = strings.TrimRight(line, "\n")
		switch {
		case before == "" || line == "" || startsIndented(before) || startsIndented(line):
			out.WriteString("\n" + line)
		default:
			out.WriteString(" " + line)
		}
		before = line
	}
	return strings.TrimPrefix(out.String(), "\n")
}

func startsIndented(line string) bool { return strings.HasPrefix(line, " ") }
