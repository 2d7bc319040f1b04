//go:build e2e

package sandbox

import (
	"encoding/json"
	"path/filepath"
	"slices"
	"testing"

	"ecsctl/e2e/peers"
	"ecsctl/internal/testkit/inventory"
	"ecsctl/operate"
	"ecsctl/operate/verify"
)

// TestVerify has everything real but AWS: the server, the official worker that bootstrap
// sets up, and Prefect itself, which runs the hello flow that comes with its deployment.
func TestVerify(t *testing.T) {
	t.Parallel()
	for _, venv := range []string{peers.Prefect3, peers.Prefect2} {
		t.Run(venv, func(t *testing.T) {
			t.Parallel()
			server := ownServer(t, venv)
			for _, runtime := range workerRuntimes {
				t.Run(runtime.name, func(t *testing.T) { verifyOnce(t, venv, runtime, server.URL) })
			}
		})
	}
}

func verifyOnce(t *testing.T, venv string, runtime workerRuntime, server string) {
	w := newWorld(t, venv, "--prefect-api-url", server)
	ecsctl := w.environ(filepath.Dir(shared.binary))
	pool := "verify-" + versions[venv][:1]
	w.run(ecsctl, append([]string{shared.binary, "bootstrap", "--pool", pool, "--yes", "--wait-timeout", "10m"},
		runtime.bootstrap...)...)
	source := inventory.NewSource(w.config(), inventory.Prefect{URL: server})
	before, err := source.Read(t.Context())
	w.must(err)

	out := w.run(ecsctl, "/bin/sh", "-c", `exec "$0" verify --pool "$1" --output json 2>verify.log`,
		shared.binary, pool)
	var got verify.Verification
	w.must(json.Unmarshal([]byte(out), &got))
	t.Logf("%s", out)
	want := []string{verify.StepWorker, verify.StepDeploy, verify.StepClaimed, verify.StepTask, verify.StepRunning,
		verify.StepCompleted, verify.StepLog, verify.StepCleanup}
	var steps []string
	for _, step := range got.Steps {
		steps = append(steps, step.Name)
		if step.Status != operate.CheckOK {
			t.Errorf("%s is %s: %s", step.Name, step.Status, step.Reason)
		}
	}
	if !slices.Equal(steps, want) || !got.Passed {
		t.Errorf("got steps %q, want %q", steps, want)
	}

	after, err := source.Read(t.Context())
	w.must(err)
	if diff := inventory.Diff(before, after); diff != "" {
		t.Errorf("verify left something behind (-before +after):\n%s", diff)
	}
	w.run(ecsctl, shared.binary, "teardown", "--pool", pool, "--yes", "--wait-timeout", "10m", "--running", "wait")
}
