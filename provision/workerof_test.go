package provision_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"ecsctl/internal/testkit/inventory"
	"ecsctl/provision/spec"
	"ecsctl/sandbox"
)

// two is an account with the pool etl, whose worker serves the pool reports, too.
type two struct {
	*account
	hosts, served spec.Spec
}

func newTwo(t *testing.T, opts sandbox.Options) *two {
	t.Helper()
	w := &two{account: newAccount(t, opts, 3)}
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
