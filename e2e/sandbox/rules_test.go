//go:build e2e

package sandbox

import (
	"os/exec"
	"path/filepath"
	"testing"

	"ecsctl/e2e/peers"
)

// TestRulesAreThoseOfTheModels generates the sandbox's rules again, from the botocore
// that the AWS CLI comes with, and compares.
func TestRulesAreThoseOfTheModels(t *testing.T) {
	t.Parallel()
	python, err := peers.Program("aws", "python")
	if err != nil {
		t.Fatal(err)
	}
	botocore := filepath.Join(filepath.Dir(filepath.Dir(python)), "lib", "python3.11", "site-packages",
		"awscli", "botocore")
	cmd := exec.CommandContext(t.Context(), python, filepath.Join(peers.Root(), "sandbox", "internal", "rules",
		"generate.py"), botocore, "--check")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}
