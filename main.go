// Command ecsctl runs Prefect flows on AWS ECS: it makes what a worker needs there,
// and takes it away again.
package main

import (
	"os"

	"ecsctl/commands"
	"ecsctl/commands/console"
	_ "ecsctl/internal/earlyhealth" // answers health checks before all else is made ready
)

func main() { os.Exit(commands.Main(os.Args, console.SystemStreams())) }
