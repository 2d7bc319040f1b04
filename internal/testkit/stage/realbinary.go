package stage

import (
	"os"
	"sync"

	"github.com/rogpeppe/go-internal/testscript"

	"ecsctl/internal/ownport"
	"ecsctl/internal/testkit/staticbuild"
)

// RealECSCTL is the program as a release has it, made once.
var RealECSCTL = sync.OnceValues(func() ([]byte, error) { return staticbuild.Program("ecsctl") })

// cmdRealECSCTL writes a static ecsctl:
//
//	real-ecsctl FILE
func cmdRealECSCTL(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: real-ecsctl FILE")
	}
	raw, err := RealECSCTL()
	ts.Check(err)
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), raw, 0o700))
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
