package console

import (
	"fmt"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"
)

const helpAll = "help-all"

// Env returns the environment variable that sets a flag.
func Env(name string) []string {
	return []string{"ECSCTL_" + strings.ToUpper(strings.ReplaceAll(name, "-", "_"))}
}

func init() { cli.FlagStringer = shortened(cli.FlagStringer) }

// shortened takes off a flag's line what is the same in most of them: that a switch is off, that a flag which may be
// repeated may be, and the variable, unless it is another than its name makes one expect.
func shortened(whole cli.FlagStringFunc) cli.FlagStringFunc {
	return func(f cli.Flag) string {
		names, usage, _ := strings.Cut(whole(f), "\t")
		names, _, _ = strings.Cut(names, " [ ")
		usage, _, _ = strings.Cut(usage, " [$")
		usage = strings.TrimSuffix(usage, " (default: false)")
		if doc, ok := f.(cli.DocGenerationFlag); ok {
			for _, variable := range doc.GetEnvVars() {
				if !slices.Contains(Env(f.Names()[0]), variable) {
					usage += " [" + variable + "]"
				}
			}
		}
		return names + "\t" + usage
	}
}

// noteVariables says once, in the help of each command with settings, what stands beside none of its flags.
func noteVariables(commands []*cli.Command) {
	for _, c := range commands {
		noteVariables(c.Subcommands)
		pool, ok := flagNamed(c.Flags, poolFlag).(*cli.StringFlag)
		if ok && slices.Equal(pool.EnvVars, Env(poolFlag)) {
			c.CustomHelpTemplate = strings.TrimSuffix(cli.CommandHelpTemplate, "\n") +
				"\nSettings may also come from the environment: --pool is ECSCTL_POOL.\n"
		}
	}
}

// Shortens leaves the flags that have a category, but those named, to --help-all, which the command gets: its help
// would be several pages.
func Shortens(c *cli.Command, often ...string) *cli.Command {
	hidden := 0
	for _, f := range c.Flags {
		if categorized(f) && !slices.Contains(often, f.Names()[0]) {
			Hide(f, true)
			hidden++
		}
	}
	c.Flags = append(c.Flags, &cli.BoolFlag{Name: helpAll, Usage: fmt.Sprintf("show %d more options as well", hidden)})
	return c
}

// Unshortened shows what Shortens has hidden.
func Unshortened(c *cli.Command) {
	if !hasFlag(c, helpAll) {
		return
	}
	for _, f := range c.Flags {
		if categorized(f) {
			Hide(f, false)
		}
	}
	Hide(flagNamed(c.Flags, helpAll), true)
}

func categorized(f cli.Flag) bool {
	c, ok := f.(cli.CategorizableFlag)
	return ok && c.GetCategory() != ""
}

// Hide says whether a flag is left out of help.
func Hide(f cli.Flag, hidden bool) {
	switch f := f.(type) {
	case *cli.StringFlag:
		f.Hidden = hidden
	case *cli.StringSliceFlag:
		f.Hidden = hidden
	case *cli.IntFlag:
		f.Hidden = hidden
	case *cli.BoolFlag:
		f.Hidden = hidden
	case *cli.GenericFlag:
		f.Hidden = hidden
	}
}
