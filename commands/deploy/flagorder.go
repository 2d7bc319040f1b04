package deploy

import (
	"slices"
	"strings"

	"github.com/urfave/cli/v2"
)

// FlagsFirst moves the arguments of a command that has some behind its flags: the flag library stops reading flags at
// the
// first argument, and people type `ecsctl deploy flow.py:my_flow --pool etl`.
func FlagsFirst(app *cli.App, args []string) []string {
	if len(args) < 2 {
		return args
	}
	commands, at := app.Commands, 1
	for {
		i := slices.IndexFunc(commands, func(c *cli.Command) bool { return at < len(args) && c.HasName(args[at]) })
		if i < 0 {
			return args
		}
		at++
		if c := commands[i]; c.ArgsUsage != "" {
			return append(slices.Clone(args[:at]), sorted(c, args[at:])...)
		}
		commands = commands[i].Subcommands
	}
}

func sorted(c *cli.Command, args []string) []string {
	var flags, rest []string
	for i := 0; i < len(args); i++ {
		arg := args[i]
		if arg == "--" {
			rest = append(rest, args[i+1:]...)
			break
		}
		if arg == "-" || !strings.HasPrefix(arg, "-") {
			rest = append(rest, arg)
			continue
		}
		flags = append(flags, arg)
		if !strings.Contains(arg, "=") && takesValue(c, strings.TrimLeft(arg, "-")) && i+1 < len(args) {
			i++
			flags = append(flags, args[i])
		}
	}
	if len(rest) == 0 {
		return flags
	}
	return append(append(flags, "--"), rest...)
}

func takesValue(c *cli.Command, name string) bool {
	for _, f := range c.Flags {
		if slices.Contains(f.Names(), name) {
			_, isSwitch := f.(*cli.BoolFlag)
			return !isSwitch
		}
	}
	return false
}
