//go:build e2e

package peers

import (
	"net"
	"os"
	"path/filepath"
	"syscall"
	"testing"
)

// workerHealth is where a worker with health checks listens: PREFECT_WORKER_WEBSERVER_PORT's default. On AWS each
// container has an address of its own, here they have this machine's.
const workerHealth = "127.0.0.1:8080"

// TakeWorkerPort waits until no worker of another test listens on the port of health checks, be it another package's,
// and keeps it until the end of the test.
func TakeWorkerPort(t *testing.T) {
	t.Helper()
	lock, err := os.OpenFile(filepath.Join(os.TempDir(), "ecsctl-e2e-8080.lock"), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = lock.Close() }) // which lets go of it, as the end of the process does
	if err := syscall.Flock(int(lock.Fd()), syscall.LOCK_EX); err != nil {
		t.Fatal(err)
	}
	listener, err := net.Listen("tcp", workerHealth)
	if err != nil {
		t.Fatalf("the worker's health port is taken by a program that is not of the tests: %v", err)
	}
	listener.Close()
}
