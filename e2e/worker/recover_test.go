//go:build e2e

package worker

import (
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/ecs"

	"ecsctl/e2e/peers"
	"ecsctl/internal/testkit/wiretap"
	"ecsctl/prefect"
)

// killed starts our worker and kills it at the moment.
func (w *world) killed(tap *wiretap.Tap, at wiretap.Moment) {
	w.t.Helper()
	started := make(chan *peers.Process, 1)
	tap.Kill(at, func() { (<-started).Kill() })
	process := w.startOurs()
	started <- process
	select {
	case <-process.Done():
	case <-time.After(time.Minute):
		w.t.Fatalf("the worker was not killed %s", at)
	}
	tap.Reset()
}

// A worker that is killed after its claim, or after the launch that it could tell nobody
// of, is succeeded by another: one task, and Prefect knows it.
func TestAKilledWorkerIsSucceeded(t *testing.T) {
	all.EachServer(t, func(t *testing.T, server *peers.Server) {
		for _, operation := range []string{"claim", "ecs:RunTask"} {
			t.Run(operation, func(t *testing.T) {
				w := newWorld(t, server)
				w.env = append(w.env, "PREFECT_WORKER_HEARTBEAT_SECONDS=1", "ECSCTL_CLAIM_GRACE=4s")
				id := w.seed(plan{Groups: []group{{Name: "a", Count: 1}}})["a"][0]
				tap := w.tap
				if operation == "claim" {
					tap, operation = w.busy, "prefect:POST /flow_runs/"+id+"/set_state"
				}
				w.killed(tap, wiretap.Moment{Operation: operation, N: 1, After: true})
				w.startOurs("--name", "next")
				w.await(time.Minute, "the run to have a task", func() bool { return w.launched() == 1 })
				list, err := w.ecs.ListTasks(t.Context(), &ecs.ListTasksInput{})
				w.must(err)
				if len(list.TaskArns) != 1 {
					t.Errorf("the run has %d tasks", len(list.TaskArns))
				}
				if n := len(slices.DeleteFunc(w.history(id), func(name string) bool {
					return name != "Pending"
				})); n != 1 {
					t.Errorf("the run was claimed %d times: %q", n, w.history(id))
				}
			})
		}
	})
}

// A real server lets a claimed run wait for capacity, and hands it out again.
func TestCapacityIsWaitedFor(t *testing.T) {
	all.EachServer(t, func(t *testing.T, server *peers.Server) {
		w := newWorld(t, server)
		id := w.seed(plan{Groups: []group{{Name: "a", Count: 1}}})["a"][0]
		refused := false
		w.tap.Inject(func(call wiretap.Call) *wiretap.Fault {
			if call.Operation != "ecs:RunTask" || refused {
				return nil
			}
			refused = true
			return &wiretap.Fault{Status: http.StatusOK, ContentType: "application/x-amz-json-1.1",
				Body: `{"tasks":[],"failures":[{"reason":"RESOURCE:MEMORY"}]}`}
		})
		w.startOurs()
		w.await(time.Minute, "a launch", func() bool { return w.launched() == 1 })
		want := []string{"Scheduled", "Pending", "AwaitingCapacity", "Pending"}
		if server.Venv == peers.Prefect3 {
			want = []string{"Scheduled", "Pending", "Submitting", "AwaitingCapacity", "Pending", "Submitting"}
		}
		if got := w.history(id); !slices.Equal(got, want) {
			t.Errorf("got %q, want %q", got, want)
		}
	})
}

// A poll's answer that comes late makes the worker claim a run that has ended, which a
// real server allows: it gets its final state back and is not run again.
func TestALatePollRunsNothingTwice(t *testing.T) {
	all.EachServer(t, func(t *testing.T, server *peers.Server) {
		w := newWorld(t, server)
		id := w.seed(plan{Groups: []group{{Name: "a", Count: 1}}})["a"][0]
		poll := "/work_pools/" + w.pool + "/get_scheduled_flow_runs"
		response, err := http.Post(server.URL+poll, "application/json", strings.NewReader("{}"))
		w.must(err)
		defer response.Body.Close()
		late, err := io.ReadAll(response.Body)
		w.must(err)
		for _, state := range []prefect.StateType{prefect.Running, prefect.Completed} {
			_, err := w.api.SetFlowRunState(t.Context(), id, prefect.StateProposal{Type: state})
			w.must(err)
		}
		polls := make(chan struct{}, 100)
		w.busy.Inject(func(call wiretap.Call) *wiretap.Fault {
			if !strings.HasSuffix(call.Operation, poll) {
				return nil
			}
			polls <- struct{}{}
			if len(polls) > 1 {
				return nil
			}
			return &wiretap.Fault{Status: http.StatusOK, ContentType: "application/json", Body: string(late)}
		})
		w.startOurs()
		w.await(time.Minute, "some polls", func() bool { return len(polls) > 3 })
		run, err := w.api.ReadFlowRun(t.Context(), id)
		w.must(err)
		if run.StateType != prefect.Completed || w.calls("ecs:RunTask") != 0 {
			t.Errorf("the run is %s after %d launches: %q", run.StateName, w.calls("ecs:RunTask"), w.history(id))
		}
		t.Logf("states: %q", w.history(id))
	})
}
