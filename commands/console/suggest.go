package console

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/urfave/cli/v2"

	"ecsctl/internal/closest"
)

// meant has what other tools call our commands.
var meant = map[string]string{
	"up": "bootstrap", "create": "bootstrap", "apply": "bootstrap", "setup": "bootstrap",
	"down": "teardown", "destroy": "teardown", "delete": "teardown", "remove": "teardown", "rm": "teardown",
	"ls": "list", "ps": "status", "describe": "status", "log": "logs", "check": "doctor", "test": "verify",
}

var (
	unknownFlag = regexp.MustCompile(`^flag provided but not defined: --?(\S+)$`)
	singleDash  = regexp.MustCompile(`(^|[\s"])-([a-z][a-z0-9-]+)`)
)

// noCommand answers `ecsctl` and `ecsctl something-unknown`.
func noCommand(c *cli.Context) error {
	if !c.Args().Present() {
		return cli.ShowAppHelp(c)
	}
	name := c.Args().First()
	return unknownCommand(name, name, "ecsctl", c.App.Commands)
}

// Group answers a command that only has others: `ecsctl worker`, `ecsctl worker something`.
func Group(c *cli.Context) error {
	if !c.Args().Present() {
		return cli.ShowSubcommandHelp(c)
	}
	parent, name := c.Command.HelpName, c.Args().First()
	return unknownCommand(name, strings.TrimPrefix(parent+" ", "ecsctl ")+name, parent, c.Command.Subcommands)
}

func unknownCommand(name, shown, parent string, commands []*cli.Command) error {
	var names []string
	for _, c := range commands {
		if !c.Hidden {
			names = append(names, c.Name)
		}
	}
	for _, known := range names {
		if known == meant[name] {
			return Usagef("there is no command %q: `%s %s` does that", shown, parent, known)
		}
	}
	if known, ok := closest.Of(name, names); ok {
		return Usagef("there is no command %q: did you mean `%s %s`?", shown, parent, known)
	}
	return Usagef("there is no command %q: see `%s --help`", shown, parent)
}

// UsageError explains what the flag library refuses, with two dashes as the help has them.
func UsageError(c *cli.Context, err error, _ bool) error {
	flag := unknownFlag.FindStringSubmatch(err.Error())
	if flag == nil {
		return Usagef("%s: see `%s --help`", singleDash.ReplaceAllString(err.Error(), "$1--$2"), c.Command.HelpName)
	}
	name := flag[1]
	dashed := dashes(name) + name
	if owner := behind(c, name); owner != "" {
		return Usagef("%s comes after the command: `%s %s ...`", dashed, owner, dashed)
	}
	if meant := meantFlags(name, flagNames(c.Command.Flags)); meant != nil {
		return Usagef("there is no flag %s: did you mean %s? See `%s --help`", dashed, strings.Join(meant, " or "),
			c.Command.HelpName)
	}
	return Usagef("there is no flag %s: see `%s --help`", dashed, c.Command.HelpName)
}

// meantFlags are those that begin so, when they are few, or the closest one.
func meantFlags(name string, names []string) (meant []string) {
	for _, known := range names {
		if strings.HasPrefix(known, name) {
			meant = append(meant, "--"+known)
		}
	}
	if n := len(meant); n > 0 && n <= 3 {
		return meant
	}
	if known, ok := closest.Of(name, names); ok {
		return []string{"--" + known}
	}
	return nil
}

func dashes(name string) string {
	if len(name) == 1 {
		return "-"
	}
	return "--"
}

// behind is the first command that has the flag, when it was typed before any command.
func behind(c *cli.Context, name string) string {
	if len(c.Lineage()) > 1 && c.Lineage()[1].Command != nil {
		return ""
	}
	for _, command := range c.App.Commands {
		if hasFlag(command, name) {
			return fmt.Sprintf("ecsctl %s", command.Name)
		}
	}
	return ""
}

func flagNames(flags []cli.Flag) (names []string) {
	for _, f := range flags {
		for _, name := range f.Names() {
			if len(name) > 1 && !strings.HasPrefix(name, "generate-") {
				names = append(names, name)
			}
		}
	}
	return names
}
