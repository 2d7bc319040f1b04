package provision_test

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"ecsctl/internal/hint"
	"ecsctl/internal/testkit/inventory"
	"ecsctl/provision"
	"ecsctl/provision/spec"
	"ecsctl/sandbox"
)

// two is an account with the pool etl, whose worker serves the pool reports, too.
type two struct {
	*account
	hosts, served spec.Spec
	lag           int
}

func newTwo(t *testing.T, opts sandbox.Options) *two {
	t.Helper()
	w := &two{account: newAccount(t, opts, 3), lag: opts.Lag}
	w.hosts = w.spec
	w.served = spec.Spec{Pool: "reports", Region: region, Worker: spec.Worker{Of: "etl"}}
	return w
}

// as makes the Spec that of a pool.
func (w *two) as(s spec.Spec) *two {
	w.spec = s
	return w
}

// A pool that another one's worker serves has what its flow runs need and nothing of a worker. A second bootstrap of
// either has nothing to do, also where it does not say whose the worker is.
func TestWorkerOf(t *testing.T) {
	t.Parallel()
	for name, opts := range twoAccounts {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newTwo(t, opts)
			w.as(w.hosts).bootstrap()
			alone := w.seen().Raw()
			w.as(w.served).bootstrap()
			both := w.seen().Raw()
			got := map[string]int{}
			for kind, things := range both {
				if more := len(things) - len(alone[kind]); more != 0 {
					got[string(kind)] = more
				}
			}
			want := map[string]int{
				string(inventory.Role): 2, string(inventory.LogGroup): 1, string(inventory.Repository): 1,
				string(inventory.WorkPool): 1, string(inventory.TaskDefinition): 1, // the worker's next revision
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("what there is more of (-want +got):\n%s", diff)
			}
			w.settled()
			w.served.Worker.Of = ""
			w.as(w.served).settled()
			w.as(w.hosts).settled()
		})
	}
}

// A teardown of the pool takes it out of the worker and leaves that as it was, one of the worker's pool is refused until
// then, and after both the account is as before.
func TestTeardownWorkerOf(t *testing.T) {
	t.Parallel()
	for name, opts := range twoAccounts {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newTwo(t, opts)
			before := w.seen()
			w.as(w.hosts).bootstrap()
			alone := w.inUse()
			w.as(w.served).bootstrap()
			w.refusesTeardown("etl", `the worker of pool "etl" serves pool "reports", too`,
				"run `ecsctl teardown --pool reports` first")
			w.teardownOf("reports")
			if diff := cmp.Diff(alone, w.inUse()); diff != "" {
				t.Errorf("what is left (-want +got):\n%s", diff)
			}
			w.as(w.hosts).settled()
			w.teardownOf("etl")
			w.sameAs(before)
		})
	}
}

// inUse is the account without the older revisions of task definitions.
func (w *two) inUse() inventory.Things {
	w.t.Helper()
	defer w.server.SetLag(w.lag)
	out := w.seen().Normal()
	maps.DeleteFunc(out[inventory.TaskDefinition], func(name string, _ any) bool {
		return !strings.HasSuffix(name, ":newest")
	})
	return out
}

func (w *two) refusesTeardown(pool, want, advice string) {
	w.t.Helper()
	options := w.options()
	options.Spec = spec.Spec{Pool: pool, Region: region}
	_, err := provision.NewTeardown(w.t.Context(), provision.TeardownOptions{Options: options, Limit: patience})
	if err == nil || err.Error() != want || !slices.Contains(hint.Of(err), advice) {
		w.t.Errorf("got %v, advice %q", err, hint.Of(err))
	}
}
