package commands_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"

	"github.com/rogpeppe/go-internal/testscript"
)

// tinyBinaries are static programs of this module for both architectures: what is
// packed into images where nobody runs them.
var tinyBinaries = map[string]func() ([]byte, error){
	"amd64": sync.OnceValues(func() ([]byte, error) { return buildTiny("amd64") }),
	"arm64": sync.OnceValues(func() ([]byte, error) { return buildTiny("arm64") }),
}

func buildTiny(architecture string) ([]byte, error) {
	dir, err := os.MkdirTemp("", "ecsctl-tiny-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	file := filepath.Join(dir, "ecsctl")
	build := exec.Command("go", "build", "-trimpath", "-ldflags=-s -w", "-o", file, "ecsctl/image/testdata/tiny")
	build.Env = append(os.Environ(), "CGO_ENABLED=0", "GOOS=linux", "GOARCH="+architecture)
	if out, err := build.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("failed to build the tiny program: %w: %s", err, out)
	}
	return os.ReadFile(file)
}

// cmdTiny writes tiny static programs as ecsctl-ARCHITECTURE:
//
//	tiny ARCHITECTURE...
func cmdTiny(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) == 0 {
		ts.Fatalf("usage: tiny ARCHITECTURE...")
	}
	for _, architecture := range args {
		build, ok := tinyBinaries[architecture]
		if !ok {
			ts.Fatalf("there is no architecture %q", architecture)
		}
		raw, err := build()
		ts.Check(err)
		ts.Check(os.WriteFile(ts.MkAbs("ecsctl-"+architecture), raw, 0o600))
	}
}
