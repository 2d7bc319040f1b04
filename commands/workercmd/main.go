package workercmd

import (
	"ecsctl/commands/console"
)

// Main is the main function of ecsctl-worker: the commands alone that the worker's image
// calls. The linker leaves out what nothing reaches any more: the wizard, the demo, the sandbox.
func Main(args []string, streams console.Streams) int {
	group := workerGroup(workerStartCommand(streams), workerHealthCommand(streams))
	group.UsageText = "ecsctl worker start --pool my-ecs-pool\necsctl worker health"
	app := console.NewApp(streams, group, VersionCommand(streams))
	app.Usage, app.UsageText = "launch the flow runs of a work pool as ECS tasks", group.UsageText
	return console.Run(app, args, streams)
}
