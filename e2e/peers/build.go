//go:build e2e

package peers

import (
	"context"
	"fmt"
	"os"
	"os/exec"
)

// Build builds ecsctl at path, statically, because bootstrap makes an image of static
// binaries alone. The flags are further ones of go build.
func Build(ctx context.Context, path string, flags ...string) error {
	arguments := append([]string{"build", "-o", path}, flags...)
	build := exec.CommandContext(ctx, "go", append(arguments, ".")...)
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	build.Dir = Root()
	if out, err := build.CombinedOutput(); err != nil {
		return fmt.Errorf("failed to build ecsctl: %w\n%s", err, out)
	}
	return nil
}
