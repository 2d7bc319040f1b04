//go:build e2e

package e2e

import (
	"testing"

	"ecsctl/e2e/peers"
	"ecsctl/internal/testkit/wiretap"
)

// moments are those right before and right after each of the writes. Independent
// writes come in any order, so they are told apart by operation, not by number.
func moments(writes []string) []wiretap.Moment {
	var out []wiretap.Moment
	count := map[string]int{}
	for _, operation := range writes {
		count[operation]++
		m := wiretap.Moment{Operation: operation, N: count[operation]}
		out = append(out, m, wiretap.Moment{Operation: m.Operation, N: m.N, After: true})
	}
	return out
}

// killedAt runs ecsctl and kills it with SIGKILL at the moment.
func (w *world) killedAt(m wiretap.Moment, args ...string) {
	w.t.Helper()
	w.tap.Reset()
	started := make(chan *running, 1)
	kill := func() {
		r := <-started
		_ = r.cmd.Process.Kill() // that it was alive shows in the exit code
	}
	w.tap.Kill(m, kill)
	r := w.start(args...)
	started <- r
	out := r.wait()
	if !w.tap.Sprung() || out.code != -1 {
		w.t.Fatalf("ecsctl was not killed %s: exit code %d\n%s%s", m, out.code, w.tap.Tried(), out.stderr)
	}
	w.tap.Reset()
}

// Killed at any write and run again, bootstrap ends where an undisturbed run does.
func TestKilledBootstrapConverges(t *testing.T) {
	t.Parallel()
	all.EachServer(t, func(t *testing.T, server *peers.Server) {
		t.Parallel()
		reference := newWorld(t, server)
		reference.bootstrap()
		writes, want := reference.tap.Writes(), reference.snapshot()
		t.Logf("%d writes: %q", len(writes), writes)
		for _, m := range moments(writes) {
			t.Run(m.String(), func(t *testing.T) {
				w := newWorld(t, server)
				w.killedAt(m, w.bootstrapArgs()...)
				w.bootstrap()
				w.same("the state after a kill "+m.String()+" and a second run", want, w.snapshot())
				if changes := w.plan(); len(changes) != 0 {
					t.Errorf("there is still something to do: %q", changes)
				}
			})
		}
	})
}

// The same for teardown: nothing of ours is left, all of the others' is.
func TestKilledTeardownConverges(t *testing.T) {
	t.Parallel()
	all.EachServer(t, func(t *testing.T, server *peers.Server) {
		t.Parallel()
		reference := newWorld(t, server)
		reference.bootstrap()
		reference.tap.Reset()
		reference.teardown()
		writes := reference.tap.Writes()
		t.Logf("%d writes: %q", len(writes), writes)
		for _, m := range moments(writes) {
			t.Run(m.String(), func(t *testing.T) {
				w := newWorld(t, server)
				before := w.snapshot()
				w.bootstrap()
				w.killedAt(m, w.teardownArgs()...)
				w.teardown()
				w.same("the state after a kill "+m.String()+" and a second run", before, w.snapshot())
			})
		}
	})
}

// Two bootstraps of one pool at once both succeed and leave what one leaves. Both
// may have registered the task definition, which ECS cannot prevent: then the
// revisions are alike and the service is on one of them.
func TestTwoBootstrapsAtOnce(t *testing.T) {
	t.Parallel()
	all.EachServer(t, func(t *testing.T, server *peers.Server) {
		t.Parallel()
		reference := newWorld(t, server)
		reference.bootstrap()
		w := newWorld(t, server)
		runs := []*running{w.start(w.bootstrapArgs()...), w.start(w.bootstrapArgs()...)}
		for _, r := range runs {
			if out := r.wait(); out.code != 0 {
				t.Errorf("exit code %d\n%s", out.code, out.stderr)
			}
		}
		if changes := w.plan(); len(changes) != 0 {
			t.Errorf("there is still something to do: %q", changes)
		}
		w.same("after two at once", reference.snapshot(), w.snapshot())
	})
}
