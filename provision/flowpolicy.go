package provision

import (
	"encoding/json"
	"fmt"
	"os"

	"ecsctl/internal/hint"
	"ecsctl/provision/spec"
)

// readFlowPolicy reads the policy of the flow runs' task role, "" when the Spec names none.
func readFlowPolicy(s spec.Spec) (string, error) {
	file := s.FlowRuns.PolicyFile
	if file == "" {
		return "", nil
	}
	raw, err := os.ReadFile(file)
	if err != nil {
		return "", fmt.Errorf("failed to read the policy of flow runs: %w", err)
	}
	document, err := parsePolicy(string(raw))
	if err == nil && len(document.statements) == 0 {
		err = fmt.Errorf("it has no statement")
	}
	var compact any
	if err == nil {
		err = json.Unmarshal(raw, &compact)
	}
	if err != nil {
		return "", hint.Add(fmt.Errorf("--flow-policy %q is not an IAM policy: %w", file, err),
			`give a document such as {"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:GetObject","Resource":"ARN-OF-BUCKET/*"}]}`)
	}
	text, err := json.Marshal(compact) // IAM counts characters
	return string(text), err
}
