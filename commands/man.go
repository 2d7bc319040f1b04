package commands

import (
	"fmt"

	"ecsctl/commands/console"

	"github.com/urfave/cli/v2"
)

const manDescription = `Example:

   ecsctl man > ecsctl.1

Writes the manual page of all commands, in the form that man(1) reads.`

func manCommand(streams console.Streams) *cli.Command {
	return &cli.Command{
		Name: "man", Usage: "write the manual page", Description: manDescription, OnUsageError: console.UsageError,
		Action: func(c *cli.Context) error {
			if err := console.NoArguments(c); err != nil {
				return err
			}
			app := *c.App
			app.Commands = describedForMan(c.App.Commands)
			page, err := app.ToManWithSection(1)
			if err != nil {
				return fmt.Errorf("failed to make the manual page: %w", err)
			}
			console.Printf(console.Exact(streams.Out), "%s", page)
			return nil
		},
	}
}

// describedForMan are copies of commands whose descriptions stand where the library's
// manual page has them: it shows usage texts, and no descriptions.
func describedForMan(commands []*cli.Command) []*cli.Command {
	out := make([]*cli.Command, len(commands))
	for i, command := range commands {
		console.Unshortened(command)
		described := *command
		if described.UsageText == "" {
			described.UsageText = described.Description
		}
		described.Subcommands = describedForMan(command.Subcommands)
		out[i] = &described
	}
	return out
}
