package worker_test

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"ecsctl/prefect"
	"ecsctl/sandbox/fault"
	"ecsctl/worker"
)

// stuck makes a worker claim a run and then hang on AWS, alive, and returns its end.
func (w *world) stuck(name string) *started {
	w.t.Helper()
	w.server.AddFault(fault.Fault{Service: "ecs", Operation: "RegisterTaskDefinition", Kind: fault.Throttle, Times: -1})
	running := w.start(func(o *worker.Options) {
		o.Name, o.Patience, o.DrainTimeout, o.AWS.RetryMaxAttempts = name, time.Hour, 8*time.Second, 1
	})
	eventually(w.t, "a claim", func() bool { return w.calls("RegisterTaskDefinition") > 0 })
	return running
}

// impatient is a worker that takes over what is a second old.
func impatient(o *worker.Options) {
	o.Name, o.ClaimGrace, o.RecoverInterval = "w2", time.Second, 100*time.Millisecond
}

// The claim of a worker that lives is its own, however slow it is.
func TestTheClaimOfALivingWorkerIsLeftAlone(t *testing.T) {
	t.Parallel()
	w := newWorld(t, worldOptions{})
	id := w.runs(w.deployment(nil), 1)[0]
	w.stuck("slow")
	w.start(impatient)
	var looks atomic.Int64
	w.onPrefect(func(_ http.ResponseWriter, r *http.Request) bool {
		if strings.HasSuffix(r.URL.Path, "/workers/filter") {
			looks.Add(1)
		}
		return false
	})
	eventually(t, "the second worker to look", func() bool { return looks.Load() > 10 })
	for _, line := range must(w.api.FlowRunLogs(t.Context(), id))(t) {
		if strings.Contains(line.Message, "goes on with") {
			t.Error(line.Message)
		}
	}
	w.server.ClearFaults()
	w.await(id, prefect.Completed)
	if got := len(w.tasks()); got != 1 {
		t.Errorf("the run has %d tasks", got)
	}
}

// A poll's answer that comes late shows a run that has ended meanwhile. The server lets
// it be claimed; it must not be run again.
func TestALatePollRunsNothingTwice(t *testing.T) {
	t.Parallel()
	for _, version := range []string{"3.8.8", "2.20.26"} {
		t.Run(version, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, worldOptions{version: version})
			id := w.runs(w.deployment(nil), 1)[0]
			path := "/api/work_pools/" + pool + "/get_scheduled_flow_runs"
			response := must(http.Post(strings.TrimSuffix(w.server.PrefectAPIURL(), "/api")+path, "application/json",
				strings.NewReader("{}")))(t)
			late := must(io.ReadAll(response.Body))(t)
			_ = response.Body.Close()
			first := w.start(nil)
			w.await(id, prefect.Completed)
			first.stop()
			<-first.ended
			before := w.history(id)
			var served atomic.Int64
			w.onPrefect(func(rw http.ResponseWriter, r *http.Request) bool {
				if r.URL.Path != path || served.Add(1) != 1 {
					return false
				}
				rw.Header().Set("Content-Type", "application/json")
				_, _ = rw.Write(late)
				return true
			})
			w.start(func(o *worker.Options) { o.Name = "w2" })
			eventually(t, "the next polls", func() bool { return served.Load() > 3 })
			w.await(id, prefect.Completed)
			if got := len(w.tasks()); got != 1 {
				t.Errorf("the run has %d tasks: %q, then %q", got, before, w.history(id))
			}
		})
	}
}

// A set_state and a PATCH whose answers are lost are sent again, and are one.
func TestLostAnswersOfPrefect(t *testing.T) {
	t.Parallel()
	for _, version := range []string{"3.8.8", "2.20.26"} {
		t.Run(version, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, worldOptions{version: version})
			ids := w.runs(w.deployment(nil), 3)
			w.start(func(o *worker.Options) { o.Prefect = w.losing(1) })
			for _, id := range ids {
				w.awaitLaunched(id, prefect.Completed)
				if n := count(w.history(id), "Pending"); n != 1 {
					t.Errorf("the run was claimed %d times: %q", n, w.history(id))
				}
			}
			if got := len(w.tasks()); got != 3 {
				t.Errorf("3 runs have %d tasks", got)
			}
		})
	}
}

// losing is a client whose every first write of a kind to a run is done, and its
// answer lost.
func (w *world) losing(n int64) *prefect.Client {
	w.t.Helper()
	seen := map[string]int64{}
	turn := make(chan struct{}, 1)
	target := strings.TrimSuffix(w.server.PrefectAPIURL(), "/api")
	server := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Upgrade") != "" {
			rw.WriteHeader(http.StatusNotFound) // it lets no websocket through
			return
		}
		body, err := io.ReadAll(r.Body)
		if err != nil {
			panic(http.ErrAbortHandler)
		}
		request, err := http.NewRequestWithContext(r.Context(), r.Method, target+r.URL.RequestURI(),
			bytes.NewReader(body))
		if err != nil {
			panic(err)
		}
		request.Header = r.Header.Clone()
		answer, err := http.DefaultTransport.RoundTrip(request)
		if err != nil {
			panic(http.ErrAbortHandler)
		}
		defer answer.Body.Close()
		kind := r.Method + r.URL.Path
		turn <- struct{}{}
		seen[kind]++
		lost := seen[kind] <= n && r.Method != http.MethodGet && strings.Contains(r.URL.Path, "/flow_runs/")
		<-turn
		if lost {
			panic(http.ErrAbortHandler)
		}
		rw.Header().Set("Content-Type", answer.Header.Get("Content-Type"))
		rw.WriteHeader(answer.StatusCode)
		_, _ = io.Copy(rw, answer.Body)
	}))
	w.t.Cleanup(server.Close)
	return must(prefect.New(prefect.Options{APIURL: server.URL + "/api"}))(w.t)
}

// Told to stop while AWS does not take a launch, the worker gives the run back, and
// another one launches it at once.
func TestWhatAWSDoesNotTakeIsGivenBack(t *testing.T) {
	t.Parallel()
	w := newWorld(t, worldOptions{})
	id := w.runs(w.deployment(nil), 1)[0]
	first := w.stuck("first")
	first.stop()
	<-first.ended
	run := must(w.api.ReadFlowRun(t.Context(), id))(t)
	if run.StateType != prefect.Scheduled ||
		!strings.Contains(run.State.Message, "has stopped before AWS took the task") {
		t.Errorf("the run is %s: %s", run.StateName, run.State.Message)
	}
	w.server.ClearFaults()
	w.start(func(o *worker.Options) { o.Name = "second" })
	w.await(id, prefect.Completed)
}

// A worker takes over from another: runs that come meanwhile do not wait.
func TestARollingDeployment(t *testing.T) {
	t.Parallel()
	w := newWorld(t, worldOptions{})
	d := w.deployment(nil)
	running := w.start(func(o *worker.Options) { o.Name = "w0" })
	var ids []string
	for _, name := range []string{"w1", "w2", "w3"} {
		ids = append(ids, w.runs(d, 5)...)
		next := w.start(func(o *worker.Options) { o.Name = name })
		ids = append(ids, w.runs(d, 5)...)
		running.stop()
		ids = append(ids, w.runs(d, 5)...)
		running = next
	}
	for _, id := range ids {
		w.await(id, prefect.Completed)
	}
	if got := len(w.tasks()); got != len(ids) {
		t.Errorf("%d runs have %d tasks", len(ids), got)
	}
}
