package commands

import (
	"fmt"

	"github.com/urfave/cli/v2"
)

const manDescription = `Example:

   ecsctl man > ecsctl.1

Writes the manual page of all commands, in the form that man(1) reads.`

func manCommand(streams Streams) *cli.Command {
	return &cli.Command{
		Name: "man", Usage: "write the manual page", Description: manDescription, OnUsageError: usageError,
		Action: func(c *cli.Context) error {
			if err := noArguments(c); err != nil {
				return err
			}
			page, err := c.App.ToManWithSection(1)
			if err != nil {
				return fmt.Errorf("failed to make the manual page: %w", err)
			}
			printf(streams.Out, "%s", page)
			return nil
		},
	}
}
