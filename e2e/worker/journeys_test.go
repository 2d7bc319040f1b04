//go:build e2e

package worker

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"ecsctl/e2e/peers"
	"ecsctl/prefect"
)

// journeys are what runs go through, each of a deployment of its own.
var journeys = plan{
	Queues: []queue{{Name: "paused", Paused: true}},
	Groups: []group{
		{Name: "launched", Count: 1},
		{Name: "no cluster", Count: 1, Variables: map[string]any{"cluster": "nowhere"}},
		{Name: "no block", Count: 1,
			Variables: map[string]any{"env": map[string]any{"A": "{{ prefect.blocks.secret.gone }}"}}},
		{Name: "cancelled before start", Count: 1, Delay: 3600},
		{Name: "cancelled after start", Count: 1},
		{Name: "paused queue", Count: 1, Queue: "paused"},
		{Name: "retry", Count: 1},
		{Name: "deployment deleted", Count: 1},
		{Name: "leftovers", Count: 1, Variables: map[string]any{"stream_logs": true, "gpu": 1}},
	},
}

// trace is all that Prefect keeps of a run that a worker has been at.
type trace struct {
	States         []string // with the kinds of their messages
	Infrastructure string
	Labels         map[string]string
	Events         []workerEvent
	Loggers        []string
}

// Both workers leave the same traces of the same journeys. A difference needs a reason in
// docs/parity.md, and there is none.
func TestJourneys(t *testing.T) {
	newest, err := peers.StartPrefect(t.Context(), peers.Prefect39, t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { newest.Kill() })
	for _, server := range []*peers.Server{all.Prefect3, newest} {
		t.Run(server.Venv, func(t *testing.T) { compareJourneys(t, server) })
	}
}

func compareJourneys(t *testing.T, server *peers.Server) {
	traces, selves := map[string]map[string]trace{}, map[string]self{}
	var mu sync.Mutex
	t.Run("walk", func(t *testing.T) {
		for _, c := range contestants {
			t.Run(c.name, func(t *testing.T) {
				t.Parallel()
				got, who := walk(t, c, server)
				mu.Lock()
				defer mu.Unlock()
				traces[c.name], selves[c.name] = got, who
			})
		}
	})
	if len(traces) != len(contestants) {
		t.Fatal("a worker did not get to the end")
	}
	for name, official := range traces["official"] {
		if diff := cmp.Diff(official, traces["ours"][name]); diff != "" {
			t.Errorf("%s (-official +ours):\n%s", name, diff)
		}
	}
	if diff := cmp.Diff(selves["official"], selves["ours"]); diff != "" {
		t.Errorf("of the worker itself (-official +ours):\n%s", diff)
	}
	t.Logf("%d journeys", len(traces["official"]))
}

func walk(t *testing.T, c contestant, server *peers.Server) (map[string]trace, self) {
	w := newWorld(t, server)
	// With its default of five the official worker crashes a run when the server's SQLite is busy.
	w.env = append(w.env, "PREFECT_CLIENT_MAX_RETRIES=20")
	ids := w.seed(journeys)
	one := func(name string) string { return ids[name][0] }
	w.propose(one("cancelled before start"), prefect.Cancelling, "")
	gone, err := w.api.ReadDeploymentByName(t.Context(), "e2e-worker-flow", w.pool+"-deployment deleted")
	w.must(err)
	deployments := w.deploymentsOf(ids)
	w.must(w.api.DeleteDeployment(t.Context(), gone.ID))
	process := c.start(w)
	for _, name := range []string{"launched", "cancelled after start", "retry", "leftovers"} {
		w.await(10*time.Minute, c.name+" to launch "+name, func() bool { return w.pidOf(one(name)) != "" })
	}
	w.await(5*time.Minute, c.name+" to settle the bad jobs", func() bool { return w.count(prefect.Crashed) == 2 })
	first := w.pidOf(one("retry"))
	for _, state := range []prefect.StateType{prefect.Running, prefect.Failed} {
		w.propose(one("retry"), state, "")
	}
	w.propose(one("retry"), prefect.Scheduled, "AwaitingRetry")
	w.await(5*time.Minute, c.name+" to launch the retry", func() bool { return w.pidOf(one("retry")) != first })
	for _, state := range []prefect.StateType{prefect.Running, prefect.Cancelling, prefect.Cancelled} {
		w.propose(one("cancelled after start"), state, "")
	}
	w.online()
	w.idle()
	who := self{Record: w.workerRecord()}
	w.stop(process)
	w.await(time.Minute, "the last event of "+c.name,
		func() bool { return len(w.workerEvents(`prefect.worker.stopped`)) > 0 })
	who.Events = w.named(nil, slices.Concat(w.workerEvents("prefect.worker.started"),
		w.workerEvents("prefect.worker.stopped")))
	out := map[string]trace{}
	for name := range ids {
		out[name] = w.trace(one(name), deployments[one(name)], first)
	}
	return out, who
}

// propose puts a run into a state, as its runner or a person does.
func (w *world) propose(id string, state prefect.StateType, name string) {
	w.t.Helper()
	_, err := w.api.SetFlowRunState(w.t.Context(), id, prefect.StateProposal{
		Type: state, Name: name, Force: state != prefect.Cancelling,
	})
	w.must(err)
}

func (w *world) pidOf(id string) string {
	w.t.Helper()
	run, err := w.api.ReadFlowRun(w.t.Context(), id)
	w.must(err)
	return run.InfrastructurePID
}

// deploymentsOf are the ids of the deployments of runs: a deployment that is deleted takes
// them away.
func (w *world) deploymentsOf(ids map[string][]string) map[string]string {
	w.t.Helper()
	out := map[string]string{}
	for _, group := range ids {
		for _, id := range group {
			run, err := w.api.ReadFlowRun(w.t.Context(), id)
			w.must(err)
			out[id] = run.DeploymentID
		}
	}
	return out
}

// trace reads what is kept of a run; before is the infrastructure that it may have had before.
func (w *world) trace(id, deployment, before string) trace {
	w.t.Helper()
	run, err := w.api.ReadFlowRun(w.t.Context(), id)
	if err != nil {
		return trace{States: []string{fmt.Sprintf("no longer there: %t", strings.Contains(err.Error(), "404"))}}
	}
	cluster, _, _ := strings.Cut(run.InfrastructurePID, "::")
	names := map[string]string{
		before: "<infrastructure before>", id: "<run>", run.Name: "<run>", deployment: "<deployment>",
		run.FlowID: "<flow>",
	}
	if run.InfrastructurePID != "" {
		names[run.InfrastructurePID] = "<infrastructure>"
	}
	var events []workerEvent
	for _, e := range w.workerEvents("prefect.worker.") {
		if slices.ContainsFunc(e.Related, func(r map[string]string) bool {
			return r["prefect.resource.id"] == "prefect.flow-run."+id
		}) {
			events = append(events, e)
		}
	}
	return trace{
		States: w.statesAndMessages(id), Infrastructure: cluster, Labels: w.labelsOf(run, names),
		Events: w.named(names, events), Loggers: w.loggersOf(id),
	}
}
