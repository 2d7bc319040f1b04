package worker_test

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"

	"ecsctl/prefect"
	"ecsctl/worker"
)

// Runs that are to be cancelled are seen to one after the other. While the first waits for a busy
// server, the second is over and launched anew: its new task is not stopped.
func TestACancelThatWaitedStopsNoOtherLaunch(t *testing.T) {
	t.Parallel()
	inSimulatedTime(t, func(t *testing.T, o worldOptions) {
		w := newWorld(t, o)
		w.runs(w.deployment(hangingJob()), 2)
		listed := must(w.api.FilterFlowRuns(t.Context(), prefect.FlowRunFilter{WorkPoolNames: []string{pool}}))(t)
		first, second := listed[0].ID, listed[1].ID
		var busy atomic.Bool
		var refused atomic.Int64
		busy.Store(true)
		w.onPrefect(func(rw http.ResponseWriter, r *http.Request) bool {
			body := must(io.ReadAll(r.Body))(t)
			r.Body = io.NopCloser(bytes.NewReader(body))
			if !busy.Load() || r.URL.Path != "/api/flow_runs/"+first+"/set_state" ||
				!bytes.Contains(body, []byte("CANCELLED")) {
				return false
			}
			refused.Add(1)
			rw.WriteHeader(http.StatusServiceUnavailable)
			return true
		})
		w.set(first, prefect.Pending) // by nobody that launches it
		w.start(func(o *worker.Options) { o.ClaimGrace, o.RunnerGrace = time.Minute, time.Minute })
		w.await(second, prefect.Running)
		w.cancelling(first)
		w.cancelling(second)
		for refused.Load() == 0 {
			rest(t, time.Second)
		}
		must(w.ecs.StopTask(t.Context(), &ecs.StopTaskInput{Task: w.tasks()[0].TaskArn}))(t) // its runner ends
		w.set(second, prefect.Cancelled)
		rest(t, 10*time.Second)
		w.set(second, prefect.Scheduled)
		w.await(second, prefect.Running)
		rest(t, time.Minute)
		busy.Store(false)
		w.await(first, prefect.Cancelled)
		rest(t, time.Minute)
		running := 0
		for _, task := range w.tasks() {
			if aws.ToString(task.DesiredStatus) == "RUNNING" {
				running++
			}
		}
		if run := must(w.api.ReadFlowRun(t.Context(), second))(t); run.StateType != prefect.Running || running != 1 {
			t.Errorf("the run is %s, %d tasks run: %q", run.StateName, running, w.history(second))
		}
	})
}

// A run is over while the worker waits for the list of those to cancel: it is not taken up again, which would stop its
// task and count its cost once more.
func TestACancelledRunIsNotTakenUpAgain(t *testing.T) {
	t.Parallel()
	inSimulatedTime(t, func(t *testing.T, o worldOptions) {
		w := newWorld(t, o)
		id := w.runs(w.deployment(hangingJob()), 1)[0]
		var held atomic.Bool
		w.onPrefect(func(rw http.ResponseWriter, r *http.Request) bool {
			if r.URL.Path != "/api/flow_runs/filter" || held.Load() {
				return false
			}
			body := must(io.ReadAll(r.Body))(t)
			r.Body = io.NopCloser(bytes.NewReader(body))
			if !bytes.Contains(body, []byte(`["CANCELLING"]`)) {
				return false
			}
			answer := httptest.NewRecorder()
			w.prefect.ServeHTTP(answer, r)
			if bytes.Contains(answer.Body.Bytes(), []byte(id)) {
				held.Store(true)
				must(w.ecs.StopTask(t.Context(), &ecs.StopTaskInput{Task: w.tasks()[0].TaskArn}))(t) // its runner ends
				w.set(id, prefect.Cancelled)
				rest(t, time.Second)
			}
			must(rw.Write(answer.Body.Bytes()))(t)
			return true
		})
		w.start(func(o *worker.Options) { o.RunnerGrace = time.Nanosecond })
		w.await(id, prefect.Running)
		w.cancelling(id)
		w.await(id, prefect.Cancelled)
		rest(t, time.Minute)
		if n := w.calls("StopTask"); n != 1 {
			t.Errorf("its task was stopped %d times more", n-1)
		}
	})
}
