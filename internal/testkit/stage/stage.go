// Package stage is what tests of the whole program stand on: a sandbox with its taps, the
// programs of its containers, and the commands of the test scripts.
package stage

import (
	"os"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

// Patience is how long a test waits for something to happen: only a hang reaches it.
const Patience = 5 * time.Minute

// Programs are those that a test binary plays when it is called by their names: ecsctl
// itself, and in the containers of the sandbox `prefect` (a worker that does no more than
// say that it is alive, and `prefect flow-run execute`), pip and docker.
func Programs(ecsctl func()) map[string]func() {
	return map[string]func(){
		"ecsctl": ecsctl, "prefect": prefectProgram, "pip": func() {}, "docker": dockerProgram,
		"python": func() { pythonProgram(ecsctl) }, "quick-worker": func() { quickWorkerProgram(ecsctl) },
	}
}

// Scripts are the parameters of the test scripts in dir.
func Scripts(dir string) testscript.Params {
	return testscript.Params{
		Dir:                 dir,
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		Setup:               setUpScript,
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"sandbox": cmdSandbox, "elsewhere": cmdElsewhere, "home": cmdHome, "fault": cmdFault, "aws": cmdAWS,
			"prefect-api": cmdPrefect,
			"exits":       cmdExits, "writes": cmdWrites, "await": cmdAwait, "interrupt": cmdInterrupt,
			"snapshot": cmdSnapshot, "same": cmdSame, "flat": cmdFlat, "status": cmdStatus, "fix": cmdFix,
			"tiny": cmdTiny, "base": cmdBase, "real-ecsctl": cmdRealECSCTL,
		},
	}
}

func prefectProgram() {
	if len(os.Args) > 1 && os.Args[1] == "flow-run" {
		os.Exit(execute())
	}
	prefectWorker()
}

// ownPort is the port of a container's health checks, whatever its task definition says: the
// official image has 8080, which the tasks of a sandbox would share.
const ownPort = "ECSCTL_TEST_HEALTH_PORT"

func useOwnPort() {
	port := os.Getenv(ownPort)
	if port == "" {
		return
	}
	_ = os.Setenv("PREFECT_WORKER_WEBSERVER_HOST", "127.0.0.1") // neither name nor value is odd
	_ = os.Setenv("PREFECT_WORKER_WEBSERVER_PORT", port)
	_ = os.Setenv("PREFECT_WORKER_QUERY_SECONDS", "1")
	_ = os.Setenv("PREFECT_WORKER_HEARTBEAT_SECONDS", "1")
}

// quickWorkerProgram is a worker in the official image that polls often.
func quickWorkerProgram(ecsctl func()) {
	useOwnPort()
	ecsctl()
}

// pythonProgram is `python` of the official image, which health checks alone call there: they ask
// the worker of their container whether it is well.
func pythonProgram(ecsctl func()) {
	useOwnPort()
	os.Args = []string{"ecsctl", "worker", "health"}
	ecsctl()
}
