package worker_test

import (
	"context"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"ecsctl/prefect"
	"ecsctl/sandbox/fault"
	"ecsctl/worker"
)

// A run whose task ends without a final state is Crashed, and its message says why.
func TestStoppedTasksAreReported(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		variables map[string]any
		want      []string
	}{
		"exit code": {map[string]any{"env": map[string]any{"BEHAVE": "fail"}},
			[]string{"EssentialContainerExited", `container "prefect" exited with code 3`}},
		"silent": {map[string]any{"env": map[string]any{"BEHAVE": "silent"}}, []string{`exited with code 0`}},
		"no image": {map[string]any{"image": "nobody/nothing:1"},
			[]string{"TaskFailedToStart", "CannotPullContainerError"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, worldOptions{})
			id := w.runs(w.deployment(tc.variables), 1)[0]
			w.start(nil)
			run := w.await(id, prefect.Crashed)
			for _, want := range tc.want {
				if !strings.Contains(run.State.Message, want) {
					t.Errorf("the message %q lacks %q", run.State.Message, want)
				}
			}
		})
	}
}

// A job that can never work is Crashed with what to change, and the worker goes on.
func TestBadJobsAreCrashed(t *testing.T) {
	t.Parallel()
	w := newWorld(t, worldOptions{})
	good := w.deployment(nil)
	bad := map[string]struct {
		variables map[string]any
		want      string
	}{
		"size":    {map[string]any{"cpu": 300}, "300"},
		"type":    {map[string]any{"env": "A=B"}, "env: it is a string"},
		"vpc":     {map[string]any{"vpc_id": "vpc-0123456789abcdef0"}, "vpc-0123456789abcdef0 does not exist"},
		"block":   {map[string]any{"aws_credentials": "{{ prefect.blocks.aws-credentials.gone }}"}, "aws-credentials"},
		"cluster": {map[string]any{"cluster": "elsewhere"}, "check the job variable cluster"},
		"arn":     {map[string]any{"task_definition_arn": "not-there:7"}, "not-there:7"},
		"long":    {map[string]any{"env": map[string]any{"LONG": strings.Repeat("x", 9000)}}, "LONG"},
		"region":  {map[string]any{"aws_credentials": map[string]any{"profile_name": "nobody"}}, "nobody"},
	}
	ids := map[string]string{}
	for name, tc := range bad {
		ids[name] = w.runs(w.another(name, tc.variables), 1)[0]
	}
	w.start(nil)
	for name, tc := range bad {
		run := w.await(ids[name], prefect.Crashed)
		message := run.State.Message
		if !strings.HasPrefix(message, "Failed to submit flow run to infrastructure: ") ||
			!strings.Contains(message, tc.want) {
			t.Errorf("%s: got %q, want it to name %q", name, message, tc.want)
		}
	}
	w.await(w.runs(good, 1)[0], prefect.Completed)
}

// No answer of the server but a decision ends a run: 503s, lost answers, an outage.
func TestServerFailuresCrashNoRun(t *testing.T) {
	t.Parallel()
	for _, version := range []string{"3.8.8", "2.20.26"} {
		t.Run(version, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, worldOptions{version: version})
			ids := w.runs(w.deployment(nil), 20)
			var calls atomic.Int64
			w.onPrefect(func(rw http.ResponseWriter, r *http.Request) bool {
				// The containers have no patience: only the worker's calls fail.
				if r.UserAgent() != workerAgent || calls.Add(1)%3 != 0 {
					return false
				}
				rw.WriteHeader(http.StatusServiceUnavailable)
				return true
			})
			w.start(func(o *worker.Options) { o.Prefect = w.clientOf(workerAgent) })
			for _, id := range ids {
				w.await(id, prefect.Completed)
			}
			if got := len(w.tasks()); got != len(ids) {
				t.Errorf("%d runs have %d tasks", len(ids), got)
			}
		})
	}
}

const workerAgent = "the-worker"

func (w *world) clientOf(agent string) *prefect.Client {
	return must(prefect.New(prefect.Options{APIURL: w.server.PrefectAPIURL(), UserAgent: agent}))(w.t)
}

// A worker that is started while Prefect is away waits for it.
func TestPrefectIsAwayAtTheStart(t *testing.T) {
	t.Parallel()
	w := newWorld(t, worldOptions{})
	id := w.runs(w.deployment(nil), 1)[0]
	var refused atomic.Int64
	w.onPrefect(func(rw http.ResponseWriter, r *http.Request) bool {
		if r.UserAgent() != workerAgent || refused.Add(1) > 2 {
			return false
		}
		rw.WriteHeader(http.StatusBadGateway)
		return true
	})
	w.start(func(o *worker.Options) {
		o.Prefect = must(prefect.New(prefect.Options{
			APIURL: w.server.PrefectAPIURL(), UserAgent: workerAgent, MaxRetries: -1,
		}))(t)
	})
	w.await(id, prefect.Completed)
}

// AWS that keeps failing is asked for as long as patience lasts.
func TestPatienceEnds(t *testing.T) {
	t.Parallel()
	w := newWorld(t, worldOptions{})
	id := w.runs(w.deployment(nil), 1)[0]
	w.server.AddFault(fault.Fault{Service: "ecs", Operation: "RunTask", Kind: fault.ServerError, Times: -1})
	w.start(func(o *worker.Options) { o.Patience = time.Second; o.AWS.RetryMaxAttempts = 1 })
	run := w.await(id, prefect.Crashed)
	if want := "failed to run the ECS task: An internal error has occurred (ServerException)"; !strings.Contains(
		run.State.Message, want) {
		t.Errorf("got %q, want it to hold %q", run.State.Message, want)
	}
}

// The deployment of a run was deleted: Prefect 3's worker cancels the run.
func TestARunWithoutDeployment(t *testing.T) {
	t.Parallel()
	w := newWorld(t, worldOptions{})
	d := w.deployment(nil)
	id := w.runs(d, 1)[0]
	w.onPrefect(func(rw http.ResponseWriter, r *http.Request) bool {
		if r.Method == http.MethodGet && strings.HasSuffix(r.URL.Path, "/deployments/"+d.ID) {
			rw.WriteHeader(http.StatusNotFound)
			_, _ = io.WriteString(rw, `{"detail": "Deployment not found"}`)
			return true
		}
		return false
	})
	w.start(nil)
	if run := w.await(id, prefect.Cancelled); !strings.Contains(run.State.Message, d.ID+" no longer exists") {
		t.Errorf("got %q", run.State.Message)
	}
}

// A pool of another type is refused, but not when the user insists.
func TestAPoolOfAnotherType(t *testing.T) {
	t.Parallel()
	w := newWorld(t, worldOptions{})
	must(w.api.CreateWorkPool(t.Context(), prefect.WorkPoolCreate{Name: pool, Type: "process"}))(t)
	made := must(worker.New(worker.Options{Prefect: w.client(), AWS: w.aws, Pool: pool}))(t)
	err := made.Run(context.Background(), nil)
	want := `work pool "pool" is of type "process": ecsctl runs workers for pools of type "ecs" alone`
	if err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
}
