//go:build e2e

package worker

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"

	"ecsctl/prefect"
)

// fate is what became of a run, in terms that both workers share.
type fate struct {
	States  []string // names, in order, without Late, which the server sets by the clock
	Cluster string   // of infrastructure_pid
	Task    string   // last status of the task, or empty
}

func (w *world) history(id string) []string {
	w.t.Helper()
	request, err := http.NewRequestWithContext(w.t.Context(), http.MethodGet,
		w.server.URL+"/flow_run_states/?flow_run_id="+id, nil)
	w.must(err)
	request.Close = true // uvicorn closes a connection that is idle for five seconds
	response, err := http.DefaultClient.Do(request)
	w.must(err)
	defer response.Body.Close()
	var states []struct {
		Name      string    `json:"name"`
		Timestamp time.Time `json:"timestamp"`
	}
	w.must(json.NewDecoder(response.Body).Decode(&states))
	slices.SortFunc(states, func(a, b struct {
		Name      string    `json:"name"`
		Timestamp time.Time `json:"timestamp"`
	}) int {
		return a.Timestamp.Compare(b.Timestamp)
	})
	var names []string
	for _, state := range states {
		if state.Name != "Late" && (len(names) == 0 || names[len(names)-1] != state.Name) {
			names = append(names, state.Name)
		}
	}
	return names
}

func (w *world) fate(id string) fate {
	w.t.Helper()
	run, err := w.api.ReadFlowRun(w.t.Context(), id)
	w.must(err)
	f := fate{States: w.history(id)}
	cluster, task, launched := strings.Cut(run.InfrastructurePID, "::")
	if !launched {
		return f
	}
	f.Cluster = cluster
	out, err := w.ecs.DescribeTasks(w.t.Context(), &ecs.DescribeTasksInput{Cluster: &cluster, Tasks: []string{task}})
	w.must(err)
	if len(out.Tasks) != 1 {
		w.t.Fatalf("run %s has infrastructure_pid %q, but moto knows no such task", id, run.InfrastructurePID)
	}
	// moto moves its tasks on with each look at them: running or about to is one.
	f.Task = "launched"
	if aws.ToString(out.Tasks[0].DesiredStatus) == "STOPPED" {
		f.Task = "stopped"
	}
	return f
}

// fates are those of groups of runs, sorted within each group.
func (w *world) fates(ids map[string][]string) map[string][]string {
	w.t.Helper()
	out := map[string][]string{}
	for name, group := range ids {
		for _, id := range group {
			f := w.fate(id)
			out[name] = append(out[name], fmt.Sprintf("%s cluster=%q task=%q", strings.Join(f.States, ">"),
				f.Cluster, f.Task))
		}
		slices.Sort(out[name])
	}
	return out
}

// launched counts the runs of a pool that have a task.
func (w *world) launched() int {
	w.t.Helper()
	runs, err := w.api.FilterFlowRuns(w.t.Context(), prefect.FlowRunFilter{WorkPoolNames: []string{w.pool}})
	w.must(err)
	n := 0
	for _, run := range runs {
		if run.InfrastructurePID != "" {
			n++
		}
	}
	return n
}

// count counts the runs of a pool in a state.
func (w *world) count(state prefect.StateType) int {
	w.t.Helper()
	runs, err := w.api.FilterFlowRuns(w.t.Context(), prefect.FlowRunFilter{
		WorkPoolNames: []string{w.pool}, StateTypes: []prefect.StateType{state},
	})
	w.must(err)
	return len(runs)
}

// calls counts the calls of an operation that came to AWS.
func (w *world) calls(operation string) int {
	n := 0
	for _, call := range w.tap.Calls() {
		if call.Operation == operation {
			n++
		}
	}
	return n
}

// await waits for something that the worker brings about.
func (w *world) await(limit time.Duration, what string, done func() bool) {
	w.t.Helper()
	ticker := time.NewTicker(500 * time.Millisecond)
	defer ticker.Stop()
	over := time.After(limit)
	for !done() {
		select {
		case <-ticker.C:
		case <-over:
			w.t.Fatalf("waited %s in vain for %s", limit, what)
		case <-w.t.Context().Done():
			w.t.Fatal(w.t.Context().Err())
		}
	}
}

// idle lets a worker poll a few times more, so that what it does too much is seen.
func (w *world) idle() {
	w.t.Helper()
	over := time.NewTimer(7 * time.Second) // three polls and their jitter
	defer over.Stop()
	select {
	case <-over.C:
	case <-w.t.Context().Done():
	}
}
