package worker_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"ecsctl/sandbox"
	"ecsctl/worker"
)

// workersEvents are the events of workers, the oldest first, as the server keeps them.
func (w *world) workersEvents() (out []sentEvent) {
	w.t.Helper()
	body := strings.NewReader(`{"filter": {"event": {"prefix": ["prefect.worker."]}}}`)
	response := must(http.Post(w.server.PrefectAPIURL()+"/events/filter", "application/json", body))(w.t)
	defer response.Body.Close()
	var answer struct{ Events []sentEvent }
	if err := json.NewDecoder(response.Body).Decode(&answer); err != nil {
		w.t.Fatal(err)
	}
	for i := len(answer.Events) - 1; i >= 0; i-- {
		out = append(out, answer.Events[i])
	}
	return out
}

type sentEvent struct {
	ID       string
	Event    string
	Resource map[string]string
	Related  []map[string]string
	Follows  string
}

func TestWorkerTellsOfItselfAndOfLaunches(t *testing.T) {
	t.Parallel()
	w := newWorld(t, worldOptions{sandbox: sandbox.Options{Images: idleImage(t)}})
	d := w.deployment(nil)
	id := w.runs(d, 1)[0]
	running := w.start(func(o *worker.Options) { o.RunOnce, o.Name = true, "My worker" })
	<-running.ended
	run := must(w.api.ReadFlowRun(t.Context(), id))(t)
	known := must(w.api.ReadWorkPool(t.Context(), pool))(t)
	related := func(kind, id, name string) map[string]string {
		return map[string]string{
			"prefect.resource.id": "prefect." + kind + "." + id, "prefect.resource.role": kind,
			"prefect.resource.name": name,
		}
	}
	poolResource := related("work-pool", known.ID, pool)
	ofRun := []map[string]string{related("deployment", d.ID, d.Name), related("flow", d.FlowID, "flow"),
		related("flow-run", id, run.Name)}
	launched := related("flow-run", id, run.Name)
	launched["prefect.infrastructure.identifier"] = run.InfrastructurePID
	launched["prefect.infrastructure.status-code"] = "0"
	got := w.workersEvents()
	if len(got) != 4 {
		t.Fatalf("got %d events: %v", len(got), got)
	}
	self := map[string]string{
		"prefect.resource.id": "prefect.worker.ecs.my-worker", "prefect.resource.name": "My worker",
		"prefect.version": "3.8.8", "prefect.worker-type": "ecs",
	}
	want := []sentEvent{
		{Event: "prefect.worker.started", Resource: self, Related: []map[string]string{poolResource}},
		{Event: "prefect.worker.submitted-flow-run", Resource: self, Related: append(ofRun[:3:3], poolResource)},
		{Event: "prefect.worker.executed-flow-run", Resource: self,
			Related: append(ofRun[:2:2], launched, poolResource), Follows: got[1].ID},
		{Event: "prefect.worker.stopped", Resource: self, Related: []map[string]string{poolResource},
			Follows: got[0].ID},
	}
	for i := range got {
		got[i].ID = ""
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestWorkerLabelsItsRuns(t *testing.T) {
	t.Parallel()
	w := newWorld(t, worldOptions{sandbox: sandbox.Options{Images: idleImage(t)}})
	id := w.runs(w.deployment(nil), 1)[0]
	running := w.start(func(o *worker.Options) { o.RunOnce, o.Name = true, "labeller" })
	<-running.ended
	var run struct{ Labels map[string]any }
	if err := json.Unmarshal(must(w.api.ReadFlowRun(t.Context(), id))(t).Raw(), &run); err != nil {
		t.Fatal(err)
	}
	known := must(w.api.ReadWorkPool(t.Context(), pool))(t)
	for name, want := range map[string]string{
		"prefect.worker.name": "labeller", "prefect.worker.type": "ecs", "prefect.work-pool.name": pool,
		"prefect.work-pool.id": known.ID,
	} {
		if run.Labels[name] != want {
			t.Errorf("label %s is %v, want %s", name, run.Labels[name], want)
		}
	}
}

func TestWorkerSignsItsCalls(t *testing.T) {
	t.Parallel()
	w := newWorld(t, worldOptions{sandbox: sandbox.Options{Images: idleImage(t)}})
	w.runs(w.deployment(nil), 1)
	var mu sync.Mutex
	signed := map[string]string{} // by path: the worker's id and name in the first call
	w.onPrefect(func(_ http.ResponseWriter, r *http.Request) bool {
		mu.Lock()
		defer mu.Unlock()
		if _, known := signed[r.URL.Path]; !known {
			signed[r.URL.Path] = r.Header.Get("X-Prefect-Worker-Id") + " " + r.Header.Get("X-Prefect-Worker-Name")
		}
		return false
	})
	running := w.start(func(o *worker.Options) { o.RunOnce, o.Name = true, "signer" })
	<-running.ended
	workers := must(w.api.Workers(t.Context(), pool))(t)
	mu.Lock()
	defer mu.Unlock()
	for path, want := range map[string]string{
		"/api/work_pools/pool/workers/heartbeat":       " signer", // the id is not known yet
		"/api/work_pools/pool/get_scheduled_flow_runs": workers[0].ID + " signer",
	} {
		if signed[path] != want {
			t.Errorf("%s is signed %q, want %q", path, signed[path], want)
		}
	}
}
