//go:build e2e

package e2e

import (
	"testing"

	"ecsctl/e2e/peers"
	"ecsctl/internal/testkit/inventory"
)

// After teardown the account and the server hold what they held before bootstrap.
func TestTeardownLeavesNothing(t *testing.T) {
	t.Parallel()
	all.EachServer(t, func(t *testing.T, server *peers.Server) {
		t.Parallel()
		w := newWorld(t, server)
		before := w.snapshot()
		w.bootstrap()
		w.bootstrap("--cpu", "1024", "--memory", "2048") // two revisions to clear away
		w.teardown()
		w.same("after teardown", before, w.snapshot())
		w.tap.Reset()
		w.teardown()
		if tried := w.tap.Tried(); len(tried) != 0 {
			t.Errorf("a second teardown wrote\n%s", tried)
		}
	})
}

// Resources of others with similar names, and the cluster that they share with us,
// are as they were.
func TestTeardownSparesNeighbours(t *testing.T) {
	t.Parallel()
	all.EachServer(t, func(t *testing.T, server *peers.Server) {
		t.Parallel()
		w := newWorld(t, server)
		w.addNeighbours()
		before := w.snapshot()
		w.bootstrap()
		out := w.ecsctl(2, w.teardownArgs("--dry-run", "--detailed-exitcode", "--output", "json")...)
		for _, change := range w.report(out).Changes {
			if change.Kind == "cluster" && change.Action == "delete" {
				t.Error("teardown means to delete a cluster that it did not make")
			}
		}
		w.teardown()
		w.same("after teardown", before, w.snapshot())
	})
}

// What the user wants to keep is kept, and only that.
func TestTeardownKeeps(t *testing.T) {
	t.Parallel()
	all.EachServer(t, func(t *testing.T, server *peers.Server) {
		t.Parallel()
		w := newWorld(t, server)
		w.bootstrap()
		w.teardown("--keep-pool", "--keep-logs")
		raw := w.snapshot().Raw()
		if raw[inventory.WorkPool][w.pool] == nil {
			t.Error("--keep-pool did not keep the pool")
		}
		if raw[inventory.LogGroup][*w.logGroup()] == nil {
			t.Error("--keep-logs did not keep the log group")
		}
		for _, kind := range []string{inventory.Role, inventory.Secret, inventory.TaskDefinition, inventory.Service} {
			if len(raw[kind]) != 0 {
				t.Errorf("left behind: %s %v", kind, raw[kind])
			}
		}
	})
}
