package worker_test

import (
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/ecs"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"ecsctl/prefect"
	"ecsctl/sandbox"
	"ecsctl/sandbox/fault"
	"ecsctl/worker"
)

var failing = map[string]any{"env": map[string]any{"BEHAVE": "fail"}}

// Word of a stopped task settles its run at once, as a look at the task would.
func TestTheQueueSettles(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		variables map[string]any
		want      string
	}{
		"exit code": {failing, `container "prefect" exited with code 3`},
		"silent":    {map[string]any{"env": map[string]any{"BEHAVE": "silent"}}, `exited with code 0`},
		"no image":  {map[string]any{"image": "nobody/nothing:1"}, "CannotPullContainerError"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, worldOptions{})
			c := w.observer(5)
			id := w.runs(w.deployment(tc.variables), 1)[0]
			w.start(listens)
			if run := w.await(id, prefect.Crashed); !strings.Contains(run.State.Message, tc.want) {
				t.Errorf("the message %q lacks %q", run.State.Message, tc.want)
			}
			c.drained()
		})
	}
}

// Several workers share one queue: whoever gets the message settles the run, and each
// run is settled once.
func TestWorkersShareAQueue(t *testing.T) {
	t.Parallel()
	w := newWorld(t, worldOptions{})
	c := w.observer(5)
	good := w.runs(w.deployment(nil), 12)
	bad := w.runs(w.another("bad", failing), 12)
	var mu sync.Mutex
	proposed := map[string]int{}
	w.onPrefect(func(_ http.ResponseWriter, r *http.Request) bool {
		if id, ok := strings.CutSuffix(r.URL.Path, "/set_state"); ok && r.UserAgent() == workerAgent {
			mu.Lock()
			defer mu.Unlock()
			proposed[id[strings.LastIndex(id, "/")+1:]]++
		}
		return false
	})
	for _, name := range []string{"w1", "w2", "w3"} {
		w.start(func(o *worker.Options) { named(name)(o); o.Prefect = w.clientOf(workerAgent); o.Concurrency = 32 })
	}
	w.awaitAll(good, prefect.Completed)
	w.awaitAll(bad, prefect.Crashed)
	c.drained()
	mu.Lock()
	defer mu.Unlock()
	if w.calls("RunTask") != len(good)+len(bad) {
		t.Errorf("%d runs, %d tasks", len(good)+len(bad), w.calls("RunTask"))
	}
	for _, id := range bad {
		if history := w.history(id); count(history, "Crashed") != 1 {
			t.Errorf("the states of a crashed run are %q", history)
		}
		// Each worker claims it, and one launches it. That one looks at its task while another gets the message: both
		// may propose Crashed, of which Prefect takes one.
		if n := proposed[id]; n > 3+1+3 {
			t.Errorf("the state of a crashed run was proposed %d times", n)
		}
	}
}

// A task that stops while no worker runs is not lost: the next one hears of it, though
// it never knew the run.
func TestATaskStopsWhileTheWorkerRestarts(t *testing.T) {
	t.Parallel()
	w := newWorld(t, worldOptions{})
	c := w.observer(5)
	id := w.runs(w.deployment(map[string]any{"env": map[string]any{"BEHAVE": "hang"}}), 1)[0]
	first := w.start(listens)
	w.await(id, prefect.Running)
	first.stop()
	<-first.ended
	task := w.tasks()[0]
	must(w.ecs.StopTask(t.Context(), &ecs.StopTaskInput{Task: task.TaskArn}))(t)
	eventually(t, "the task to stop", func() bool { return *w.tasks()[0].LastStatus == "STOPPED" })
	w.start(named("w2"))
	if run := w.await(id, prefect.Crashed); !strings.Contains(run.State.Message, "UserInitiated") {
		t.Errorf("the message is %q", run.State.Message)
	}
	c.drained()
}

// Answers that are lost make messages come again, which changes nothing.
func TestLostAnswersOfTheQueue(t *testing.T) {
	t.Parallel()
	for _, operation := range []string{"ReceiveMessage", "DeleteMessageBatch", "GetQueueUrl",
		"ChangeMessageVisibilityBatch"} {
		for name, kind := range map[string]fault.Kind{
			"lost answer": fault.DropAfter, "server error": fault.ServerError, "throttled": fault.Throttle,
		} {
			t.Run(operation+" "+name, func(t *testing.T) {
				t.Parallel()
				w := newWorld(t, worldOptions{})
				c := w.observer(20)
				w.server.AddFault(fault.Fault{Service: "sqs", Operation: operation, Kind: kind, Times: 4})
				ids := w.runs(w.deployment(failing), 3)
				made := w.start(func(o *worker.Options) {
					listens(o)
					o.AWS.RetryMaxAttempts, o.HealthAddress, o.Metrics = 1, "127.0.0.1:0", true
				})
				w.awaitAll(ids, prefect.Crashed)
				c.drained()
				metrics := made.metrics(t)
				if !strings.Contains(metrics, `verdict="crashed"} 3`) || strings.Contains(metrics, `verdict="fine"`) {
					t.Errorf("the endings of three crashed runs are counted thus:\n%s", metrics)
				}
				seen := map[string]bool{}
				for _, e := range w.events() {
					if seen[e.ID] {
						t.Errorf("event %s is there twice", e.ID)
					}
					seen[e.ID] = true
				}
			})
		}
	}
}

// What makes no sense ends in the dead-letter queue; what is about something else is
// acknowledged; neither keeps the rest waiting.
func TestDeadLetters(t *testing.T) {
	t.Parallel()
	w := newWorld(t, worldOptions{})
	c := w.observer(2)
	c.send("no JSON")
	c.send(`{"detail-type":"ECS Task State Change","detail":{"lastStatus":"STOPPED"}}`)
	c.send(`{"detail-type":"ECS Deployment State Change","detail":{}}`)
	c.send(
		`{"detail-type":"ECS Task State Change","detail":{"lastStatus":"STOPPED","taskArn":"arn:aws:ecs:us-east-1:123456789012:task/default/not-of-ours","clusterArn":"arn:aws:ecs:us-east-1:123456789012:cluster/default"}}`)
	id := w.runs(w.deployment(failing), 1)[0]
	w.start(listens)
	w.await(id, prefect.Crashed)
	eventually(t, "the dead letters", func() bool { return c.count(c.dead) == 2 && c.count(c.queue) == 0 })
}

// Without its queue, a worker warns and looks at its tasks, also when the queue goes away
// later; a queue that comes is heard.
func TestTheQueueIsAway(t *testing.T) {
	t.Parallel()
	w := newWorld(t, worldOptions{})
	d := w.deployment(failing)
	w.start(listens)
	w.await(w.runs(d, 1)[0], prefect.Crashed)
	c := w.observer(5)
	eventually(t, "the queue to be read", func() bool { return w.calls("ReceiveMessage") > 0 })
	w.await(w.runs(d, 1)[0], prefect.Crashed)
	c.drained()
	must(c.sqs.DeleteQueue(t.Context(), &sqs.DeleteQueueInput{QueueUrl: c.queue}))(t)
	w.await(w.runs(d, 1)[0], prefect.Crashed)
}

// While changes are heard of, tasks are not looked at again and again.
func TestSweepsAreRareWithAQueue(t *testing.T) {
	t.Parallel()
	w := newWorld(t, worldOptions{sandbox: sandbox.Options{Images: idleImage(t)}})
	w.observer(5)
	w.runs(w.deployment(nil), 3)
	w.start(listens)
	eventually(t, "the launches", func() bool { return w.calls("RunTask") == 3 && w.calls("DeleteMessageBatch") > 0 })
	before := w.calls("DescribeTasks")
	if must(w.ecs.ListClusters(t.Context(), &ecs.ListClustersInput{}))(t) == nil {
		t.Fatal("unreachable")
	}
	// Twenty of its intervals, in which a sweep would have been made each time.
	begun := time.Now()
	eventually(t, "a second to pass", func() bool { return time.Since(begun) > time.Second })
	if made := w.calls("DescribeTasks") - before; made > 3 {
		t.Errorf("DescribeTasks was called %d times in a second", made)
	}
}

// A message is kept in hand while Prefect is away, however long its visibility is.
func TestPrefectIsAwayWhileATaskStops(t *testing.T) {
	t.Parallel()
	w := newWorld(t, worldOptions{})
	c := w.observer(5)
	var away atomic.Bool
	w.onPrefect(func(rw http.ResponseWriter, r *http.Request) bool {
		if r.UserAgent() != workerAgent || !away.Load() {
			return false
		}
		rw.WriteHeader(http.StatusBadGateway)
		return true
	})
	id := w.runs(w.deployment(map[string]any{"env": map[string]any{"BEHAVE": "hang"}}), 1)[0]
	w.start(func(o *worker.Options) {
		listens(o)
		o.Prefect = must(prefect.New(prefect.Options{
			APIURL: w.server.PrefectAPIURL(), UserAgent: workerAgent, MaxRetries: -1,
		}))(t)
	})
	w.await(id, prefect.Running)
	c.drained()
	away.Store(true)
	must(w.ecs.StopTask(t.Context(), &ecs.StopTaskInput{Task: w.tasks()[0].TaskArn}))(t)
	begun := time.Now()
	eventually(t, "six visibilities to pass", func() bool { return time.Since(begun) > 6*time.Second })
	away.Store(false)
	w.await(id, prefect.Crashed)
	c.drained()
}

// Prefect's event feed hears of every change, as the official observer reports them, each
// once; that it is away keeps no run from its state.
func TestTaskEvents(t *testing.T) {
	t.Parallel()
	w := newWorld(t, worldOptions{})
	c := w.observer(5)
	var away atomic.Bool
	away.Store(true)
	w.onPrefect(func(rw http.ResponseWriter, r *http.Request) bool {
		if r.Method != http.MethodPost || !strings.HasSuffix(r.URL.Path, "/events") || !away.Load() {
			return false
		}
		rw.WriteHeader(http.StatusServiceUnavailable)
		return true
	})
	d := w.deployment(failing)
	id := w.runs(d, 1)[0]
	w.start(func(o *worker.Options) {
		named("The worker")(o)
		o.Prefect = must(prefect.New(prefect.Options{APIURL: w.server.PrefectAPIURL(), MaxRetries: -1}))(t)
	})
	w.await(id, prefect.Crashed)
	c.drained()
	away.Store(false)
	eventually(t, "the events", func() bool { return len(w.events()) >= 6 })
	names := map[string]int{}
	for _, e := range w.events() {
		names[e.Event]++
		wantRelated(t, e, "flow-run", "prefect.flow-run."+id, "")
		wantRelated(t, e, "deployment", "prefect.deployment."+d.ID, "deployment")
		wantRelated(t, e, "flow", "prefect.flow."+d.FlowID, "flow")
		wantRelated(t, e, "worker", "prefect.worker.ecs.the-worker", "The-worker")
		task := *w.tasks()[0].TaskArn
		if e.Resource["ecs.taskArn"] != task || e.Resource["prefect.resource.id"] != "prefect.ecs.task."+
			task[strings.LastIndex(task, "/")+1:] {
			t.Errorf("the resource is %v", e.Resource)
		}
	}
	for _, status := range []string{"provisioning", "pending", "running", "stopping", "stopped"} {
		if names["prefect.ecs.task."+status] == 0 {
			t.Errorf("no event of %s: %v", status, names)
		}
	}
}

func wantRelated(t *testing.T, e event, role, id, name string) {
	t.Helper()
	for _, related := range e.Related {
		if related["prefect.resource.role"] == role && related["prefect.resource.id"] == id &&
			(name == "" || related["prefect.resource.name"] == name) {
			return
		}
	}
	t.Errorf("%s: no related %s %s %q in %v", e.Event, role, id, name, e.Related)
}

// A server without an event feed is asked once.
func TestServersWithoutEvents(t *testing.T) {
	t.Parallel()
	for _, version := range []string{"2.20.26", "3.8.8"} {
		t.Run(version, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, worldOptions{version: version})
			c := w.observer(5)
			var asked atomic.Int64
			w.onPrefect(func(rw http.ResponseWriter, r *http.Request) bool {
				if !strings.HasSuffix(r.URL.Path, "/events") {
					return false
				}
				asked.Add(1)
				rw.WriteHeader(http.StatusNotFound)
				return true
			})
			ids := w.runs(w.deployment(failing), 2)
			w.start(listens)
			w.awaitAll(ids, prefect.Crashed)
			c.drained()
			if n := asked.Load(); version[0] == '2' && n > 0 || n > 4 {
				t.Errorf("events were sent %d times", n)
			}
		})
	}
}

// The definition of a tagged task is deregistered by whoever hears of its end.
func TestTaggedDefinitionsAreDeregistered(t *testing.T) {
	t.Parallel()
	w := newWorld(t, worldOptions{})
	w.observer(5)
	id := w.runs(w.deployment(map[string]any{
		"auto_deregister_task_definition": true, "env": map[string]any{"BEHAVE": "hang"},
	}), 1)[0]
	first := w.start(listens)
	w.await(id, prefect.Running)
	first.stop()
	<-first.ended
	w.start(named("w2"))
	task := w.tasks()[0]
	must(w.ecs.StopTask(t.Context(), &ecs.StopTaskInput{Task: task.TaskArn}))(t)
	eventually(t, "the definition to be deregistered", func() bool {
		out := must(w.ecs.DescribeTaskDefinition(t.Context(),
			&ecs.DescribeTaskDefinitionInput{TaskDefinition: task.TaskDefinitionArn}))(t)
		return out.TaskDefinition.Status == ecstypes.TaskDefinitionStatusInactive
	})
}

// A worker whose limit is reached looks for places that others have heard of.
func TestALimitedWorkerLooksForPlaces(t *testing.T) {
	t.Parallel()
	w := newWorld(t, worldOptions{})
	w.observer(5)
	ids := w.runs(w.deployment(nil), 6)
	w.start(func(o *worker.Options) { named("w1")(o); o.Limit = 1 })
	// This one takes messages and no runs: no queue of the pool has its name.
	w.start(func(o *worker.Options) { named("w2")(o); o.WorkQueues = []string{"another"} })
	w.awaitAll(ids, prefect.Completed)
}
