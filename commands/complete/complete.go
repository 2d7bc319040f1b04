// Package complete is the completion of command lines in shells.
package complete

import (
	"context"
	"os"
	"slices"
	"strings"
	"time"

	"ecsctl/commands/console"

	"github.com/urfave/cli/v2"
)

// LimitVariable names the time that a shell waits for values that have to be asked for, such as 5s. Without it that is
// usualLimit.
const LimitVariable = "ECSCTL_COMPLETION_TIMEOUT"

const usualLimit = 2 * time.Second

// limit is the usual one too where the variable says nothing that is a time: a completion has no place for an error.
func limit() time.Duration {
	if limit, err := time.ParseDuration(os.Getenv(LimitVariable)); err == nil && limit > 0 {
		return limit
	}
	return usualLimit
}

// candidate is a word that could come next.
type candidate struct{ word, about string }

// CompleteCommand answers the scripts of `ecsctl completion`. It says nothing when it
// cannot find out: a shell shows an error in the middle of the line that is typed.
func CompleteCommand(streams console.Streams) *cli.Command {
	return &cli.Command{
		Name: "complete", Hidden: true, SkipFlagParsing: true,
		Action: func(c *cli.Context) error {
			words := typedWords(c.Args().Slice())
			ctx, cancel := context.WithTimeout(c.Context, limit())
			defer cancel()
			for _, found := range complete(ctx, c.App, words) {
				console.Printf(console.Exact(streams.Out), "%s\t%s\n", found.word,
					strings.ReplaceAll(found.about, "\n", " "))
			}
			return nil
		},
	}
}

// typedWords are the words so far, the current one last, of the arguments -- WORD... or
// --current=WORD -- WORD...: some versions of PowerShell drop arguments that are empty.
func typedWords(args []string) []string {
	var last []string
	if len(args) > 0 {
		if current, ok := strings.CutPrefix(args[0], "--current="); ok {
			args, last = args[1:], []string{current}
		}
	}
	if len(args) > 0 && args[0] == "--" {
		args = args[1:]
	}
	return append(slices.Clone(args), last...)
}

// complete finds what the last of the words could become.
func complete(ctx context.Context, app *cli.App, words []string) []candidate {
	// bash takes "--flag=value" for three words and completes the last alone.
	split := len(words) > 1 && (words[len(words)-1] == "=" || words[len(words)-2] == "=")
	words = joinEquals(words)
	if len(words) == 0 {
		words = []string{""}
	}
	line := readTyped(app, words[:len(words)-1])
	current := words[len(words)-1]
	if line.open != "" {
		return beginning(flagValues(ctx, line, line.open), current, "")
	}
	if name, value, ok := strings.Cut(current, "="); ok && strings.HasPrefix(name, "-") {
		prefix := name + "="
		if split {
			prefix = ""
		}
		return beginning(flagValues(ctx, line, strings.TrimLeft(name, "-")), value, prefix)
	}
	if strings.HasPrefix(current, "-") {
		return beginning(flagsOf(line.command, app), current, "")
	}
	return beginning(append(commandsOf(line), arguments(ctx, line)...), current, "")
}

// joinEquals undoes the splitting of bash.
func joinEquals(words []string) []string {
	var out []string
	for i, w := range words {
		last := len(out) - 1
		switch {
		case w == "=" && last >= 0 && strings.HasPrefix(out[last], "--"):
			out[last] += "="
		case i > 0 && words[i-1] == "=" && last >= 0 && strings.HasSuffix(out[last], "="):
			out[last] += w
		default:
			out = append(out, w)
		}
	}
	return out
}

// typed is what the words before the current one say.
type typed struct {
	command *cli.Command      // nil: none yet
	subs    []*cli.Command    // the commands that could come next
	flags   map[string]string // by their first name
	open    string            // the flag whose value is the current word
}

func readTyped(app *cli.App, words []string) typed {
	t := typed{subs: app.Commands, flags: map[string]string{}}
	for _, word := range words {
		switch {
		case t.open != "":
			t.flags[t.open], t.open = word, ""
		case strings.HasPrefix(word, "-"):
			t.flag(app, word)
		default:
			i := slices.IndexFunc(t.subs, func(c *cli.Command) bool { return c.HasName(word) })
			if i >= 0 {
				t.command, t.subs = t.subs[i], t.subs[i].Subcommands
			}
		}
	}
	return t
}

func (t *typed) flag(app *cli.App, word string) {
	name, value, given := strings.Cut(strings.TrimLeft(word, "-"), "=")
	for _, f := range flagList(t.command, app) {
		if !slices.Contains(f.Names(), name) {
			continue
		}
		_, isBool := f.(*cli.BoolFlag)
		switch first := f.Names()[0]; {
		case given:
			t.flags[first] = value
		case isBool:
			t.flags[first] = "true"
		default:
			t.open = first
		}
	}
}

func flagList(command *cli.Command, app *cli.App) []cli.Flag {
	switch {
	case command == nil && app == nil:
		return nil
	case command == nil:
		return app.Flags
	}
	return command.Flags
}

func flagsOf(command *cli.Command, app *cli.App) []candidate {
	var out []candidate
	for _, f := range flagList(command, app) {
		about := ""
		if doc, ok := f.(cli.DocGenerationFlag); ok {
			about = strings.ReplaceAll(doc.GetUsage(), "`", "")
		}
		out = append(out, candidate{"--" + f.Names()[0], about})
	}
	return append(out, candidate{"--help", "show help"})
}

func commandsOf(t typed) []candidate {
	if t.command != nil && t.command.Name == "completion" {
		return []candidate{{"bash", ""}, {"fish", ""}, {"powershell", ""}, {"zsh", ""}}
	}
	var out []candidate
	for _, c := range t.subs {
		if !c.Hidden && c.Name != "help" {
			out = append(out, candidate{c.Name, c.Usage})
		}
	}
	return out
}

// beginning keeps the candidates that begin as typed, with a prefix put before each.
func beginning(all []candidate, typed, prefix string) []candidate {
	var out []candidate
	for _, c := range all {
		if c == files[0] {
			return files
		}
		if strings.HasPrefix(c.word, typed) {
			out = append(out, candidate{prefix + c.word, c.about})
		}
	}
	return out
}
