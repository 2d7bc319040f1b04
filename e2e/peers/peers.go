//go:build e2e

// Package peers starts the programs that the end-to-end tests run ecsctl against:
// moto for AWS, Prefect servers, and anything from the virtual environments that
// e2e/venvs.sh makes. They listen on loopback and die with the test.
package peers

import (
	"fmt"
	"os"
	"path/filepath"
)

// Names of the virtual environments, one for each requirements-<name>.txt.
const (
	Prefect3 = "prefect3"
	// Prefect39 has the newest Prefect: what depends on the version runs with it, too.
	Prefect39 = "prefect39"
	Prefect2  = "prefect2"
	AWS       = "aws"
	Lint      = "lint"
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
		return "", fmt.Errorf("failed to find %q of virtual environment %q (e2e/venvs.sh makes it): %w",
			name, venv, err)
	}
	return path, nil
}

// Root is the root of the repository: the folder with go.mod that the working directory is
// in. A program that was built with -trimpath does not know where its source is.
func Root() string {
	dir, err := os.Getwd()
	if err != nil {
		panic(err) // the tests and benches that call this have a working directory
	}
	for ; ; dir = filepath.Dir(dir) {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return dir
		}
		if dir == filepath.Dir(dir) {
			panic("no go.mod above the working directory")
		}
	}
}
