// Command ecsctl runs Prefect flows on AWS ECS: it makes what a worker needs there,
// and takes it away again.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"

	"ecsctl/commands"
	"ecsctl/commands/console"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	// A second signal gets the default treatment: it ends the process at once.
	context.AfterFunc(ctx, stop)
	os.Exit(commands.Main(ctx, os.Args, console.SystemStreams()))
}
