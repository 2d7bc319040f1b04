package worker_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/google/go-cmp/cmp"

	"ecsctl/internal/pause"
	"ecsctl/prefect"
	"ecsctl/sandbox"
	"ecsctl/worker"
)

// gate stands between one worker and AWS, and throttles an action while it is shut.
type gate struct {
	config  aws.Config
	opened  atomic.Bool
	refused atomic.Int64

	meanwhile func() // happens while the first call is under way, before AWS has it
	once      sync.Once
}

func (w *world) gate(operation string) *gate {
	g := &gate{config: w.aws}
	target := must(url.Parse(w.server.URL()))(w.t)
	pass := &httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) {
		r.SetURL(target)
		r.Out.Host = r.In.Host // it is signed
	}}
	server := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		asked := strings.HasSuffix(r.Header.Get("X-Amz-Target"), "."+operation)
		if asked && g.meanwhile != nil {
			g.once.Do(g.meanwhile)
		}
		if !asked || g.opened.Load() {
			pass.ServeHTTP(rw, r)
			return
		}
		g.refused.Add(1)
		rw.Header().Set("Content-Type", "application/x-amz-json-1.1")
		rw.WriteHeader(http.StatusBadRequest)
		_, _ = io.WriteString(rw, `{"__type": "ThrottlingException", "message": "Rate exceeded"}`)
	}))
	w.t.Cleanup(server.Close)
	g.config.BaseEndpoint = aws.String(server.URL)
	return g
}

// behind makes a worker reach AWS through the gate.
func (g *gate) behind(name string) func(*worker.Options) {
	return func(o *worker.Options) {
		o.Name, o.AWS, o.Patience = name, g.config, time.Hour
		o.AWS.RetryMaxAttempts = 1
	}
}

// set sets a run to states one after the other, as a person does in the UI.
func (w *world) set(id string, states ...prefect.StateType) {
	w.t.Helper()
	for _, state := range states {
		must(w.api.SetFlowRunState(w.t.Context(), id, prefect.StateProposal{Type: state, Force: true}))(w.t)
	}
}

// What happens to a run while its launch waits for AWS decides whether it is launched: a
// person may have ended or deleted it, or had it run anew by another worker.
func TestALaunchThatWaitedLooksAtItsClaim(t *testing.T) {
	t.Parallel()
	meanwhile := map[string]struct {
		do    func(w *world, id string)
		state prefect.StateType // at the end; empty: the run is gone
		tasks int
	}{
		"nothing":   {func(*world, string) {}, prefect.Completed, 1},
		"cancelled": {func(w *world, id string) { w.set(id, prefect.Cancelled) }, prefect.Cancelled, 0},
		"failed":    {func(w *world, id string) { w.set(id, prefect.Failed) }, prefect.Failed, 0},
		"completed": {func(w *world, id string) { w.set(id, prefect.Completed) }, prefect.Completed, 0},
		"crashed":   {func(w *world, id string) { w.set(id, prefect.Crashed) }, prefect.Crashed, 0},
		"cancelling": {func(w *world, id string) {
			w.call(http.MethodPatch, "/flow_runs/"+id, `{"infrastructure_pid": "it may have one"}`)
			w.cancelling(id)
		}, prefect.Cancelled, 0}, // once its launch is given up: until then it is left to the launch
		"paused":  {func(w *world, id string) { w.set(id, prefect.Paused) }, prefect.Paused, 0},
		"deleted": {func(w *world, id string) { must(0, w.api.DeleteFlowRun(w.t.Context(), id))(w.t) }, "", 0},
		"run by another": {func(w *world, id string) {
			w.onPrefect(func(rw http.ResponseWriter, r *http.Request) bool { // the first one gets no more runs
				return r.UserAgent() == workerAgent && noPolls(rw, r)
			})
			w.set(id, prefect.Failed, prefect.Scheduled)
			w.start(func(o *worker.Options) { o.Name = "b" })
			w.await(id, prefect.Completed)
		}, prefect.Completed, 1},
	}
	for _, version := range []string{"3.8.8", "2.20.26"} {
		for _, waits := range []string{"RegisterTaskDefinition", "RunTask"} {
			for name, tc := range meanwhile {
				t.Run(version+"/"+waits+"/"+name, func(t *testing.T) {
					t.Parallel()
					w := newWorld(t, worldOptions{version: version})
					id := w.runs(w.deployment(nil), 1)[0]
					gate := w.gate(waits)
					a := w.start(func(o *worker.Options) { gate.behind("a")(o); o.Prefect = w.clientOf(workerAgent) })
					eventually(t, "a refused launch", func() bool { return gate.refused.Load() > 0 })
					tc.do(w, id)
					before := w.history(id)
					gate.opened.Store(true)
					if name == "cancelling" {
						w.await(id, prefect.Cancelled)
						before = append(before, "Cancelled")
					}
					a.stop()
					<-a.ended
					if name == "nothing" {
						w.await(id, prefect.Completed)
						before = w.history(id)
					}
					if got := len(w.tasks()); got != tc.tasks {
						t.Errorf("%d tasks, want %d: %q", got, tc.tasks, w.history(id))
					}
					if diff := cmp.Diff(before, w.history(id)); diff != "" {
						t.Errorf("the run's states (-before +after the wait):\n%s", diff)
					}
					if tc.state == "" {
						return
					}
					if run := must(w.api.ReadFlowRun(t.Context(), id))(t); run.StateType != tc.state {
						t.Errorf("the run is %s, want %s", run.StateType, tc.state)
					}
				})
			}
		}
	}
}

// Two replicas of one name, of which one is told to stop while AWS throttles it, and a
// third worker: the run is executed once.
func TestReplicasOfOneName(t *testing.T) {
	t.Parallel()
	w := newWorld(t, worldOptions{})
	id := w.runs(w.deployment(nil), 1)[0]
	first, second := w.gate("RunTask"), w.gate("RunTask")
	soon := func(o *worker.Options) { o.ClaimGrace, o.DrainTimeout = 500*time.Millisecond, 10*time.Second }
	a := w.start(func(o *worker.Options) { first.behind("replica")(o); soon(o) })
	eventually(t, "the first replica's claim", func() bool { return first.refused.Load() > 0 })
	// The second one only recovers: what the first gives back is for the third to claim.
	const quiet = "the-second"
	w.onPrefect(func(rw http.ResponseWriter, r *http.Request) bool {
		polls := r.UserAgent() == quiet && strings.HasSuffix(r.URL.Path, "/get_scheduled_flow_runs")
		if polls {
			rw.WriteHeader(http.StatusServiceUnavailable)
		}
		return polls
	})
	b := w.start(func(o *worker.Options) { second.behind("replica")(o); soon(o); o.Prefect = w.clientOf(quiet) })
	eventually(t, "the second replica to go on with it", func() bool { return second.refused.Load() > 0 })
	a.stop()
	<-a.ended
	w.start(func(o *worker.Options) { o.Name = "third" })
	w.await(id, prefect.Completed)
	second.opened.Store(true)
	b.stop()
	<-b.ended
	if got := len(w.tasks()); got != 1 {
		t.Errorf("%d tasks: %q", got, w.history(id))
	}
}

// The first replica is told to stop when the second has launched the run: it gives nothing back.
func TestAReplicaGivesNothingBackThatRuns(t *testing.T) {
	t.Parallel()
	for _, version := range []string{"3.8.8", "2.20.26"} {
		t.Run(version, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, worldOptions{version: version, sandbox: sandbox.Options{TaskDelay: 3 * time.Second}})
			id := w.runs(w.deployment(nil), 1)[0]
			gate := w.gate("RunTask")
			soon := func(o *worker.Options) { o.ClaimGrace, o.DrainTimeout = 500*time.Millisecond, 4*time.Second }
			a := w.start(func(o *worker.Options) { gate.behind("replica")(o); soon(o) })
			eventually(t, "the first replica's claim", func() bool { return gate.refused.Load() > 0 })
			w.start(func(o *worker.Options) { o.Name = "replica"; soon(o) })
			eventually(t, "a task", func() bool { return len(w.tasks()) > 0 })
			a.stop()
			<-a.ended
			w.await(id, prefect.Completed)
			if got := len(w.tasks()); got != 1 {
				t.Errorf("%d tasks: %q", got, w.history(id))
			}
		})
	}
}

// A run that ends between its claim and Submitting stays so. The server would take
// Submitting after any final state but Cancelled.
func TestSubmittingRevivesNothing(t *testing.T) {
	t.Parallel()
	for _, state := range []prefect.StateType{prefect.Failed, prefect.Completed, prefect.Crashed, prefect.Cancelled} {
		t.Run(string(state), func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, worldOptions{})
			id := w.runs(w.deployment(nil), 1)[0]
			var once atomic.Bool
			w.onPrefect(func(_ http.ResponseWriter, r *http.Request) bool {
				body := must(io.ReadAll(r.Body))(t)
				r.Body = io.NopCloser(strings.NewReader(string(body)))
				if strings.HasSuffix(r.URL.Path, "/set_state") && strings.Contains(string(body), "Submitting") &&
					once.CompareAndSwap(false, true) {
					w.set(id, state)
				}
				return false
			})
			a := w.start(nil)
			eventually(t, "the proposal", once.Load)
			a.stop()
			<-a.ended
			run := must(w.api.ReadFlowRun(t.Context(), id))(t)
			if run.StateType != state || len(w.tasks()) > 0 {
				t.Errorf("the run is %s and has %d tasks: %q", run.StateType, len(w.tasks()), w.history(id))
			}
		})
	}
}

// Between the last look and RunTask there is always a moment. What ended a run in it is
// seen after the launch, and the task is stopped before its container begins.
func TestWhatEndedDuringALaunchIsStopped(t *testing.T) {
	t.Parallel()
	meanwhile := map[string]func(w *world, id string){
		"cancelled": func(w *world, id string) { w.set(id, prefect.Cancelled) },
		"failed":    func(w *world, id string) { w.set(id, prefect.Failed) },
		"completed": func(w *world, id string) { w.set(id, prefect.Completed) },
		"deleted":   func(w *world, id string) { must(0, w.api.DeleteFlowRun(w.t.Context(), id))(w.t) },
		"retried":   func(w *world, id string) { w.set(id, prefect.Failed, prefect.Scheduled) },
		// The claim is looked at before the run counts as launched.
		"retried, AWS being slow": func(w *world, id string) {
			w.set(id, prefect.Failed, prefect.Scheduled)
			must(0, pause.For(w.t.Context(), 2500*time.Millisecond))(w.t)
		},
	}
	for _, version := range []string{"3.8.8", "2.20.26"} {
		for name, do := range meanwhile {
			t.Run(version+"/"+name, func(t *testing.T) {
				t.Parallel()
				delay := 30 * time.Second // the worker stops the task long before
				again := strings.HasPrefix(name, "retried")
				if again {
					delay = 8 * time.Second
				}
				w := newWorld(t, worldOptions{version: version, sandbox: sandbox.Options{TaskDelay: delay}})
				id := w.runs(w.deployment(nil), 1)[0]
				gate := w.gate("RunTask")
				gate.opened.Store(true)
				gate.meanwhile = func() { do(w, id) }
				a := w.start(gate.behind("w1"))
				eventually(t, "the task to be stopped", func() bool {
					for _, task := range w.tasks() {
						if aws.ToString(task.DesiredStatus) == "STOPPED" && task.StartedAt == nil {
							return true
						}
					}
					return false
				})
				if again {
					w.await(id, prefect.Completed)
				}
				a.stop()
				<-a.ended
				for _, state := range w.history(id) {
					if !again && state == "Running" {
						t.Errorf("it was executed: %q", w.history(id))
					}
				}
			})
		}
	}
}
