package worker_test

import (
	"bytes"
	"net/http"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"

	"ecsctl/prefect"
	"ecsctl/sandbox"
	"ecsctl/worker"
)

// call makes a call of the Prefect API that the client has no method for.
func (w *world) call(method, path, body string) {
	w.t.Helper()
	request := must(http.NewRequestWithContext(w.t.Context(), method, w.server.PrefectAPIURL()+path,
		bytes.NewBufferString(body)))(w.t)
	request.Header.Set("Content-Type", "application/json")
	response := must(http.DefaultClient.Do(request))(w.t)
	_ = response.Body.Close()
	if response.StatusCode >= 300 {
		w.t.Fatalf("%s %s: %s", method, path, response.Status)
	}
}

// propose proposes states within the server's rules, as an engine does.
func (w *world) propose(id string, states ...prefect.StateProposal) {
	w.t.Helper()
	for _, s := range states {
		must(w.api.SetFlowRunState(w.t.Context(), id, s))(w.t)
	}
}

// retries gives a run retries of its own, as the engine does when it starts.
func (w *world) retries(id string) {
	w.call(http.MethodPatch, "/flow_runs/"+id, `{"empirical_policy": {"retries": 3, "retry_delay": 600}}`)
}

// endings are the states, with their names and kinds of retries, that a run can be in when its task ends.
func endings() map[string]ending {
	running, failed, later := prefect.StateProposal{Type: prefect.Running}, prefect.StateProposal{Type: prefect.Failed},
		time.Now().Add(time.Hour)
	set := func(states ...prefect.StateProposal) func(*world, string) {
		return func(w *world, id string) { w.propose(id, states...) }
	}
	scheduled := func(name string) prefect.StateProposal {
		return prefect.StateProposal{Type: prefect.Scheduled, Name: name, ScheduledTime: later}
	}
	forced := scheduled("")
	forced.Force = true
	late := scheduled("Late")
	late.Force = true
	return map[string]ending{
		"Pending": {func(*world, string) {}, prefect.Crashed},
		"Running": {set(running), prefect.Crashed},
		"Running/named": {set(prefect.StateProposal{Type: prefect.Running, Name: "Fetching"}),
			prefect.Crashed},
		"AwaitingRetry/in process": {func(w *world, id string) {
			w.propose(id, running)
			w.retries(id)
			w.propose(id, failed)
		}, prefect.Crashed},
		"Retrying": {func(w *world, id string) {
			w.propose(id, running)
			w.retries(id)
			w.propose(id, failed)
			w.set(id, prefect.Running)
		}, prefect.Crashed},
		"AwaitingRetry/reschedule": {set(running, failed, scheduled("AwaitingRetry")), prefect.Scheduled},
		"AwaitingRetry/twice, by hand": {func(w *world, id string) {
			w.propose(id, running)
			w.retries(id)
			w.propose(id, failed)
			w.set(id, prefect.Failed)
			w.propose(id, scheduled("AwaitingRetry"))
		}, prefect.Scheduled},
		"Scheduled":               {set(running, forced), prefect.Scheduled},
		"Late":                    {set(running, failed, scheduled(""), late), prefect.Scheduled},
		"AwaitingConcurrencySlot": {set(running, failed, scheduled("AwaitingConcurrencySlot")), prefect.Scheduled},
		"Paused": {func(w *world, id string) { w.propose(id, running); w.pause(id, "Paused", false) },
			prefect.Crashed},
		"Suspended": {func(w *world, id string) { w.propose(id, running); w.pause(id, "Suspended", true) },
			prefect.Paused},
		"Resuming": {func(w *world, id string) {
			w.propose(id, running)
			w.pause(id, "Suspended", true)
			w.propose(id, scheduled("Resuming"))
		}, prefect.Scheduled},
		"Cancelling": {set(running, prefect.StateProposal{Type: prefect.Cancelling}), prefect.Cancelled},
		"Completed":  {set(running, prefect.StateProposal{Type: prefect.Completed}), prefect.Completed},
		"Failed":     {set(running, failed), prefect.Failed},
		"TimedOut":   {set(running, prefect.StateProposal{Type: prefect.Failed, Name: "TimedOut"}), prefect.Failed},
		"Cancelled":  {set(running, prefect.StateProposal{Type: prefect.Cancelled}), prefect.Cancelled},
		"Crashed":    {set(running, prefect.StateProposal{Type: prefect.Crashed}), prefect.Crashed},
	}
}

type ending struct {
	reach func(w *world, id string)
	want  prefect.StateType
}

func (w *world) pause(id, name string, reschedule bool) {
	w.t.Helper()
	details := `{"pause_timeout": "2100-01-01T00:00:00Z", "pause_reschedule": false}`
	if reschedule {
		details = `{"pause_timeout": "2100-01-01T00:00:00Z", "pause_reschedule": true}`
	}
	w.call(http.MethodPost, "/flow_runs/"+id+"/set_state", `{"state": {"type": "PAUSED", "name": "`+name+
		`", "state_details": `+details+`}}`)
}

// settled waits for the state that is wanted to come, or to stay.
func (w *world) settled(id string, want prefect.StateType, stays bool) {
	w.t.Helper()
	state := func() prefect.StateType { return must(w.api.ReadFlowRun(w.t.Context(), id))(w.t).StateType }
	if stays {
		pauseFor(w.t, 1500*time.Millisecond)
	} else {
		eventually(w.t, "the run to be "+string(want), func() bool { return state() == want })
	}
	if got := state(); got != want {
		w.t.Errorf("the run is %s, want %s: %q", got, want, w.history(id))
	}
}

// What the end of its task means for a run, by state, name of the state and kind of retry; seen
// by the worker that launched it, heard from the queue, or found by the next worker.
func TestEndingsByState(t *testing.T) {
	t.Parallel()
	for _, by := range []string{"seen", "heard", "found"} {
		for name, tc := range endings() {
			t.Run(by+"/"+name, func(t *testing.T) {
				t.Parallel()
				w := newWorld(t, worldOptions{sandbox: sandbox.Options{Images: idleImage(t)}})
				change := func(*worker.Options) {}
				if by == "heard" {
					w.observer(100)
					change = listens
				}
				id := w.runs(w.deployment(nil), 1)[0]
				first := w.start(change)
				eventually(t, "a launch", func() bool { return w.launched(id) })
				if by == "found" {
					first.kill()
					<-first.ended
				}
				tc.reach(w, id)
				reached := must(w.api.ReadFlowRun(t.Context(), id))(t).StateType
				must(w.ecs.StopTask(t.Context(), stopInput(w.tasks()[0].TaskArn)))(t)
				eventually(t, "the task to stop",
					func() bool { return aws.ToString(w.tasks()[0].LastStatus) == "STOPPED" })
				if by == "found" {
					if name == "Pending" {
						w.start(impatient)
					} else {
						w.start(func(o *worker.Options) { impatient(o); o.NoCancel = true })
					}
				}
				if by == "found" && name == "Cancelling" {
					return // that is not for those that look for orphans
				}
				w.settled(id, tc.want, reached == tc.want)
			})
		}
	}
}

// Word of a task comes late, from a clock that is ahead, when the run is launched anew already.
func TestWordOfAnOldTask(t *testing.T) {
	t.Parallel()
	for _, version := range []string{"3.8.8", "2.20.26"} {
		for _, by := range []string{"seen", "heard"} {
			t.Run(version+"/"+by, func(t *testing.T) {
				t.Parallel()
				w := newWorld(t, worldOptions{version: version, sandbox: sandbox.Options{Images: idleImage(t)}})
				change := func(*worker.Options) {}
				if by == "heard" {
					w.observer(100)
					change = listens
				}
				id := w.runs(w.deployment(nil), 1)[0]
				w.start(change)
				eventually(t, "a launch", func() bool { return w.launched(id) })
				w.onPrefect(func(rw http.ResponseWriter, r *http.Request) bool { // the next claim is the next worker's
					return r.Header.Get("X-Prefect-Worker-Name") == "w1" && noPolls(rw, r)
				})
				w.set(id, prefect.Running, prefect.Failed)
				gate := w.gate("RunTask")
				w.start(func(o *worker.Options) { gate.behind("b")(o); o.SweepInterval = time.Hour })
				w.set(id, prefect.Scheduled)
				eventually(t, "the next claim", func() bool { return gate.refused.Load() > 0 })
				// It stops after the claim: no order of times tells that it is another launch's.
				must(w.ecs.StopTask(t.Context(), &ecs.StopTaskInput{Task: w.tasks()[0].TaskArn}))(t)
				eventually(t, "the task to stop",
					func() bool { return aws.ToString(w.tasks()[0].LastStatus) == "STOPPED" })
				w.settled(id, prefect.Pending, true)
			})
		}
	}
}
