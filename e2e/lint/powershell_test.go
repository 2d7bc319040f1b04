//go:build e2e

package lint

import (
	"bytes"
	"os/exec"
	"strings"
	"testing"

	"ecsctl/e2e/peers"
)

// PowerShell itself comes from no registry that CI reaches: the script of its completion is read with the grammar that
// editors use, which is no run, but sees a bracket or a quote too many.
func TestPowerShellCompletionIsPowerShell(t *testing.T) {
	t.Parallel()
	python, err := peers.Program(peers.Lint, "python")
	if err != nil {
		t.Fatal(err)
	}
	script, err := exec.CommandContext(t.Context(), "go", "run", "ecsctl", "completion", "powershell").Output()
	if err != nil {
		t.Fatal(err)
	}
	faults := func(script []byte) string {
		cmd := exec.CommandContext(t.Context(), python, "lintpowershell.py")
		cmd.Stdin = bytes.NewReader(script)
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
		return string(out)
	}
	if found := faults(script); found != "" {
		t.Error(found)
	}
	if broken := bytes.Replace(script, []byte("}"), nil, 1); !strings.Contains(faults(broken), "line ") {
		t.Error("a bracket that is missing is not found")
	}
}
