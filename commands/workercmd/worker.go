// Package workercmd is the group `ecsctl worker`: start, health, preview and image.
package workercmd

import (
	"fmt"
	"os"

	"github.com/urfave/cli/v2"

	"ecsctl/commands/console"
	"ecsctl/commands/inputs"
	"ecsctl/prefect"
)

// Command is the group of commands around the worker.
func Command(streams console.Streams) *cli.Command {
	group := workerGroup(
		workerStartCommand(streams), workerHealthCommand(streams), workerPreviewCommand(streams),
		workerImageCommand(streams),
	)
	group.UsageText = "ecsctl worker start --pool my-ecs-pool\necsctl worker preview --deployment " +
		"my-flow/my-deployment\n" +
		"ecsctl worker health\necsctl worker image build --output-file ecsctl.tar"
	return group
}

func workerGroup(subcommands ...*cli.Command) *cli.Command {
	return &cli.Command{
		Name:         "worker",
		Usage:        "launch the flow runs of a work pool as ECS tasks",
		OnUsageError: console.UsageError,
		Subcommands:  subcommands,
		Action:       console.Group,
	}
}

// prefectFlags say where the API is, beside Prefect's own settings.
func prefectFlags() []cli.Flag {
	return []cli.Flag{
		&cli.StringFlag{Name: "prefect-api-url",
			Usage:   "`URL` of the Prefect API (default: PREFECT_API_URL, or the profile's)",
			EnvVars: inputs.Env("prefect-api-url"), Category: inputs.InPrefect},
		&cli.StringFlag{Name: "prefect-profile", Usage: "Prefect profile to use",
			EnvVars: inputs.Env("prefect-profile"), Category: inputs.InPrefect},
	}
}

// readPrefectSettings finds Prefect's settings for a worker command, and warns of mistakes.
func readPrefectSettings(c *cli.Context, streams console.Streams) (prefect.Settings, error) {
	dir, err := os.Getwd()
	if err != nil {
		return prefect.Settings{}, fmt.Errorf("failed to find the working directory: %w", err)
	}
	settings, err := prefect.Discover(os.Environ(), dir, prefect.Overrides{
		APIURL: c.String("prefect-api-url"), Profile: c.String("prefect-profile"),
	})
	if err != nil {
		return settings, err
	}
	for _, warning := range settings.Warnings() {
		console.Printf(streams.Err, "warning: %s\n", warning)
	}
	return settings, nil
}
