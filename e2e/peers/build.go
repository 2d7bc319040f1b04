//go:build e2e

package peers

import (
	"context"
	"fmt"
	"os"
	"os/exec"
)

// Build builds ecsctl at path as a release has it: statically, because bootstrap makes an
// image of static binaries alone. With the flags of internal/staticbuild most of it is in
// the build cache already, where `make test` has run; else AWS's SDK is compiled once more.
func Build(ctx context.Context, path string) error {
	build := exec.CommandContext(ctx, "go", "build", "-trimpath", "-ldflags=-s -w", "-o", path, ".")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	build.Dir = Root()
	if out, err := build.CombinedOutput(); err != nil {
		return fmt.Errorf("failed to build ecsctl: %w\n%s", err, out)
	}
	return nil
}
