package worker_test

import (
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"ecsctl/prefect"
	"ecsctl/sandbox"
	"ecsctl/sandbox/fault"
	"ecsctl/sandbox/prefectapi"
	"ecsctl/worker"
)

// restCalls counts what goes over REST instead of over the channel, and attempts to open it.
type restCalls struct{ heartbeats, pools, attempts atomic.Int32 }

// count lets refuse answer attempts to open the channel, unless it is nil or 0.
func (w *world) count(refuse *atomic.Int32) *restCalls {
	calls := &restCalls{}
	w.onPrefect(func(rw http.ResponseWriter, r *http.Request) bool {
		switch {
		case strings.HasSuffix(r.URL.Path, "/workers/heartbeat"):
			calls.heartbeats.Add(1)
		case r.Method == http.MethodGet && strings.HasSuffix(r.URL.Path, "/work_pools/"+pool):
			calls.pools.Add(1)
		case strings.HasSuffix(r.URL.Path, "/workers/connect"):
			calls.attempts.Add(1)
			if refuse != nil && refuse.Load() != 0 {
				rw.WriteHeader(int(refuse.Load()))
				return true
			}
		}
		return false
	})
	return calls
}

// lastHeartbeat is what the server knows of w1.
func (w *world) lastHeartbeat() time.Time {
	w.t.Helper()
	for _, known := range must(w.api.Workers(w.t.Context(), pool))(w.t) {
		if known.Name == "w1" {
			return known.LastHeartbeatTime
		}
	}
	return time.Time{}
}

// beatsOn waits for some heartbeats, by whichever way.
func (w *world) beatsOn(n int) {
	w.t.Helper()
	for range n {
		last := w.lastHeartbeat()
		eventually(w.t, "another heartbeat", func() bool { return w.lastHeartbeat().After(last) })
	}
}

func (s *started) metrics(t *testing.T) string {
	t.Helper()
	response := must(http.Get("http://" + s.HealthAddress() + "/metrics"))(t)
	defer response.Body.Close()
	return string(must(io.ReadAll(response.Body))(t))
}

// With a channel nothing is asked for again and again over REST, and a change of the
// pool is there at once: the next run has it.
func TestTheChannelReplacesHeartbeats(t *testing.T) {
	t.Parallel()
	w := newWorld(t, worldOptions{sandbox: sandbox.Options{Images: idleImage(t)}})
	d := w.deployment(nil)
	calls := w.count(nil)
	running := w.start(func(o *worker.Options) { o.HealthAddress, o.Metrics = "127.0.0.1:0", true })
	eventually(t, "the channel", func() bool { return calls.attempts.Load() == 1 })
	w.beatsOn(2)
	if shown := running.metrics(t); !strings.Contains(shown, "ecsctl_worker_channel_open 1") {
		t.Errorf("the metrics do not tell that the channel is open:\n%s", shown)
	}
	before, reads := calls.heartbeats.Load(), calls.pools.Load()
	w.beatsOn(3)
	if got := calls.heartbeats.Load(); got != before {
		t.Errorf("%d heartbeats went over REST beside the channel", got-before)
	}
	changed := strings.ReplaceAll(string(must(w.api.WorkerTemplate(t.Context(), "ecs"))(t)), `"{{ cpu }}"`, "512")
	if err := w.api.UpdateWorkPool(t.Context(), pool,
		prefect.WorkPoolUpdate{BaseJobTemplate: json.RawMessage(changed)}); err != nil {
		t.Fatal(err)
	}
	eventually(t, "a launch with the new template", func() bool {
		id := w.runs(d, 1)[0]
		eventually(t, "a task", func() bool { return w.launched(id) })
		for _, task := range w.tasks() {
			if aws.ToString(task.Cpu) == "512" {
				return true
			}
		}
		return false
	})
	if got := calls.pools.Load(); got != reads {
		t.Errorf("the pool was read %d times over REST", got-reads)
	}
}

// A worker that is told to stop keeps the channel until what it has claimed is launched.
func TestTheChannelOutlastsTheDrain(t *testing.T) {
	t.Parallel()
	inSimulatedTime(t, func(t *testing.T, o worldOptions) {
		w := newWorld(t, o)
		w.runs(w.deployment(nil), 1)
		w.server.AddFault(fault.Fault{
			Service: "ecs", Operation: "RunTask", Kind: fault.Latency, Latency: 5 * time.Second,
		})
		calls := w.count(nil)
		running := w.start(nil)
		eventually(t, "a launch", func() bool { return w.calls("RunTask") > 0 })
		before := calls.heartbeats.Load()
		running.stop()
		w.beatsOn(2)
		if got := calls.heartbeats.Load(); got != before {
			t.Errorf("%d heartbeats went over REST while draining", got-before)
		}
		<-running.ended
	})
}

// Connection lost in the middle: heartbeats go over REST until the channel is back.
func TestRESTTakesOverUntilTheChannelIsBack(t *testing.T) {
	t.Parallel()
	inSimulatedTime(t, func(t *testing.T, o worldOptions) {
		w := newWorld(t, o)
		w.deployment(nil)
		var refuse atomic.Int32
		calls := w.count(&refuse)
		w.start(nil)
		eventually(t, "the channel", func() bool { return calls.attempts.Load() == 1 })
		w.beatsOn(2)
		before := calls.heartbeats.Load()
		refuse.Store(http.StatusServiceUnavailable)
		w.prefect.CloseChannels()
		eventually(t, "heartbeats over REST", func() bool { return calls.heartbeats.Load() >= before+2 })
		refuse.Store(0)
		attempts := calls.attempts.Load()
		eventually(t, "the channel again", func() bool { return calls.attempts.Load() > attempts })
		w.beatsOn(1)
		before = calls.heartbeats.Load()
		w.beatsOn(2)
		if got := calls.heartbeats.Load(); got > before+1 { // one may have been under way
			t.Errorf("%d heartbeats went over REST beside the channel", got-before)
		}
	})
}

// Servers without a channel, and those that refuse it, get their heartbeats over REST; the
// channel is not asked for again at once.
func TestServersWithoutAChannel(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		prefect []prefectapi.Option
		version string
		refuse  int32
		most    int32 // attempts
	}{
		"older server": {[]prefectapi.Option{prefectapi.WithoutWorkerChannel()}, "", 0, 1},
		"refused":      {nil, "", http.StatusForbidden, 1},
		"gateway":      {nil, "", http.StatusNotFound, 1},
		"Prefect 2":    {nil, "2.20.26", 0, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			inSimulatedTime(t, func(t *testing.T, o worldOptions) {
				o.prefect, o.version = tc.prefect, tc.version
				w := newWorld(t, o)
				id := w.runs(w.deployment(nil), 1)[0]
				var refuse atomic.Int32
				refuse.Store(tc.refuse)
				calls := w.count(&refuse)
				w.start(nil)
				w.beatsOn(4)
				if calls.heartbeats.Load() < 4 || calls.attempts.Load() > tc.most {
					t.Errorf("%d heartbeats over REST, %d attempts to open the channel", calls.heartbeats.Load(),
						calls.attempts.Load())
				}
				w.await(id, prefect.Completed)
			})
		})
	}
}

// overdue are servers that do not let a run be Cancelling for long.
func overdue() []prefectapi.Option {
	return []prefectapi.Option{prefectapi.WithCancellingTimeout(time.Second),
		prefectapi.WithCleanupLease(2 * time.Second)}
}

// stuck is a run whose runner does not cancel it, and a worker that is not to do so by
// itself; what it does is only what the server tells it.
func stuck(o *worker.Options) { o.NoCancel = true }

func hanging() map[string]any { return map[string]any{"env": map[string]any{"BEHAVE": "hang"}} }

// A run that is Cancelling for too long is made Cancelled by the server, which sends a
// cleanup message: its task is stopped, once, and the message acknowledged.
func TestACleanupMessageStopsTheTask(t *testing.T) {
	t.Parallel()
	inSimulatedTime(t, func(t *testing.T, o worldOptions) {
		o.prefect = overdue()
		w := newWorld(t, o)
		id := w.runs(w.deployment(hanging()), 1)[0]
		w.start(stuck)
		w.await(id, prefect.Running)
		w.cancelling(id)
		run := w.await(id, prefect.Cancelled)
		eventually(t, "the task to stop", w.Stopped)
		if reason := aws.ToString(w.tasks()[0].StoppedReason); reason != "The Prefect flow run was cancelled" {
			t.Errorf("the task stopped because %q", reason)
		}
		pauseFor(t, 5*time.Second) // some leases
		if n := w.calls("StopTask"); n != 1 {
			t.Errorf("StopTask was called %d times", n)
		}
		if now := w.await(id, prefect.Cancelled); now.State.ID != run.State.ID {
			t.Errorf("the worker has changed the state to %q", now.State.Message)
		}
	})
}

// The worker that has the message is killed before it could act: the next one does.
func TestACleanupMessageOfADeadWorker(t *testing.T) {
	t.Parallel()
	inSimulatedTime(t, func(t *testing.T, o worldOptions) {
		o.prefect = overdue()
		w := newWorld(t, o)
		id := w.runs(w.deployment(hanging()), 1)[0]
		first := w.start(stuck)
		w.await(id, prefect.Running)
		w.server.AddFault(fault.Fault{Service: "ecs", Operation: "StopTask", Kind: fault.ServerError, Times: 1000})
		w.cancelling(id)
		eventually(t, "the first worker to act", func() bool { return w.calls("StopTask") > 0 })
		first.kill()
		<-first.ended
		w.server.ClearFaults()
		if w.Stopped() {
			t.Fatal("the task has stopped already")
		}
		w.start(func(o *worker.Options) { stuck(o); o.Name = "w2" })
		eventually(t, "the task to stop", w.Stopped)
		w.await(id, prefect.Cancelled)
	})
}

// AWS is away for longer than a lease: the worker keeps the message, and stops the task
// when AWS is back.
func TestACleanupMessageOutlastsAWS(t *testing.T) {
	t.Parallel()
	inSimulatedTime(t, func(t *testing.T, o worldOptions) {
		o.prefect = overdue()
		w := newWorld(t, o)
		id := w.runs(w.deployment(hanging()), 1)[0]
		w.start(func(o *worker.Options) { stuck(o); o.Patience = time.Minute })
		w.await(id, prefect.Running)
		w.server.AddFault(fault.Fault{Service: "ecs", Operation: "StopTask", Kind: fault.ServerError, Times: 1000})
		w.cancelling(id)
		w.await(id, prefect.Cancelled)
		pauseFor(t, 7*time.Second) // more than the three leases after which a message is given up
		w.server.ClearFaults()
		eventually(t, "the task to stop", w.Stopped)
	})
}

// The worker was killed between launching the task and telling Prefect of it: the message
// names no task, and it is found by its claim.
func TestACleanupMessageWithoutATask(t *testing.T) {
	t.Parallel()
	inSimulatedTime(t, func(t *testing.T, o worldOptions) {
		o.prefect = overdue()
		w := newWorld(t, o)
		id := w.runs(w.deployment(map[string]any{"env": map[string]any{"BEHAVE": "idle"}}), 1)[0]
		w.onPrefect(func(_ http.ResponseWriter, r *http.Request) bool {
			if r.Method == http.MethodPatch {
				panic(http.ErrAbortHandler)
			}
			return false
		})
		first := w.start(func(o *worker.Options) { stuck(o); o.DrainTimeout = 200 * time.Millisecond })
		eventually(t, "the task", func() bool { return len(w.tasks()) == 1 })
		first.stop()
		<-first.ended
		w.cancelling(id)
		w.await(id, prefect.Cancelled)
		w.start(func(o *worker.Options) { stuck(o); o.Name = "w2" })
		eventually(t, "the task to stop", w.Stopped)
	})
}

// ECS has forgotten the task: there is nothing to stop, and the message is acknowledged.
func TestACleanupMessageOfATaskThatIsGone(t *testing.T) {
	t.Parallel()
	inSimulatedTime(t, func(t *testing.T, o worldOptions) {
		o.prefect = overdue()
		w := newWorld(t, o)
		id := w.runs(w.deployment(nil), 1)[0]
		pid := "default::arn:aws:ecs:us-east-1:123456789012:task/default/0123456789abcdef0123456789abcdef"
		must(w.api.SetFlowRunState(t.Context(), id, prefect.StateProposal{Type: prefect.Pending}))(t)
		must(w.api.SetFlowRunState(t.Context(), id, prefect.StateProposal{Type: prefect.Running}))(t)
		if err := w.api.UpdateFlowRun(t.Context(), id, prefect.FlowRunUpdate{InfrastructurePID: &pid}); err != nil {
			t.Fatal(err)
		}
		w.cancelling(id)
		w.await(id, prefect.Cancelled)
		w.start(stuck)
		eventually(t, "the worker to act", func() bool { return w.calls("StopTask") == 1 })
		pauseFor(t, 5*time.Second)
		if n := w.calls("StopTask"); n != 1 {
			t.Errorf("StopTask was called %d times", n)
		}
	})
}

func pauseFor(t *testing.T, d time.Duration) {
	t.Helper()
	select {
	case <-time.After(d):
	case <-t.Context().Done():
	}
}
