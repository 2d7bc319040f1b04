//go:build e2e

package parity

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"ecsctl/e2e/peers"
)

// diagnoseThem asks the official worker's own function what it makes of stopped tasks.
const diagnoseThem = `
import json, sys
from prefect_aws.observers.diagnostics import diagnose_ecs_task
out = []
for reason in json.load(sys.stdin):
    found = diagnose_ecs_task({"lastStatus": "STOPPED", "stopCode": "TaskFailedToStart", "stoppedReason": reason,
        "containers": [{"name": "prefect", "exitCode": None}]})
    out.append(found.summary)
json.dump(out, sys.stdout)
`

// What docs/diagnosis.md says of the official worker beside AWS's words is what it says.
func TestOfficialDiagnoses(t *testing.T) {
	summaries := map[string]string{"P": "Container image pull failed", "S": "ECS task failed to start"}
	reasons, wanted := diagnosesInTheDocs(t, summaries)
	python, err := peers.Program("prefect3", "python")
	if err != nil {
		t.Fatal(err)
	}
	input, err := json.Marshal(reasons)
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), python, "-c", diagnoseThem)
	cmd.Stdin = strings.NewReader(string(input))
	cmd.Stderr = os.Stderr
	output, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	if err := json.Unmarshal(output, &got); err != nil {
		t.Fatalf("%v: %s", err, output)
	}
	for i, reason := range reasons {
		if got[i] != wanted[i] {
			t.Errorf("%s: the official worker says %q, docs/diagnosis.md %q", reason, got[i], wanted[i])
		}
	}
	t.Logf("%d rows", len(reasons))
}

// diagnosesInTheDocs are AWS's words in the rows whose last column is a key of summaries.
func diagnosesInTheDocs(t *testing.T, summaries map[string]string) (reasons, wanted []string) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(peers.Root(), "docs", "diagnosis.md"))
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(text)) {
		cells := strings.Split(strings.Trim(strings.TrimSpace(line), "|"), " | ")
		summary := summaries[strings.TrimSpace(cells[len(cells)-1])]
		if len(cells) == 4 && summary != "" && strings.Contains(cells[0], "`") {
			reasons, wanted = append(reasons, strings.Trim(cells[0], " `")), append(wanted, summary)
		}
	}
	if len(reasons) < 20 {
		t.Fatalf("docs/diagnosis.md has only %d rows", len(reasons))
	}
	return reasons, wanted
}
