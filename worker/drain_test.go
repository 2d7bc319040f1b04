package worker_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/ecs"

	"ecsctl/prefect"
	"ecsctl/sandbox"
	"ecsctl/sandbox/fault"
	"ecsctl/sandbox/prefectapi"
	"ecsctl/worker"
)

func stopInput(task *string) *ecs.StopTaskInput { return &ecs.StopTaskInput{Task: task} }

// The first signal: what was claimed is launched, heartbeats go on meanwhile, and
// what was not claimed stays Scheduled.
func TestDrain(t *testing.T) {
	t.Parallel()
	w := newWorld(t, worldOptions{
		prefect: []prefectapi.Option{prefectapi.WithoutWorkerChannel()}, sandbox: sandbox.Options{Images: idleImage(t)},
	})
	ids := w.runs(w.deployment(nil), 6)
	w.server.AddFault(fault.Fault{
		Service: "ecs", Operation: "RunTask", Kind: fault.Latency, Latency: 1500 * time.Millisecond, Times: -1,
	})
	var heartbeats atomic.Int64
	w.onPrefect(func(_ http.ResponseWriter, r *http.Request) bool {
		if strings.HasSuffix(r.URL.Path, "/workers/heartbeat") {
			heartbeats.Add(1)
		}
		return false
	})
	running := w.start(func(o *worker.Options) { o.Concurrency = 2; o.HeartbeatInterval = 200 * time.Millisecond })
	eventually(t, "a launch", func() bool { return w.calls("RunTask") > 0 })
	before := heartbeats.Load()
	running.stop()
	<-running.ended
	if heartbeats.Load() == before {
		t.Error("no heartbeat while draining")
	}
	launched := 0
	for _, id := range ids {
		run := must(w.api.ReadFlowRun(t.Context(), id))(t)
		switch {
		case run.InfrastructurePID != "":
			launched++
		case run.StateType != prefect.Scheduled:
			t.Errorf("a run was left %s without a task", run.StateName)
		}
	}
	if launched != 2 {
		t.Errorf("%d runs were launched, want the 2 that were claimed", launched)
	}
}

func TestLimitCountsClaimedAndRunning(t *testing.T) {
	t.Parallel()
	w := newWorld(t, worldOptions{})
	ids := w.runs(w.deployment(map[string]any{"env": map[string]any{"BEHAVE": "hang"}}), 3)
	w.start(func(o *worker.Options) { o.Limit = 2 })
	running := func() (out []string) {
		for _, id := range ids {
			if must(w.api.ReadFlowRun(t.Context(), id))(t).StateType == prefect.Running {
				out = append(out, id)
			}
		}
		return out
	}
	eventually(t, "two runs", func() bool { return len(running()) == 2 })
	waitPolls(t, w, 5)
	if got := len(running()); got != 2 {
		t.Fatalf("%d runs with a limit of 2", got)
	}
	for _, task := range w.tasks() {
		must(w.ecs.StopTask(t.Context(), stopInput(task.TaskArn)))(t)
	}
	eventually(t, "the third run", func() bool { return len(running()) == 1 })
}

// waitPolls waits until the worker has polled so often.
func waitPolls(t *testing.T, w *world, n int64) {
	t.Helper()
	var polls atomic.Int64
	w.onPrefect(func(_ http.ResponseWriter, r *http.Request) bool {
		if strings.HasSuffix(r.URL.Path, "/get_scheduled_flow_runs") {
			polls.Add(1)
		}
		return false
	})
	eventually(t, fmt.Sprintf("%d polls", n), func() bool { return polls.Load() >= n })
}

// WAIT is waited out, and the run is claimed then.
func TestAClaimThatHasToWait(t *testing.T) {
	t.Parallel()
	w := newWorld(t, worldOptions{})
	id := w.runs(w.deployment(nil), 1)[0]
	var asked atomic.Int64
	w.onPrefect(func(rw http.ResponseWriter, r *http.Request) bool {
		if r.UserAgent() != workerAgent || !strings.HasSuffix(r.URL.Path, "/set_state") || asked.Add(1) > 1 {
			return false
		}
		rw.Header().Set("Content-Type", "application/json")
		_, _ = io.WriteString(rw,
			`{"status": "WAIT", "state": null, "details": {"type": "wait_details", "delay_seconds": 1, "reason": "later"}}`)
		return true
	})
	began := time.Now()
	w.start(func(o *worker.Options) { o.Prefect = w.clientOf(workerAgent) })
	w.await(id, prefect.Completed)
	if took := time.Since(began); took < time.Second {
		t.Errorf("the run was claimed after %s, before the delay was over", took)
	}
}

func TestOnlyTheGivenQueuesAreServed(t *testing.T) {
	t.Parallel()
	w := newWorld(t, worldOptions{})
	d := w.deployment(nil)
	other := must(w.api.CreateFlowRun(t.Context(), d.ID, prefect.FlowRunCreate{}))(t)
	mine := must(w.api.CreateFlowRun(t.Context(), d.ID, prefect.FlowRunCreate{WorkQueueName: "mine"}))(t)
	w.start(func(o *worker.Options) { o.WorkQueues = []string{"mine"} })
	w.await(mine.ID, prefect.Completed)
	if got := must(w.api.ReadFlowRun(t.Context(), other.ID))(t).StateType; got != prefect.Scheduled {
		t.Errorf("a run of another queue is %s", got)
	}
}

func TestRunsAreLaunchedAheadOfTheirTime(t *testing.T) {
	t.Parallel()
	w := newWorld(t, worldOptions{sandbox: sandbox.Options{Images: idleImage(t)}})
	d := w.deployment(nil)
	soon := must(w.api.CreateFlowRun(t.Context(), d.ID,
		prefect.FlowRunCreate{ScheduledTime: time.Now().Add(5 * time.Second)}))(t)
	late := must(w.api.CreateFlowRun(t.Context(), d.ID,
		prefect.FlowRunCreate{ScheduledTime: time.Now().Add(time.Hour)}))(t)
	running := w.start(func(o *worker.Options) { o.RunOnce = true })
	<-running.ended
	states := []prefect.StateType{
		must(w.api.ReadFlowRun(t.Context(), soon.ID))(t).StateType,
		must(w.api.ReadFlowRun(t.Context(), late.ID))(t).StateType,
	}
	if states[0] != prefect.Pending || states[1] != prefect.Scheduled {
		t.Errorf("got %v", states)
	}
}

// A pool that does not exist is made, with the template that was given.
func TestThePoolIsMade(t *testing.T) {
	t.Parallel()
	w := newWorld(t, worldOptions{})
	template := json.RawMessage(
		`{"job_configuration":{"image":"{{ image }}"},"variables":{"type":"object","properties":{"image":{"type":"string"}}}}`)
	running := w.start(func(o *worker.Options) {
		o.RunOnce, o.BaseTemplate, o.HeartbeatInterval = true, template, time.Minute // it is ONLINE for three of them
	})
	<-running.ended
	made := must(w.api.ReadWorkPool(t.Context(), pool))(t)
	if made.Type != "ecs" || string(made.BaseJobTemplate) != string(template) {
		t.Errorf("got type %q, template %s", made.Type, made.BaseJobTemplate)
	}
	workers := must(w.api.Workers(t.Context(), pool))(t)
	if len(workers) != 1 || workers[0].Name != "w1" || !workers[0].Online() {
		t.Errorf("got workers %+v", workers)
	}
}

// auto_deregister_task_definition: the definition goes when its last task has stopped.
func TestAutoDeregister(t *testing.T) {
	t.Parallel()
	w := newWorld(t, worldOptions{})
	ids := w.runs(w.deployment(map[string]any{"auto_deregister_task_definition": true}), 2)
	w.start(nil)
	for _, id := range ids {
		w.await(id, prefect.Completed)
	}
	eventually(t, "the definition to be deregistered", func() bool {
		list := must(w.ecs.ListTaskDefinitions(t.Context(), &ecs.ListTaskDefinitionsInput{Status: "ACTIVE"}))(t)
		return len(list.TaskDefinitionArns) == 0
	})
	if n := w.calls("DeregisterTaskDefinition"); n != 1 {
		t.Errorf("it was deregistered %d times", n)
	}
}
