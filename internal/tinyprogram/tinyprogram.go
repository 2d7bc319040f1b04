// Package tinyprogram makes the smallest static program of this module with the Go
// toolchain: for tests that put an ecsctl into an image and do not run it.
package tinyprogram

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
)

// AMD64 and ARM64 return the program for Linux, made once.
var (
	AMD64 = sync.OnceValues(func() ([]byte, error) { return build("amd64") })
	ARM64 = sync.OnceValues(func() ([]byte, error) { return build("arm64") })
)

func build(architecture string) ([]byte, error) {
	dir, err := os.MkdirTemp("", "ecsctl-tiny-")
	if err != nil {
		return nil, fmt.Errorf("failed to build the tiny program: %w", err)
	}
	defer os.RemoveAll(dir)
	file := filepath.Join(dir, "ecsctl")
	cmd := exec.Command("go", "build", "-trimpath", "-ldflags=-s -w", "-o", file, "ecsctl/internal/tinyprogram/testdata/tiny")
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0", "GOOS=linux", "GOARCH="+architecture)
	if out, err := cmd.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("failed to build the tiny program: %w: %s", err, out)
	}
	return os.ReadFile(file)
}
