package worker_test

import (
	"net/http"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/ecs"

	"ecsctl/prefect"
	"ecsctl/sandbox/fault"
	"ecsctl/worker"
)

// A worker that ends with a message in hand, not acted upon, gives it to the next one.
func TestAWorkerEndsWithAMessageInHand(t *testing.T) {
	t.Parallel()
	w := newWorld(t, worldOptions{})
	c := w.observer(5)
	var away atomic.Bool
	var refused atomic.Int64
	w.onPrefect(func(rw http.ResponseWriter, r *http.Request) bool {
		if r.UserAgent() != workerAgent || !away.Load() {
			return false
		}
		refused.Add(1)
		rw.WriteHeader(http.StatusBadGateway)
		return true
	})
	id := w.runs(w.deployment(map[string]any{"env": map[string]any{"BEHAVE": "hang"}}), 1)[0]
	first := w.start(func(o *worker.Options) {
		listens(o)
		o.ObserverVisibility = 0 // the default, half a minute: the next one must not have to wait for it
		o.Prefect = must(prefect.New(prefect.Options{
			APIURL: w.server.PrefectAPIURL(), UserAgent: workerAgent, MaxRetries: -1,
		}))(t)
	})
	w.await(id, prefect.Running)
	c.drained()
	away.Store(true)
	must(w.ecs.StopTask(t.Context(), &ecs.StopTaskInput{Task: w.tasks()[0].TaskArn}))(t)
	eventually(t, "the task to stop", func() bool { return *w.tasks()[0].LastStatus == "STOPPED" })
	before := refused.Load()
	eventually(t, "the message to be in hand", func() bool { return c.count(c.queue) > 0 && refused.Load() > before+1 })
	first.stop()
	<-first.ended
	w.start(named("w2"))
	w.await(id, prefect.Crashed)
	c.drained()
}

// A worker that is gone after the run had its state and before the message was
// acknowledged leaves nothing but a second delivery, which changes nothing.
func TestAWorkerEndsBeforeItAcknowledges(t *testing.T) {
	t.Parallel()
	w := newWorld(t, worldOptions{})
	c := w.observer(50)
	w.server.AddFault(fault.Fault{Service: "sqs", Operation: "DeleteMessageBatch", Kind: fault.ServerError, Times: -1})
	id := w.runs(w.deployment(failing), 1)[0]
	first := w.start(func(o *worker.Options) { listens(o); o.AWS.RetryMaxAttempts = 1 })
	settled := w.await(id, prefect.Crashed)
	eventually(t, "the events", func() bool { return len(w.events()) >= 6 })
	first.stop()
	<-first.ended
	told := len(w.events())
	w.server.ClearFaults()
	w.start(named("w2"))
	c.drained()
	if again := w.await(id, prefect.Crashed); again.State.ID != settled.State.ID {
		t.Errorf("the run was settled twice: %q, then %q", settled.State.Message, again.State.Message)
	}
	if n := len(w.events()); n != told {
		t.Errorf("there are %d events, want %d", n, told)
	}
}

// A message that comes a second time, long after, does not crash the run's next launch.
func TestOldWordDoesNotCrashTheNextLaunch(t *testing.T) {
	t.Parallel()
	w := newWorld(t, worldOptions{})
	c := w.observer(5)
	id := w.runs(w.deployment(map[string]any{"env": map[string]any{"BEHAVE": "hang"}}), 1)[0]
	keep := c.create("kept", nil)
	c.alsoTo("kept")
	w.start(listens)
	w.await(id, prefect.Running)
	must(w.ecs.StopTask(t.Context(), &ecs.StopTaskInput{Task: w.tasks()[0].TaskArn}))(t)
	w.await(id, prefect.Crashed)
	c.drained()
	must(w.api.SetFlowRunState(t.Context(), id, prefect.StateProposal{Type: prefect.Scheduled, Force: true}))(t)
	eventually(t, "the run to run again", func() bool {
		run := must(w.api.ReadFlowRun(t.Context(), id))(t)
		return run.StateType == prefect.Running && len(w.tasks()) == 2
	})
	word := c.bodies(keep)
	if text := strings.Join(word, ""); !strings.Contains(text, `"lastStatus":"STOPPED"`) {
		t.Fatalf("no word of a stopped task: %s", text)
	}
	for _, body := range word {
		c.send(body)
	}
	c.drained()
	if run := must(w.api.ReadFlowRun(t.Context(), id))(t); run.StateType != prefect.Running {
		t.Errorf("the run is %s: %s", run.StateName, run.State.Message)
	}
}
