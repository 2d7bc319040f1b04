package commands

import (
	"context"

	"github.com/urfave/cli/v2"
)

// WorkerMain is Main with the commands alone that the worker's image calls. The linker
// leaves out what nothing reaches any more: the wizard, the demo, the sandbox.
func WorkerMain(ctx context.Context, args []string, streams Streams) int {
	return run(ctx, newWorkerApp(streams), args, streams)
}

func newWorkerApp(streams Streams) *cli.App {
	worker := workerGroup(workerStartCommand(streams), workerHealthCommand(streams))
	worker.UsageText = "ecsctl worker start --pool my-ecs-pool\necsctl worker health"
	app := emptyApp(streams)
	app.Usage = "launch the flow runs of a work pool as ECS tasks"
	app.UsageText = worker.UsageText
	app.Commands = []*cli.Command{worker, versionCommand(streams)}
	return app
}
