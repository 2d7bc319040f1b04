//go:build e2e

// Package peers starts the programs that the end-to-end tests run ecsctl against:
// moto for AWS, Prefect servers, and anything from the virtual environments that
// e2e/venvs.sh makes. They listen on loopback and die with the test.
package peers

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
)

// Names of the virtual environments, one for each requirements-<name>.txt.
const (
	Prefect3 = "prefect3"
	Prefect2 = "prefect2"
	AWS      = "aws"
	Lint     = "lint"
)

// Program returns the path of a program in a virtual environment, from
// $ECSCTL_E2E_VENVS or the .venvs of the repository.
func Program(venv, name string) (string, error) {
	dir := os.Getenv("ECSCTL_E2E_VENVS")
	if dir == "" {
		dir = filepath.Join(Root(), ".venvs")
	}
	path := filepath.Join(dir, venv, "bin", name)
	if _, err := os.Stat(path); err != nil {
		return "", fmt.Errorf("failed to find %q of virtual environment %q (e2e/venvs.sh makes it): %w", name, venv, err)
	}
	return path, nil
}

// Root is the root of the repository.
func Root() string {
	_, file, _, _ := runtime.Caller(0)
	return filepath.Join(filepath.Dir(file), "..", "..")
}
