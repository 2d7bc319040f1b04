//go:build e2e

package e2e

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"ecsctl/e2e/peers"
)

// damage is something done behind ecsctl's back.
type damage struct {
	name string
	do   func(w *world) error
	// plan is what the next dry run shows, "kind action", sorted: this and nothing else.
	plan []string
	// after clears away what a repair leaves by design: an old revision.
	after func(w *world) error
	// stays says that the change is a person's to make: it is left as it is.
	stays bool
}

// Each resource altered or deleted behind our back shows up alone in the plan and
// is repaired by the next run.
func TestDamageIsRepaired(t *testing.T) {
	t.Parallel()
	for _, d := range append(roleDamages, otherDamages...) {
		t.Run(d.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, all.Prefect3)
			w.repair(d)
		})
	}
}

// The work pool lives in the Prefect server, so this part runs against each.
func TestPoolDamageIsRepaired(t *testing.T) {
	t.Parallel()
	all.EachServer(t, func(t *testing.T, server *peers.Server) {
		t.Parallel()
		for _, d := range poolDamages {
			t.Run(d.name, func(t *testing.T) {
				t.Parallel()
				newWorld(t, server).repair(d)
			})
		}
	})
}

func (w *world) repair(d damage) {
	w.t.Helper()
	w.bootstrap()
	whole := w.snapshot()
	w.must(d.do(w))
	damaged := w.snapshot()
	if diff := cmp.Diff(d.plan, w.plan()); diff != "" {
		w.t.Errorf("the plan (-want +got):\n%s", diff)
	}
	w.same("a dry run changed something", damaged, w.snapshot())
	w.bootstrap()
	if d.stays {
		w.same("what is left alone", damaged, w.snapshot())
		return
	}
	if d.after != nil {
		w.must(d.after(w))
	}
	w.same("after the repair", whole, w.snapshot())
	if changes := w.plan(); len(changes) != 0 {
		w.t.Errorf("there is still something to do: %q", changes)
	}
}
