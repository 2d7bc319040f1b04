//go:build e2e

package worker

import (
	"context"
	"encoding/json"
	"log/slog"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"

	"ecsctl/e2e/peers"
	"ecsctl/prefect"
	"ecsctl/prefect/channel"
)

// impatient is a server that lets no run be Cancelling for more than 4 s, and whose
// cleanup messages come again after 6 s.
func impatient(t *testing.T, env ...string) *peers.Server {
	t.Helper()
	server, err := peers.StartPrefect(t.Context(), peers.Prefect3, t.TempDir(), append([]string{
		"PREFECT_SERVER_SERVICES_CANCELLATION_CLEANUP_CANCELLING_TIMEOUT_SECONDS=4",
		"PREFECT_SERVER_WORKER_CHANNEL_CLEANUP_LEASE_SECONDS=6",
		"PREFECT_LOGGING_SERVER_LEVEL=DEBUG",
	}, env...)...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(server.Kill)
	return server
}

// lastHeartbeat of the world's worker; zero before the first.
func (w *world) lastHeartbeat() time.Time {
	w.t.Helper()
	workers, err := w.api.Workers(w.t.Context(), w.pool)
	w.must(err)
	for _, known := range workers {
		if known.Name == "the-worker" {
			return known.LastHeartbeatTime
		}
	}
	return time.Time{}
}

func (w *world) restHeartbeats() int {
	n := 0
	for _, call := range w.busy.Calls() {
		if strings.HasSuffix(call.Operation, "/workers/heartbeat") {
			n++
		}
	}
	return n
}

// acknowledged counts the cleanup messages that the server has an ack for.
func acknowledged(t *testing.T, server *peers.Server) int {
	t.Helper()
	log, err := os.ReadFile(server.Log)
	if err != nil {
		t.Fatal(err)
	}
	return strings.Count(string(log), "operation=ack status=accepted")
}

// Both workers come online by the channel of a real server: heartbeats are kept, and none
// goes over REST once it is open. A change of the pool reaches ours at once.
func TestTheChannelOfARealServer(t *testing.T) {
	for _, c := range contestants {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld(t, all.Prefect3)
			w.env = append(w.env, "PREFECT_WORKER_HEARTBEAT_SECONDS=2")
			w.seed(plan{Groups: []group{{Name: "a", Count: 1, Delay: 3600}}})
			c.start(w)
			w.awaitBeats(4)
			if n := w.restHeartbeats(); n > 1 {
				t.Errorf("%d heartbeats went over REST", n)
			}
			t.Logf("%s: %d heartbeats over REST before the channel was open", c.name, w.restHeartbeats())
		})
	}
}

// A template that is changed while the channel is open is used by the next launch, and
// nobody has read the pool over REST.
func TestAChangedPoolComesByTheChannel(t *testing.T) {
	w := newWorld(t, all.Prefect3)
	w.env = append(w.env, "PREFECT_WORKER_HEARTBEAT_SECONDS=300") // no beat in the test's time
	w.seed(plan{Paused: true, Groups: []group{{Name: "a", Count: 1}}})
	w.startOurs()
	w.await(time.Minute, "the worker to be online", func() bool { return !w.lastHeartbeat().IsZero() })
	pool, err := w.api.ReadWorkPool(t.Context(), w.pool)
	w.must(err)
	changed := strings.ReplaceAll(string(pool.BaseJobTemplate), `"{{ memory }}"`, "1024")
	w.must(w.api.UpdateWorkPool(t.Context(), w.pool, prefect.WorkPoolUpdate{BaseJobTemplate: json.RawMessage(changed)}))
	select { // a server sends a change within a moment
	case <-time.After(2 * time.Second):
	case <-t.Context().Done():
	}
	paused := false
	w.must(w.api.UpdateWorkPool(t.Context(), w.pool, prefect.WorkPoolUpdate{IsPaused: &paused}))
	w.await(time.Minute, "a launch", func() bool { return w.launched() == 1 })
	list, err := w.ecs.ListTasks(t.Context(), &ecs.ListTasksInput{})
	w.must(err)
	tasks, err := w.ecs.DescribeTasks(t.Context(), &ecs.DescribeTasksInput{Tasks: list.TaskArns})
	w.must(err)
	definition, err := w.ecs.DescribeTaskDefinition(t.Context(),
		&ecs.DescribeTaskDefinitionInput{TaskDefinition: tasks.Tasks[0].TaskDefinitionArn})
	w.must(err)
	if got := aws.ToString(definition.TaskDefinition.Memory); got != "1024" {
		t.Errorf("the task has %s MB of memory, want those of the changed template", got)
	}
}

// A run that is Cancelling for too long: the server makes it Cancelled and sends a cleanup
// message. Both workers stop the task, once, and acknowledge.
func TestACleanupMessageOfARealServer(t *testing.T) {
	server := impatient(t)
	for _, c := range contestants {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld(t, server)
			w.env = append(w.env, "PREFECT_WORKER_ENABLE_CANCELLATION=false")
			id := w.seed(plan{Groups: []group{{Name: "a", Count: 1}}})["a"][0]
			before := acknowledged(t, server)
			c.start(w)
			w.await(2*time.Minute, "a task", func() bool {
				run, err := w.api.ReadFlowRun(t.Context(), id)
				w.must(err)
				return run.InfrastructurePID != ""
			})
			for _, state := range []prefect.StateType{prefect.Running, prefect.Cancelling} {
				_, err := w.api.SetFlowRunState(t.Context(), id, prefect.StateProposal{Type: state})
				w.must(err)
			}
			w.await(time.Minute, "StopTask", func() bool { return w.calls("ecs:StopTask") > 0 })
			w.await(time.Minute, "the acknowledgement", func() bool { return acknowledged(t, server) == before+1 })
			run, err := w.api.ReadFlowRun(t.Context(), id)
			w.must(err)
			if run.StateType != prefect.Cancelled || w.calls("ecs:StopTask") != 1 {
				t.Errorf("the run is %s after %d calls of StopTask", run.StateName, w.calls("ecs:StopTask"))
			}
			t.Logf("%s: states %q, StopTask called %d times", c.name, w.history(id), w.calls("ecs:StopTask"))
		})
	}
}

// A real server that wants an auth string gets it in the first message, and closes the
// channel for good when it is wrong.
func TestTheChannelAuthenticates(t *testing.T) {
	server := impatient(t, "PREFECT_SERVER_API_AUTH_STRING=me:secret")
	right, err := prefect.New(prefect.Options{APIURL: server.URL, AuthString: "me:secret"})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := right.CreateWorkPool(t.Context(), prefect.WorkPoolCreate{Name: "locked", Type: "ecs"}); err != nil {
		t.Fatal(err)
	}
	wrong, err := prefect.New(prefect.Options{APIURL: server.URL, AuthString: "me:other"})
	if err != nil {
		t.Fatal(err)
	}
	for _, tc := range []struct {
		api  *prefect.Client
		want string
	}{{right, "the worker channel is open"}, {wrong, "authentication_failed"}} {
		var log strings.Builder
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
		channel.New(channel.Options{
			API: tc.api, Pool: "locked", Worker: "w", WorkerType: "ecs", Heartbeat: time.Second,
			OnPool: func(*prefect.WorkPool, string) {},
			Logger: slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug})),
		}).Run(ctx)
		cancel()
		if got := log.String(); strings.Count(got, "level=") != 1 || !strings.Contains(got, tc.want) {
			t.Errorf("want one line with %q, got:\n%s", tc.want, got)
		}
	}
}
