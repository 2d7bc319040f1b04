//go:build e2e

package lint

import (
	"os/exec"
	"path/filepath"
	"testing"

	"ecsctl/e2e/peers"
)

// AWS's own linter of templates, which knows the schema of each resource, finds nothing in those that are exported.
// TestExportHasAllThatBootstrapMakes holds that they are.
func TestTemplatesPassTheLinter(t *testing.T) {
	t.Parallel()
	lint, err := peers.Program(peers.Lint, "cfn-lint")
	if err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob(filepath.Join(peers.Root(), "provision", "handover", "testdata", "*.yaml"))
	if err != nil || len(files) == 0 {
		t.Fatalf("there are no templates: %v", err)
	}
	args := append([]string{"--regions", "eu-west-1", "--include-checks", "W", "--template"}, files...)
	if out, err := exec.CommandContext(t.Context(), lint, args...).CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}
