package console

import (
	"slices"
	"strings"

	"github.com/urfave/cli/v2"
)

const poolFlag = "pool"

// arranged puts a command's flags before its arguments: the flag library stops reading flags at
// the first argument, and people type `ecsctl deploy flow.py:my_flow --pool etl`. A lone argument
// of a command that has none of its own is the pool: `ecsctl status etl`.
func arranged(app *cli.App, args []string) []string {
	c, at := commandOf(app, args)
	if c == nil || len(c.Subcommands) > 0 {
		return args
	}
	if hasFlag(c, helpAll) && slices.Contains(args[at:], "--"+helpAll) {
		Unshortened(c)
		return append(args[:at:at], "--help")
	}
	flags, rest := split(c, args[at:])
	switch {
	case len(rest) == 0:
		return args
	case c.ArgsUsage == "" && len(rest) == 1 && hasFlag(c, poolFlag) && !sets(c, flags, poolFlag):
		flags, rest = append(flags, "--"+poolFlag, rest[0]), nil
	default:
		flags = append(flags, "--")
	}
	return slices.Concat(args[:at], flags, rest)
}

// commandOf returns the command that args name, and where its own begin.
func commandOf(app *cli.App, args []string) (found *cli.Command, at int) {
	list := app.Commands
	for at = 1; at < len(args); at++ {
		i := slices.IndexFunc(list, func(c *cli.Command) bool { return c.HasName(args[at]) })
		if i < 0 {
			break
		}
		found, list = list[i], list[i].Subcommands
	}
	return found, at
}

func split(c *cli.Command, args []string) (flags, rest []string) {
	for i := 0; i < len(args); i++ {
		arg := args[i]
		if arg == "--" {
			return flags, append(rest, args[i+1:]...)
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
	return flags, rest
}

func takesValue(c *cli.Command, name string) bool {
	f := flagNamed(c.Flags, name)
	_, isSwitch := f.(*cli.BoolFlag)
	return f != nil && !isSwitch
}

func hasFlag(c *cli.Command, name string) bool { return flagNamed(c.Flags, name) != nil }

// sets reports whether flags, as they were typed, have a value for one of them.
func sets(c *cli.Command, flags []string, name string) bool {
	names := flagNamed(c.Flags, name).Names()
	return slices.ContainsFunc(flags, func(arg string) bool {
		typed, _, _ := strings.Cut(strings.TrimLeft(arg, "-"), "=")
		return strings.HasPrefix(arg, "-") && slices.Contains(names, typed)
	})
}

func flagNamed(flags []cli.Flag, name string) cli.Flag {
	for _, f := range flags {
		if slices.Contains(f.Names(), name) {
			return f
		}
	}
	return nil
}
