// Command ecsctl-worker is what the worker's image has as /ecsctl: `worker start`,
// `worker health` and `version` of ecsctl, and nothing else. It is a third smaller, so that
// a worker is pulled and started sooner.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"

	"ecsctl/commands"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	// A second signal gets the default treatment: it ends the process at once.
	context.AfterFunc(ctx, stop)
	os.Exit(commands.WorkerMain(ctx, os.Args, commands.SystemStreams()))
}
