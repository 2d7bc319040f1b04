// Command prefect stands in for Prefect's in the containers of the chaos tests. It is a
// program of its own, and not the test binary under another name, because a thousand of
// it are started: it is up in a fraction of the time.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"

	"ecsctl/chaos/flowrun"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	os.Exit(flowrun.Execute(ctx))
}
