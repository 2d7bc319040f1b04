package workercmd

import (
	"context"

	"ecsctl/commands/console"
	"ecsctl/commands/inputs"
	"ecsctl/internal/buildinfo"

	"github.com/urfave/cli/v2"
)

const versionDescription = `Example:

   ecsctl version
   ecsctl version --output json

Tells which build of ecsctl this is: what to write into a bug report.`

// VersionCommand tells which build this is; both programs have it.
func VersionCommand(streams console.Streams) *cli.Command {
	return &cli.Command{
		Name: "version", Usage: "print which build this is", Description: versionDescription,
		OnUsageError: console.UsageError,
		Flags:        []cli.Flag{inputs.OutputFlag()},
		Action: func(c *cli.Context) error {
			if err := console.NoArguments(c); err != nil {
				return err
			}
			output, err := inputs.ReadOutput(c)
			if err != nil {
				return err
			}
			return runVersion(c.Context, streams, output)
		},
	}
}

func runVersion(ctx context.Context, streams console.Streams, output string) error {
	facts := buildinfo.Read()
	if output == inputs.OutputJSON {
		return console.PrintJSON(ctx, streams.Out, facts, nil)
	}
	console.Printf(streams.Out, "ecsctl version %s\n", facts.Version)
	if facts.Commit != "" {
		changed := ""
		if facts.Modified {
			changed = ", with changes"
		}
		console.Printf(streams.Out, "commit %s of %s%s\n", facts.Commit, facts.Time, changed)
	}
	console.Printf(streams.Out, "%s, %s\n", facts.Go, facts.Platform)
	return nil
}
