package commands_test

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"sync"

	"github.com/rogpeppe/go-internal/testscript"
)

// realECSCTL is the program as a release has it, made once.
var realECSCTL = sync.OnceValues(func() ([]byte, error) {
	dir, err := os.MkdirTemp("", "ecsctl-real-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	file := filepath.Join(dir, "ecsctl")
	build := exec.Command("go", "build", "-trimpath", "-ldflags=-s -w", "-o", file, "ecsctl")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("failed to build ecsctl: %w: %s", err, out)
	}
	return os.ReadFile(file)
})

// cmdRealECSCTL writes a static ecsctl:
//
//	real-ecsctl FILE
func cmdRealECSCTL(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: real-ecsctl FILE")
	}
	raw, err := realECSCTL()
	ts.Check(err)
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), raw, 0o700))
}

// quickWorker lets a worker out of an image poll often, and answer health checks on a
// port of its own: the tasks of a sandbox share those of this machine.
func quickWorker() ([]string, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	port := strconv.Itoa(listener.Addr().(*net.TCPAddr).Port)
	return []string{
		"PREFECT_WORKER_QUERY_SECONDS=1", "PREFECT_WORKER_HEARTBEAT_SECONDS=1",
		"PREFECT_WORKER_WEBSERVER_HOST=127.0.0.1", "PREFECT_WORKER_WEBSERVER_PORT=" + port,
	}, listener.Close()
}
