// Command ecsctl-worker is what the worker's image has as /ecsctl: `worker start`,
// `worker health` and `version` of ecsctl, and nothing else. It is a third smaller, so that
// a worker is pulled and started sooner.
package main

import (
	"os"

	"ecsctl/commands/console"
	"ecsctl/commands/workercmd"
	_ "ecsctl/internal/earlyhealth" // answers health checks before all else is made ready
)

func main() { os.Exit(workercmd.Main(os.Args, console.SystemStreams())) }
