package worker_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"ecsctl/prefect"
	"ecsctl/sandbox"
	"ecsctl/sandbox/fault"
	"ecsctl/worker"
)

func (w *world) cancelling(id string) {
	w.t.Helper()
	must(w.api.SetFlowRunState(w.t.Context(), id, prefect.StateProposal{Type: prefect.Cancelling}))(w.t)
}

// Stopped reports whether all tasks have stopped.
func (w *world) Stopped() bool {
	for _, task := range w.tasks() {
		if aws.ToString(task.LastStatus) != "STOPPED" {
			return false
		}
	}
	return true
}

// hangingJob hangs, and no runner cancels its run.
func hangingJob() map[string]any { return map[string]any{"env": map[string]any{"BEHAVE": "hang"}} }

func noRunnerGrace(o *worker.Options) { o.RunnerGrace = time.Nanosecond }

// The task of a Cancelling run is stopped, and only then is it Cancelled.
func TestCancelARunningRun(t *testing.T) {
	t.Parallel()
	w := newWorld(t, worldOptions{version: "2.20.26"})
	id := w.runs(w.deployment(hangingJob()), 1)[0]
	w.start(noRunnerGrace)
	w.await(id, prefect.Running)
	w.cancelling(id)
	w.await(id, prefect.Cancelled)
	if !w.Stopped() {
		t.Error("the run is Cancelled but its task has not stopped")
	}
	if task := w.tasks()[0]; aws.ToString(task.StoppedReason) != "The Prefect flow run was cancelled" {
		t.Errorf("the task stopped because %q", aws.ToString(task.StoppedReason))
	}
}

// A run that another worker has launched is stopped too.
func TestCancelForAWorkerThatIsGone(t *testing.T) {
	t.Parallel()
	w := newWorld(t, worldOptions{version: "2.20.26"})
	id := w.runs(w.deployment(hangingJob()), 1)[0]
	first := w.start(nil)
	w.await(id, prefect.Running)
	first.stop()
	<-first.ended
	w.cancelling(id)
	w.start(func(o *worker.Options) { o.Name = "w2"; noRunnerGrace(o) })
	w.await(id, prefect.Cancelled)
	if !w.Stopped() {
		t.Error("the run is Cancelled but its task has not stopped")
	}
}

// Prefect 3: a run that never started has no runner that could cancel it.
func TestCancelARunThatNeverStarted(t *testing.T) {
	t.Parallel()
	w := newWorld(t, worldOptions{sandbox: sandbox.Options{Images: idleImage(t)}})
	id := w.runs(w.deployment(nil), 1)[0]
	w.start(nil)
	eventually(t, "a task", func() bool { return w.launched(id) })
	w.cancelling(id)
	w.await(id, prefect.Cancelled)
	if !w.Stopped() {
		t.Error("the run is Cancelled but its task has not stopped")
	}
}

// Prefect 3: a run that has started is cancelled by the runner in its container; when
// its task has ended without that, the worker says that it is Cancelled.
func TestCancelIsFinishedWhenTheRunnerIsGone(t *testing.T) {
	t.Parallel()
	w := newWorld(t, worldOptions{})
	id := w.runs(w.deployment(hangingJob()), 1)[0]
	w.start(nil)
	w.await(id, prefect.Running)
	w.cancelling(id)
	if got := w.calls("StopTask"); got != 0 {
		t.Errorf("the worker stopped the task of a run that has a runner")
	}
	task := w.tasks()[0]
	must(w.ecs.StopTask(t.Context(), stopInput(task.TaskArn)))(t)
	if run := w.await(id, prefect.Cancelled); !strings.Contains(run.State.Message, "its ECS task has stopped") {
		t.Errorf("got %q", run.State.Message)
	}
}

// Below whatever command is a runner, which cancels its run and runs its hooks. The worker leaves
// it the time for that.
func TestCancelIsTheRunnersWhateverTheCommand(t *testing.T) {
	t.Parallel()
	for name, command := range map[string]string{
		"wrapper": "entry --verbose",
		"bundle":  "uv run --with prefect-aws --python 3.11 -m prefect_aws.bundles.execute --bucket b --key k",
		"shell":   `/bin/sh -c 'entry; exit $?'`,
		"default": "",
	} {
		for worker, version := range map[string]string{
			"that launched it": "", "that came later": "", "of Prefect 2": "2.20.26",
		} {
			t.Run(name+", the worker "+worker, func(t *testing.T) {
				t.Parallel()
				w := newWorld(t, worldOptions{version: version})
				id := w.runs(w.deployment(map[string]any{"command": command, "env": map[string]any{"BEHAVE": "obey"}}),
					1)[0]
				first := w.start(nil)
				w.await(id, prefect.Running)
				if worker == "that came later" {
					first.stop()
					<-first.ended
					w.start(nil)
				}
				w.cancelling(id)
				run := w.await(id, prefect.Cancelled)
				if run.State.Message != "by the runner" || w.calls("StopTask") != 0 {
					t.Errorf("it is Cancelled %q after %d calls of StopTask", run.State.Message, w.calls("StopTask"))
				}
			})
		}
	}
}

// Prefect 3: a runner that does not cancel its run in time is not waited for.
func TestCancelWhenTheRunnerIsStuck(t *testing.T) {
	t.Parallel()
	w := newWorld(t, worldOptions{})
	id := w.runs(w.deployment(hangingJob()), 1)[0]
	w.start(func(o *worker.Options) { o.RunnerGrace = time.Second })
	w.await(id, prefect.Running)
	w.cancelling(id)
	w.await(id, prefect.Cancelled)
	if !w.Stopped() || w.calls("StopTask") != 1 {
		t.Errorf("the run is Cancelled after %d calls of StopTask; all tasks stopped: %t", w.calls("StopTask"),
			w.Stopped())
	}
}

// A run that is cancelled while it is being launched has no task left afterwards.
func TestCancelDuringALaunch(t *testing.T) {
	t.Parallel()
	for _, version := range []string{"3.8.8", "2.20.26"} {
		for _, operation := range []string{"RegisterTaskDefinition", "RunTask"} {
			t.Run(version+" "+operation, func(t *testing.T) {
				t.Parallel()
				w := newWorld(t, worldOptions{version: version, sandbox: sandbox.Options{Images: idleImage(t)}})
				id := w.runs(w.deployment(nil), 1)[0]
				w.server.AddFault(fault.Fault{
					Service: "ecs", Operation: operation, Kind: fault.Latency, Latency: time.Second,
				})
				w.start(func(o *worker.Options) { o.ClaimGrace = 2 * time.Second })
				eventually(t, "the launch", func() bool { return w.calls(operation) == 1 })
				w.cancelling(id)
				w.await(id, prefect.Cancelled)
				if !w.Stopped() {
					t.Error("the run is Cancelled but its task has not stopped")
				}
			})
		}
	}
}

// The worker was killed between launching the task and telling Prefect of it: the task
// of the cancelled run is found by its claim, and stopped.
func TestCancelOfATaskThatPrefectDoesNotKnow(t *testing.T) {
	t.Parallel()
	for _, version := range []string{"3.8.8", "2.20.26"} {
		t.Run(version, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, worldOptions{version: version, sandbox: sandbox.Options{Images: idleImage(t)}})
			id := w.runs(w.deployment(nil), 1)[0]
			w.onPrefect(func(_ http.ResponseWriter, r *http.Request) bool {
				if r.Method == http.MethodPatch {
					panic(http.ErrAbortHandler)
				}
				return false
			})
			first := w.start(func(o *worker.Options) { o.DrainTimeout = 200 * time.Millisecond })
			eventually(t, "the task", func() bool { return len(w.tasks()) == 1 })
			first.stop()
			<-first.ended
			w.cancelling(id)
			w.start(func(o *worker.Options) { o.Name, o.ClaimGrace = "w2", 2*time.Second })
			w.await(id, prefect.Cancelled)
			if !w.Stopped() {
				t.Error("the run is Cancelled but its task has not stopped")
			}
		})
	}
}

// PREFECT_WORKER_ENABLE_CANCELLATION=false: with Prefect 3 such runs are left alone.
func TestCancellationCanBeTurnedOff(t *testing.T) {
	t.Parallel()
	w := newWorld(t, worldOptions{sandbox: sandbox.Options{Images: idleImage(t)}})
	d := w.deployment(nil)
	id := w.runs(d, 1)[0]
	w.start(func(o *worker.Options) { o.NoCancel = true })
	eventually(t, "a task", func() bool { return w.launched(id) })
	w.cancelling(id)
	waitPolls(t, w, 10)
	if got := w.await(id, prefect.Cancelling); w.calls("StopTask") != 0 {
		t.Errorf("the run is %s, and its task was stopped", got.StateName)
	}
}

// ECS may not know yet what it has just launched: that it cannot find the task to stop does not
// mean that there is none.
func TestCancelOfATaskThatIsTooNew(t *testing.T) {
	t.Parallel()
	inSimulatedTime(t, func(t *testing.T, o worldOptions) {
		o.version = "2.20.26"
		w := newWorld(t, o)
		w.server.AddFault(fault.Fault{
			Service: "ecs", Operation: fault.TaskOperation, Kind: fault.Unseen, Latency: unseenFor,
		})
		id := w.runs(w.deployment(hangingJob()), 1)[0]
		w.start(func(o *worker.Options) { unhurried(o); noRunnerGrace(o) })
		w.awaitIn(time.Hour, id, prefect.Running)
		w.cancelling(id)
		w.awaitIn(time.Hour, id, prefect.Cancelled)
		w.server.ClearFaults()
		if !w.Stopped() {
			t.Error("the run is Cancelled but its task has not stopped")
		}
	})
}

// unseenFor is nearly as long as AWS says that it may take until calls find what was made: five
// minutes (RunTask in the ECS API Reference).
const unseenFor = 295 * time.Second

// A task that ECS does not know yet is not taken for one that is gone.
func TestATaskThatIsTooNewIsNotMissing(t *testing.T) {
	t.Parallel()
	inSimulatedTime(t, func(t *testing.T, o worldOptions) {
		w := newWorld(t, o)
		w.server.AddFault(fault.Fault{
			Service: "ecs", Operation: fault.TaskOperation, Kind: fault.Unseen, Latency: unseenFor,
		})
		id := w.runs(w.deployment(hangingJob()), 1)[0]
		w.start(unhurried)
		w.awaitIn(time.Hour, id, prefect.Running)
		rest(t, unseenFor)
		run := must(w.api.ReadFlowRun(t.Context(), id))(t)
		if run.StateType != prefect.Running {
			t.Errorf("the run is %s: %s", run.StateName, run.State.Message)
		}
	})
}
