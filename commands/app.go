// Package commands is the command line: flags become an options struct, and run
// functions that never see the flag library do the work.
//
// Results go to stdout, everything else to stderr. The words are the same with and
// without a terminal; colour and questions are for a terminal only, and every
// question has a flag.
package commands

import (
	"context"

	"github.com/urfave/cli/v2"

	"ecsctl/commands/complete"
	"ecsctl/commands/console"
	"ecsctl/commands/demo"
	"ecsctl/commands/deploy"
	"ecsctl/commands/inputs"
	"ecsctl/commands/workercmd"
	"ecsctl/internal/newrelease"
)

// Main runs the command line and returns the exit code.
func Main(args []string, streams console.Streams) int {
	notice := newrelease.Begin(context.Background(), newrelease.Usual(), streams.CanPrompt)
	code := console.Run(newApp(streams), args, streams)
	if text := notice.Text(); text != "" {
		console.Printf(streams.Err, "ecsctl: note: %s\n", text)
	}
	return code
}

func newApp(streams console.Streams) *cli.App {
	app := console.NewApp(streams,
		bootstrapCommand(streams), teardownCommand(streams), statusCommand(streams), listCommand(streams),
		logsCommand(streams), openCommand(streams),
		verifyCommand(streams), doctorCommand(streams), deploy.Command(streams), deploy.InitCommand(streams),
		deploy.ImageCommand(streams), workercmd.Command(streams), policyCommand(streams),
		exportCommand(streams), schemaCommand(streams),
		demo.SandboxCommand(streams), demo.Command(streams), workercmd.VersionCommand(streams),
		complete.CompletionCommand(streams), complete.CompleteCommand(streams), manCommand(streams))
	app.Before = func(c *cli.Context) error {
		c.Context = inputs.WithMFACodes(c.Context, streams)
		return nil
	}
	app.UsageText = "ecsctl bootstrap --pool my-ecs-pool\necsctl teardown --pool my-ecs-pool"
	return app
}
