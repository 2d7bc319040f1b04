//go:build e2e

package sandbox

import (
	"encoding/json"
	"path/filepath"
	"strings"
	"testing"

	"ecsctl/e2e/peers"
	"ecsctl/internal/testkit/inventory"
)

// TestExportedScript runs an exported script with the real AWS CLI in an account of its own, up to a worker that runs,
// and compares what is there with what a bootstrap has made.
func TestExportedScript(t *testing.T) {
	t.Parallel()
	cli, err := peers.Program(peers.AWS, "aws")
	if err != nil {
		t.Fatal(err)
	}
	flags := []string{"--pool", "etl", "--bundle-storage", "--no-observer"}
	own, other := newWorld(t, peers.Prefect3), newWorld(t, peers.Prefect3)
	ecsctl := func(w *world, args ...string) string {
		env := w.environ(filepath.Dir(shared.binary) + ":" + filepath.Dir(cli))
		return w.run(env, append([]string{shared.binary}, args...)...)
	}
	ecsctl(own, append([]string{"bootstrap", "--yes"}, flags...)...)
	ecsctl(other, append([]string{"export", "--format", "cli", "--output", "etl.sh"}, flags...)...)
	other.run(other.environ(filepath.Dir(shared.binary)+":"+filepath.Dir(cli)), "/bin/bash", "etl.sh")
	if diff := inventory.Diff(own.inventory(), other.inventory()); diff != "" {
		t.Errorf("the inventories (-bootstrap +script):\n%s", diff)
	}
	// The worker that ran has made a pool of its own, and a bootstrap sets its defaults.
	var plan struct {
		Changes []struct{ Kind, Action string }
	}
	text := ecsctl(other, append([]string{"bootstrap", "--dry-run", "--output", "json"}, flags...)...)
	other.must(json.Unmarshal([]byte(text), &plan))
	for _, c := range plan.Changes {
		if writes := c.Action == "create" || c.Action == "update"; writes != (c.Kind == "work-pool") {
			t.Errorf("a bootstrap after the script: %s %s", c.Action, c.Kind)
		}
	}
}

// inventory is what is in the account; the pools are Prefect's.
func (w *world) inventory() *inventory.Snapshot {
	w.t.Helper()
	snap, err := inventory.NewSource(w.config(), inventory.Prefect{}).Read(w.t.Context())
	w.must(err)
	snap.Rename(w.env["PREFECT_API_AUTH_STRING"], "<credentials>")
	snap.Rename(w.env["PREFECT_API_URL"], "<prefect>")
	snap.Rename(strings.TrimPrefix(w.env["AWS_ENDPOINT_URL"], "http://"), "<registry>")
	return snap
}
