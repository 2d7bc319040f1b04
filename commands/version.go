package commands

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/urfave/cli/v2"
)

const versionDescription = `Example:

   ecsctl version
   ecsctl version --output json

Tells which build of ecsctl this is: what to write into a bug report.`

func versionCommand(streams Streams) *cli.Command {
	return &cli.Command{
		Name: "version", Usage: "tell which build this is", Description: versionDescription, OnUsageError: usageError,
		Flags: []cli.Flag{outputFlag()},
		Action: func(c *cli.Context) error {
			if err := noArguments(c); err != nil {
				return err
			}
			output, err := readOutput(c)
			if err != nil {
				return err
			}
			return runVersion(c.Context, streams, output)
		},
	}
}

func runVersion(_ context.Context, streams Streams, output string) error {
	facts := readBuildFacts()
	if output == outputJSON {
		encoder := json.NewEncoder(streams.Out)
		encoder.SetIndent("", "  ")
		if err := encoder.Encode(facts); err != nil {
			return fmt.Errorf("failed to write the version: %w", err)
		}
		return nil
	}
	printf(streams.Out, "ecsctl version %s\n", facts.Version)
	if facts.Commit != "" {
		changed := ""
		if facts.Modified {
			changed = ", with changes"
		}
		printf(streams.Out, "commit %s of %s%s\n", facts.Commit, facts.Time, changed)
	}
	printf(streams.Out, "%s, %s\n", facts.Go, facts.Platform)
	return nil
}
