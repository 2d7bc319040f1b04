// Package stage is what tests of the whole program stand on: a sandbox with its taps, the
// programs of its containers, and the commands of the test scripts.
package stage

import (
	"errors"
	"os"
	"strings"

	"github.com/rogpeppe/go-internal/testscript"
)

// Programs are those that a test binary plays when it is called by their names: ecsctl
// itself, and in the containers of the sandbox `prefect` (a worker that does no more than
// say that it is alive, and `prefect flow-run execute`), pip and docker.
func Programs(ecsctl func()) map[string]func() {
	return map[string]func(){
		"ecsctl": ecsctl, "prefect": prefectProgram, "pip": func() {}, "docker": dockerProgram,
		"quick-worker": func() { quickWorkerProgram(ecsctl) },
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
			"sandbox": cmdSandbox, "fault": cmdFault, "aws": cmdAWS, "prefect-api": cmdPrefect,
			"exits": cmdExits, "writes": cmdWrites, "await": cmdAwait, "interrupt": cmdInterrupt,
			"snapshot": cmdSnapshot, "same": cmdSame, "flat": cmdFlat, "status": cmdStatus, "mend": cmdMend,
			"tiny": cmdTiny, "real-ecsctl": cmdRealECSCTL,
		},
	}
}

func prefectProgram() {
	if len(os.Args) > 1 && os.Args[1] == "flow-run" {
		os.Exit(execute())
	}
	prefectWorker()
}

// quickWorkerProgram is ecsctl with a health port of its own, in a container whose image
// says nothing of that.
func quickWorkerProgram(ecsctl func()) {
	env, err := QuickWorker()
	for _, entry := range env {
		name, value, _ := strings.Cut(entry, "=")
		err = errors.Join(err, os.Setenv(name, value))
	}
	if err != nil {
		panic(err)
	}
	ecsctl()
}
