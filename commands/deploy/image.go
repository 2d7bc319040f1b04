package deploy

import (
	"github.com/urfave/cli/v2"

	"ecsctl/commands/console"
)

// ImageCommand is the group of commands around the images of flows.
func ImageCommand(streams console.Streams) *cli.Command {
	return &cli.Command{
		Name:         "image",
		Usage:        "make images of flows, without Docker",
		UsageText:    "ecsctl image build --pool my-ecs-pool",
		OnUsageError: console.UsageError,
		Subcommands:  []*cli.Command{imageBuildCommand(streams)},
		Action:       console.Group,
	}
}
