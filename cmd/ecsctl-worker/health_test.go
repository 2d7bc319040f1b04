//go:build unix

package main

import (
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"ecsctl/internal/testkit/staticbuild"
)

// A health check that finds a worker well ends before the large packages are made ready; one
// that does not says what is wrong.
func TestHealthIsAnsweredEarly(t *testing.T) {
	t.Parallel()
	program, err := staticbuild.Program("ecsctl/cmd/ecsctl-worker")
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "ecsctl")
	if err := os.WriteFile(file, program, 0o755); err != nil {
		t.Fatal(err)
	}
	var answer atomic.Int64
	answer.Store(http.StatusOK)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/health" {
			w.WriteHeader(http.StatusNotFound)
			return
		}
		w.WriteHeader(int(answer.Load()))
		_, _ = io.WriteString(w, `{"message": "no poll for minutes"}`)
	})}
	go func() { _ = server.Serve(listener) }()
	t.Cleanup(func() { _ = server.Close() })

	check := func() (out, said string, err error) {
		var stdout, stderr strings.Builder
		cmd := exec.CommandContext(t.Context(), file, "worker", "health", "--address", listener.Addr().String())
		cmd.Env, cmd.Stdout, cmd.Stderr = append(os.Environ(), "GODEBUG=inittrace=1"), &stdout, &stderr
		err = cmd.Run()
		return stdout.String(), stderr.String(), err
	}
	out, said, err := check()
	if err != nil || out != "OK\n" {
		t.Fatalf("%v: %s%s", err, out, said)
	}
	if !strings.Contains(said, "init os ") && !strings.Contains(said, "init runtime ") ||
		strings.Contains(said, "aws-sdk-go-v2/service") || strings.Contains(said, "prometheus") {
		t.Errorf("what was made ready:\n%s", said)
	}
	answer.Store(http.StatusServiceUnavailable)
	if _, said, err := check(); err == nil || !strings.Contains(said, "no poll for minutes") {
		t.Errorf("%v: %s", err, said)
	}
}
