package diagnose

import (
	"os"
	"strings"
	"testing"
)

// docs/diagnosis.md is what a user finds when searching for a message.
func TestTheDocsHaveEveryFinding(t *testing.T) {
	t.Parallel()
	data, err := os.ReadFile("../../docs/diagnosis.md")
	if err != nil {
		t.Fatal(err)
	}
	all := append(awsRules[:len(awsRules):len(awsRules)], logRules...)
	for _, f := range []Finding{spot, host, memory, byUser, tooSlow} {
		all = append(all, rule{Finding: f})
	}
	for _, code := range []int32{1, 125, 126, 127, 134, 137, 139, 143} {
		found, _ := Exit(code)
		all = append(all, rule{Finding: found})
	}
	for _, r := range all {
		if !strings.Contains(string(data), r.Cause) || !strings.Contains(string(data), r.Advice) {
			t.Errorf("docs/diagnosis.md lacks %q", r.Finding)
		}
	}
}
