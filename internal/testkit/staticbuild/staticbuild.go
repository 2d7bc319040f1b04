// Package staticbuild makes programs of this module with the Go toolchain, as a release
// has them: static and without symbols. It is for tests that put them into images.
package staticbuild

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
)

// withoutInlining makes programs 5 % smaller: see the Makefile.
const withoutInlining = "-gcflags=github.com/aws/aws-sdk-go-v2/service/...=-l"

// Program builds the main package of the import path and returns the executable. Its version is
// "dev", whatever the checkout is like. More environment, as "NAME=value", is for GOOS and the
// like. An error has what the toolchain said.
func Program(importPath string, env ...string) ([]byte, error) {
	return Stamped("", importPath, env...)
}

// Stamped is Program with a flag more for the linker, such as what tools/stamp.sh prints.
func Stamped(ldflag, importPath string, env ...string) ([]byte, error) {
	dir, err := os.MkdirTemp("", "ecsctl-build-")
	if err != nil {
		return nil, fmt.Errorf("failed to build %s: %w", importPath, err)
	}
	defer os.RemoveAll(dir)
	file := filepath.Join(dir, "program")
	build := exec.Command("go", "build", "-trimpath", "-buildvcs=false", withoutInlining,
		"-ldflags=-s -w "+ldflag, "-o", file, importPath)
	build.Env = append(append(os.Environ(), "CGO_ENABLED=0"), env...)
	if out, err := build.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("failed to build %s: %w: %s", importPath, err, out)
	}
	return os.ReadFile(file)
}
