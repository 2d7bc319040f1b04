//go:build e2e

package sandbox

import (
	"bytes"
	_ "embed"
	"encoding/json"
	"os/exec"
	"path/filepath"

	"ecsctl/internal/testkit/wiretap"
)

//go:embed validate.py
var validateScript string

// validate holds recorded AWS requests against botocore's models of the services:
// members, types, enums, lengths, ranges and patterns.
func (w *world) validate(calls []wiretap.Call) {
	w.t.Helper()
	var input bytes.Buffer
	encoder := json.NewEncoder(&input)
	for _, call := range calls {
		w.must(encoder.Encode(map[string]string{"operation": call.Operation, "body": call.Body}))
	}
	cmd := exec.CommandContext(w.t.Context(), filepath.Join(w.venv, "python"), "-c", validateScript)
	cmd.Env, cmd.Stdin = w.environ(w.venv), &input
	out, err := cmd.CombinedOutput()
	if err != nil || len(calls) == 0 {
		w.t.Errorf("%d requests: %v\n%s", len(calls), err, out)
		return
	}
	w.t.Logf("%s", out)
}
