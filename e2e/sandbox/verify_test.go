//go:build e2e

package sandbox

import (
	"encoding/json"
	"slices"

	"ecsctl/internal/testkit/inventory"
	"ecsctl/operate"
	"ecsctl/operate/verify"
)

// verify has everything real but AWS: the server, the service's worker, and Prefect itself, which runs the hello flow
// that comes with its deployment. It leaves nothing behind.
func (w *world) verify(env []string, pool string, source *inventory.Source) {
	w.t.Helper()
	before, err := source.Read(w.t.Context())
	w.must(err)
	out := w.run(env, "/bin/sh", "-c", `exec "$0" verify --pool "$1" --output json 2>verify.log`, shared.binary, pool)
	var got verify.Verification
	w.must(json.Unmarshal([]byte(out), &got))
	w.t.Logf("%s", out)
	want := []string{verify.StepWorker, verify.StepDeploy, verify.StepClaimed, verify.StepTask, verify.StepRunning,
		verify.StepCompleted, verify.StepLog, verify.StepCleanup}
	var steps []string
	for _, step := range got.Steps {
		steps = append(steps, step.Name)
		if step.Status != operate.CheckOK {
			w.t.Errorf("%s is %s: %s", step.Name, step.Status, step.Reason)
		}
	}
	if !slices.Equal(steps, want) || !got.Passed {
		w.t.Errorf("got steps %q, want %q", steps, want)
	}
	after, err := source.Read(w.t.Context())
	w.must(err)
	if diff := inventory.Diff(before, after); diff != "" {
		w.t.Errorf("verify left something behind (-before +after):\n%s", diff)
	}
}
