package provision_test

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/google/go-cmp/cmp"

	"ecsctl/internal/hint"
	"ecsctl/internal/testkit/inventory"
	"ecsctl/internal/testkit/wiretap"
	"ecsctl/prefect"
	"ecsctl/provision"
	"ecsctl/provision/spec"
	"ecsctl/sandbox"
	"ecsctl/templates"
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

// A teardown of the pool takes it out of the worker and leaves that as it was, one of the worker's pool is refused
// until then, and after both the account is as before.
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

// workerOfRefusals are worlds in which a worker cannot be shared.
var workerOfRefusals = map[string]struct {
	prepare      func(*two)
	want, advice string
}{
	"unknown": {func(w *two) { w.served.Worker.Of = "none" },
		`there is no work pool "none", whose worker pool "reports" is to share`,
		"make it with `ecsctl bootstrap --pool none`"},
	"not ours": {func(w *two) {
		_, err := w.api.CreateWorkPool(w.t.Context(), prefect.WorkPoolCreate{
			Name: "theirs", Type: "ecs", BaseJobTemplate: templates.ECSBaseJobTemplate,
		})
		if err != nil {
			w.t.Fatal(err)
		}
		w.served.Worker.Of = "theirs"
	}, `work pool "theirs" was not set up by ecsctl`, "run `ecsctl bootstrap --pool theirs` first"},
	"the official worker": {func(w *two) {
		w.hosts.Worker.Runtime = spec.RuntimePrefect
		w.as(w.hosts).bootstrap()
	}, `the worker of pool "etl" is the official one, which serves one pool`, "leave out --worker-of"},
	"served itself": {func(w *two) {
		w.as(w.served).bootstrap()
		w.served.Pool, w.served.Worker.Of = "third", "reports"
	}, `work pool "reports" has no worker of its own: that of pool "etl" serves it`, "name that one: --worker-of etl"},
	"its own worker": {func(w *two) {
		of := w.served.Worker.Of
		w.served.Worker.Of = ""
		w.as(w.served).bootstrap()
		w.served.Worker.Of = of
	}, `work pool "reports" has a worker of its own, service "prefect-worker-reports"`,
		"run `ecsctl teardown --pool reports --keep-pool` first"},
	"another worker": {func(w *two) {
		w.as(w.served).bootstrap()
		w.served.Worker.Of = "else"
	}, `work pool "reports" is served by the worker of pool "etl", not of "else"`,
		"run `ecsctl teardown --pool reports --keep-pool` first"},
	"settings of a worker": {func(w *two) {
		w.served.Worker.CPU, w.served.Network.AssignPublicIP = 512, spec.PublicIPDisabled
		w.served.Worker.Memory = 4096
	}, `cpu, memory, assign-public-ip: pool "reports" has no worker of its own`, "`ecsctl bootstrap --pool etl`"},
	"the size of a worker": {func(w *two) { w.served.Worker.CPU, w.served.Worker.Memory = 512, 1024 },
		`cpu: pool "reports" has no worker of its own`, "`ecsctl bootstrap --pool etl`"},
	"names of a worker": {func(w *two) { w.served.Names.Service = "mine" },
		`pool "reports" is served by the worker of pool "etl": what is the worker's has the names that it has there`,
		"leave out the flags"},
	"another cluster": {func(w *two) { w.served.Cluster = "else" },
		`the worker of pool "etl" is in cluster "default", and pool "reports" is to run in "else"`, "leave out --cluster"},
	"another server": {func(w *two) {
		w.url = strings.Replace(w.url, "127.0.0.1", "localhost", 1)
	}, `the worker of pool "etl" works for the Prefect server at http://127.0.0.1`, "check --prefect-api-url"},
	"no service": {func(w *two) {
		if err := deleteService(w.t.Context(), w.account); err != nil {
			w.t.Fatal(err)
		}
		w.eventually("the service to be drained", func() bool {
			out, err := w.source.ECS.DescribeServices(w.t.Context(),
				&ecs.DescribeServicesInput{Services: []string{*family}})
			return err == nil && aws.ToString(out.Services[0].Status) == "INACTIVE"
		})
	}, `pool "etl" has no worker: there is no service "prefect-worker-etl"`, "run `ecsctl bootstrap --pool etl` first"},
	"official while it serves": {func(w *two) {
		w.as(w.served).bootstrap()
		w.served = w.hosts
		w.served.Worker.Runtime = spec.RuntimePrefect
	}, `the worker of pool "etl" serves pool "reports", too, and the official one serves one pool`,
		"run `ecsctl teardown --pool reports` first"},
}

// Who names a worker that cannot be shared is told why, and what to do.
func TestWorkerOfRefusals(t *testing.T) {
	t.Parallel()
	for name, test := range workerOfRefusals {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newTwo(t, sandbox.Options{})
			w.as(w.hosts).bootstrap()
			test.prepare(w)
			before := w.snapshot()
			w.as(w.served)
			_, err := provision.NewBootstrap(t.Context(), w.options())
			if err == nil || !strings.HasPrefix(err.Error(), test.want) {
				t.Errorf("got %v, want %s", err, test.want)
			}
			if advice := strings.Join(hint.Of(err), "\n"); !strings.Contains(advice, test.advice) {
				t.Errorf("advice %s, want %s", advice, test.advice)
			}
			w.same("after the refusal", before)
		})
	}
}

// A pool that is kept goes on to a worker of its own, and one whose worker went with --keep-pool comes to another's.
func TestWorkerOfMoves(t *testing.T) {
	t.Parallel()
	w := newTwo(t, sandbox.Options{})
	w.as(w.hosts).bootstrap()
	w.as(w.served).bootstrap()
	own := w.served
	own.Worker.Of = ""
	keep := func() {
		t.Helper()
		options := w.options()
		options.Spec = spec.Spec{Pool: "reports", Region: region}
		plan, err := provision.NewTeardown(t.Context(),
			provision.TeardownOptions{Options: options, Limit: patience, KeepPool: true})
		if err != nil {
			t.Fatal(err)
		}
		w.apply(plan)
	}
	keep()
	w.as(w.hosts).settled()
	w.as(own).bootstrap()
	w.settled()
	keep()
	w.as(w.served).bootstrap()
	w.settled()
	w.as(w.hosts).settled()
}

// A pool that was deleted is served no more after the next bootstrap of the worker's pool.
func TestServedPoolIsGone(t *testing.T) {
	t.Parallel()
	w := newTwo(t, sandbox.Options{})
	w.as(w.hosts).bootstrap()
	w.as(w.served).bootstrap()
	if err := w.api.DeleteWorkPool(t.Context(), "reports"); err != nil {
		t.Fatal(err)
	}
	w.as(w.hosts)
	want := []string{"event-rule update", "service update", "task-definition update", "work-pool update"}
	if diff := cmp.Diff(want, w.plan()); diff != "" {
		t.Errorf("the plan (-want +got):\n%s", diff)
	}
	w.bootstrap()
	w.settled()
}

// Killed at any write, a second run of the bootstrap or the teardown goes on.
func TestWorkerOfKilled(t *testing.T) {
	t.Parallel()
	for name, teardown := range map[string]bool{"bootstrap": false, "teardown": true} {
		prepare := func(t *testing.T) *two {
			w := newTwo(t, sandbox.Options{})
			w.as(w.hosts).bootstrap()
			w.as(w.served)
			if teardown {
				w.bootstrap()
			}
			w.tap.Reset()
			return w
		}
		run := func(w *two) {
			if teardown {
				w.teardownOf("reports")
			} else {
				w.bootstrap()
			}
		}
		probe := prepare(t)
		run(probe)
		want, count := probe.inUse(), map[string]int{}
		for _, operation := range probe.tap.Writes() {
			count[operation]++
			for _, after := range []bool{false, true} {
				at := wiretap.Moment{Operation: operation, N: count[operation], After: after}
				t.Run(name+", "+at.String(), func(t *testing.T) {
					t.Parallel()
					w := prepare(t)
					w.killedAt(at, teardown)
					run(w)
					if diff := cmp.Diff(want, w.inUse()); diff != "" {
						t.Errorf("(-undisturbed +killed):\n%s", diff)
					}
					w.as(w.hosts).settled()
				})
			}
		}
	}
}
