package worker_test

import (
	"bytes"
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"ecsctl/prefect"
	"ecsctl/sandbox"
	"ecsctl/worker"
)

// retryAfter is when a busy server is asked again.
const retryAfter = time.Second

// busyFor answers one call of a worker as a busy server does, until it is let through.
type busyFor struct {
	client  *prefect.Client // of the worker
	refused atomic.Int64
	open    atomic.Bool
}

func (w *world) busyFor(method, inBody string) *busyFor {
	const agent = "the-old-worker"
	b := &busyFor{client: w.clientOf(agent)}
	w.onPrefect(func(rw http.ResponseWriter, r *http.Request) bool {
		if r.UserAgent() != agent {
			return false
		}
		if b.refused.Load() > 0 && noPolls(rw, r) {
			return true // the run is for the other worker
		}
		body := must(io.ReadAll(r.Body))(w.t)
		r.Body = io.NopCloser(bytes.NewReader(body))
		if b.open.Load() || r.Method != method || !bytes.Contains(body, []byte(inBody)) {
			return false
		}
		b.refused.Add(1)
		rw.Header().Set("Retry-After", strconv.Itoa(int(retryAfter.Seconds())))
		rw.WriteHeader(http.StatusServiceUnavailable)
		return true
	})
	return b
}

// awaitRefusal waits until the worker has something to say and cannot.
func (b *busyFor) awaitRefusal(t *testing.T) {
	t.Helper()
	eventually(t, "a refused call", func() bool { return b.refused.Load() > 0 })
}

// letThrough gives the worker the time to say it.
func (b *busyFor) letThrough(t *testing.T) {
	t.Helper()
	b.open.Store(true)
	pauseFor(t, 2*retryAfter)
}

// What a worker has to say of a run may wait for a busy server. Meanwhile a person has the run
// launched anew, and another worker does: nothing of the old launch touches it.
func TestWordsThatWaitedAreOfNoOtherLaunch(t *testing.T) {
	t.Parallel()
	says := map[string]struct {
		method, inBody string
		meanwhile      prefect.StateType
		waits          func(w *world, id string, b *busyFor)
	}{
		"crashed": {http.MethodPost, `"CRASHED"`, prefect.Failed, func(w *world, _ string, b *busyFor) {
			w.start(func(o *worker.Options) {
				w.gate("RunTask").behind("old")(o)
				o.Prefect, o.Patience = b.client, time.Second
			})
		}},
		"cancelled": {http.MethodPost, `"CANCELLED"`, prefect.Cancelled, func(w *world, id string, b *busyFor) {
			w.start(func(o *worker.Options) { o.Prefect = b.client; noRunnerGrace(o) })
			w.awaitLaunched(id, prefect.Running)
			w.cancelling(id)
		}},
		"which task it has": {http.MethodPatch, "infrastructure_pid", prefect.Failed,
			func(w *world, _ string, b *busyFor) { w.start(func(o *worker.Options) { o.Prefect = b.client }) }},
	}
	for _, version := range []string{"3.8.8", "2.20.26"} {
		for name, tc := range says {
			t.Run(version+"/"+name, func(t *testing.T) {
				t.Parallel()
				o := worldOptions{version: version}
				if name == "which task it has" {
					o.sandbox = sandbox.Options{Images: idleImage(t)}
				}
				w := newWorld(t, o)
				id := w.runs(w.deployment(hangingJob()), 1)[0]
				busy := w.busyFor(tc.method, tc.inBody)
				tc.waits(w, id, busy)
				busy.awaitRefusal(t)
				first := must(w.api.ReadFlowRun(t.Context(), id))(t).InfrastructurePID
				w.set(id, tc.meanwhile, prefect.Scheduled)
				w.start(func(o *worker.Options) { o.Name = "b" })
				var before *prefect.FlowRun
				// The run may be Running before Prefect knows its task.
				eventually(t, "the other worker's launch", func() bool {
					before = must(w.api.ReadFlowRun(t.Context(), id))(t)
					return before.InfrastructurePID != "" && before.InfrastructurePID != first &&
						(before.StateType == prefect.Running || o.sandbox.Images != nil)
				})
				busy.letThrough(t)
				after := must(w.api.ReadFlowRun(t.Context(), id))(t)
				if after.StateType != before.StateType || after.InfrastructurePID != before.InfrastructurePID {
					t.Errorf("the run was %s with %s and is %s with %s: %q", before.StateName, before.InfrastructurePID,
						after.StateName, after.InfrastructurePID, w.history(id))
				}
				for _, task := range w.tasks() {
					if strings.HasSuffix(before.InfrastructurePID, "::"+aws.ToString(task.TaskArn)) &&
						aws.ToString(task.DesiredStatus) != "RUNNING" {
						t.Errorf("its task is to be %s", aws.ToString(task.DesiredStatus))
					}
				}
			})
		}
	}
}
