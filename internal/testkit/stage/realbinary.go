package stage

import (
	"os"
	"path/filepath"
	"sync"

	"github.com/rogpeppe/go-internal/testscript"

	"ecsctl/internal/executable"
	"ecsctl/internal/ownport"
	"ecsctl/internal/testkit/staticbuild"
)

// RealECSCTL is the program as a release has it, made once.
var RealECSCTL = sync.OnceValues(func() ([]byte, error) { return staticbuild.Program("ecsctl") })

// WorkerOnly is the program for the worker's image as a release has it, made once.
var WorkerOnly = sync.OnceValues(func() ([]byte, error) { return staticbuild.Program("ecsctl/cmd/ecsctl-worker") })

// cmdRealECSCTL writes a static ecsctl, that of a version, or the worker-only program:
//
//	real-ecsctl [-worker | vVERSION] FILE
func cmdRealECSCTL(ts *testscript.TestScript, neg bool, args []string) {
	program := RealECSCTL
	switch {
	case len(args) == 2 && args[0] == "-worker":
		program, args = WorkerOnly, args[1:]
	case len(args) == 2:
		version := args[0]
		program, args = func() ([]byte, error) {
			return staticbuild.Stamped("-X ecsctl/internal/buildinfo.stamp=ecsctl-build|"+version+"|||", "ecsctl")
		}, args[1:]
	}
	if neg || len(args) != 1 {
		ts.Fatalf("usage: real-ecsctl [-worker | vVERSION] FILE")
	}
	raw, err := program()
	ts.Check(err)
	ts.Check(os.MkdirAll(filepath.Dir(ts.MkAbs(args[0])), 0o700))
	ts.Check(executable.Write(ts.MkAbs(args[0]), raw))
}

// QuickWorker lets a worker out of an image poll often, and answer health checks on a
// port of its own: the tasks of a sandbox share those of this machine.
func QuickWorker() ([]string, error) {
	port, err := ownport.Take()
	return []string{
		"PREFECT_WORKER_QUERY_SECONDS=1", "PREFECT_WORKER_HEARTBEAT_SECONDS=1",
		"PREFECT_WORKER_WEBSERVER_HOST=127.0.0.1", "PREFECT_WORKER_WEBSERVER_PORT=" + port,
		ownPort + "=" + port,
	}, err
}
