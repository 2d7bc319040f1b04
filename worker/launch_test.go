package worker_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"ecsctl/prefect"
	"ecsctl/sandbox"
	"ecsctl/sandbox/fault"
	"ecsctl/worker"
)

// history are the names of a run's states, in order.
func (w *world) history(id string) []string {
	w.t.Helper()
	response := must(w.web().Get(w.server.PrefectAPIURL() + "/flow_run_states/?flow_run_id=" + id))(w.t)
	defer response.Body.Close()
	var states []struct {
		Name string `json:"name"`
	}
	if err := json.NewDecoder(response.Body).Decode(&states); err != nil {
		w.t.Fatal(err)
	}
	var names []string
	for _, state := range states {
		names = append(names, state.Name)
	}
	return names
}

func TestRunsAreLaunchedAndComplete(t *testing.T) {
	t.Parallel()
	for version, states := range map[string][]string{
		"3.8.8":   {"Scheduled", "Pending", "Submitting", "Running", "Completed"},
		"2.20.26": {"Scheduled", "Pending", "Running", "Completed"},
	} {
		t.Run(version, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, worldOptions{version: version})
			ids := w.runs(w.deployment(nil), 3)
			w.start(nil)
			for _, id := range ids {
				run := w.awaitLaunched(id, prefect.Completed)
				if !strings.HasPrefix(run.InfrastructurePID,
					"arn:aws:ecs:us-east-1:123456789012:cluster/default::arn:aws:ecs:us-east-1:123456789012:task/"+
						"default/") {
					t.Errorf("infrastructure_pid is %q", run.InfrastructurePID)
				}
				if diff := cmp.Diff(states, w.history(id)); diff != "" {
					t.Error(diff)
				}
			}
			if got := w.calls("RegisterTaskDefinition"); got != 1 {
				t.Errorf("%d task definitions were registered for one deployment", got)
			}
			if got := len(w.tasks()); got != 3 {
				t.Errorf("3 runs have %d tasks", got)
			}
		})
	}
}

func TestLogLinesReachTheRun(t *testing.T) {
	t.Parallel()
	w := newWorld(t, worldOptions{})
	id := w.runs(w.deployment(nil), 1)[0]
	w.start(nil)
	run := w.awaitLaunched(id, prefect.Completed)
	var lines []prefect.Log
	eventually(t, "four log lines", func() bool {
		lines = must(w.api.FlowRunLogs(t.Context(), id))(t)
		return len(lines) >= 4
	})
	_, task, _ := strings.Cut(run.InfrastructurePID, "::")
	for i, want := range []string{fmt.Sprintf("flow run %q was launched as ECS task %s", run.Name, task),
		"with 1 vCPU and 2 GB: about $0.0008 (Fargate, on demand in us-east-1, June 2026)"} {
		if got := lines[2+i]; !strings.HasSuffix(got.Message, want) || got.Name != "prefect.flow_runs.worker" ||
			got.Level != prefect.LevelInfo {
			t.Errorf("got %+v, want the message %q", got, want)
		}
	}
}

// A burst registers one task definition, and a worker that is restarted finds it again.
func TestABurstRegistersOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t, worldOptions{sandbox: sandbox.Options{Images: idleImage(t)}})
	d := w.deployment(nil)
	w.runs(d, 200)
	first := w.start(nil)
	launched := func(n int) func() bool { return func() bool { return w.calls("RunTask") >= n } }
	eventually(t, "200 launches", launched(200))
	first.stop()
	<-first.ended
	w.runs(d, 1)
	w.start(func(o *worker.Options) { o.Name = "w2" })
	eventually(t, "another launch", launched(201))
	eventually(t, "a task for each of the 201 runs", func() bool { return len(w.tasks()) == 201 })
	if got := w.calls("RegisterTaskDefinition"); got != 1 {
		t.Errorf("%d registrations", got)
	}
	if got := w.calls("RunTask"); got != 201 {
		t.Errorf("201 runs were launched %d times", got)
	}
}

// Two jobs that take turns in one family do not make a revision for each turn.
func TestJobsThatShareAFamily(t *testing.T) {
	t.Parallel()
	w := newWorld(t, worldOptions{sandbox: sandbox.Options{Images: idleImage(t)}})
	small := w.deployment(map[string]any{"family": "shared", "cpu": 256, "memory": 512})
	large := w.another("large", map[string]any{"family": "shared", "cpu": 512, "memory": 1024})
	launches := 0
	for _, name := range []string{"w1", "w2"} {
		for _, d := range []*prefect.Deployment{small, large} {
			w.runs(d, 1)
			launches++
			running := w.start(func(o *worker.Options) { o.Name, o.RunOnce = name, true })
			<-running.ended
		}
	}
	if got := w.calls("RunTask"); got != launches {
		t.Errorf("%d launches, want %d", got, launches)
	}
	if got := w.calls("RegisterTaskDefinition"); got != 2 {
		t.Errorf("%d registrations of two definitions", got)
	}
}

// AWS did the work but its answer was lost: the retry finds the same task.
func TestALostAnswerOfRunTask(t *testing.T) {
	t.Parallel()
	w := newWorld(t, worldOptions{})
	id := w.runs(w.deployment(nil), 1)[0]
	w.server.AddFault(fault.Fault{Service: "ecs", Operation: "RunTask", Kind: fault.DropAfter, Times: 2})
	w.start(nil)
	w.await(id, prefect.Completed)
	if got := len(w.tasks()); got != 1 {
		t.Errorf("the run has %d tasks", got)
	}
}

// Throttling for longer than the SDK itself retries is no reason to crash.
func TestThrottledCallsAreRepeated(t *testing.T) {
	t.Parallel()
	for _, operation := range []string{"RunTask", "RegisterTaskDefinition", "DescribeSubnets"} {
		t.Run(operation, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, worldOptions{})
			id := w.runs(w.deployment(nil), 1)[0]
			w.server.AddFault(fault.Fault{Operation: operation, Kind: fault.Throttle, Times: 2})
			w.start(func(o *worker.Options) { o.AWS.RetryMaxAttempts = 1; o.Patience = 30e9 })
			w.await(id, prefect.Completed)
		})
	}
}
