//go:build e2e

package sandbox

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"ecsctl/e2e/peers"
	"ecsctl/prefect"
)

// switchFor is how long flow runs are scheduled, one each second, at least.
const switchFor = time.Minute

// switchAfter is how many runs a runtime launches between one switch and the next, at least: the official
// worker takes all of ten seconds at a time.
const switchAfter = 15

const switchedPool = "switched"

// countedRun is what a flow run's container executes: it adds a line with the run's id
// to a file, and tells Prefect of two states, again where Prefect is busy or does not answer, as an engine does: a
// transition that is told again is made once. It takes a fraction of what an engine takes.
// Its result counts as persisted, since Prefect else takes back that it has Completed: the official
// worker reads the state of a run whose task is PENDING, and, when it is slow, proposes
// InfrastructurePending after the end of the run (prefect_aws.observers.ecs; of flow runs Prefect
// refuses only to leave a Completed with a result, HandleFlowTerminalStateTransitions).
const countedRun = `
import json, os, sys, time, urllib.request

run = os.environ["PREFECT__FLOW_RUN_ID"]
with open(sys.argv[1], "a") as executed:
    executed.write(run + "\n")

def tell(**state):
    state["state_details"] = {"transition_id": os.urandom(16).hex()}
    body = json.dumps({"state": state}).encode()
    url = os.environ["PREFECT_API_URL"] + "/flow_runs/" + run + "/set_state"
    request = urllib.request.Request(url, body, {"Content-Type": "application/json"})
    for pause in (1, 2, 4, 8, 8, 0):
        try:
            answer = json.load(urllib.request.urlopen(request, timeout=60))
            break
        except OSError as failure:
            if not pause or getattr(failure, "code", 503) not in (408, 429, 502, 503):
                raise
            time.sleep(pause)
    if (answer["state"] or {}).get("type") != state["type"]:
        sys.exit("%s: %s" % (state, answer))

tell(type="RUNNING")
time.sleep(2)
tell(type="COMPLETED", data={"type": "result", "storage_key": run})
`

// TestSwitchingRuntimes changes the service's runtime in both directions while flow runs
// are scheduled: none is lost, and none is executed twice. What the official worker has
// claimed and not launched when it is stopped is launched two minutes later: hence the time.
func TestSwitchingRuntimes(t *testing.T) {
	t.Parallel()
	w := newWorldWith(t, peers.Prefect3, func(w *world) []string {
		return []string{"--prefect-api-url", ownServer(t, peers.Prefect3).URL, "--volume", w.home}
	})
	ecsctl := w.environ(filepath.Dir(shared.binary))
	bootstrap := func(runtime string) {
		// The official worker crashes a run when Prefect is still busy at its last retry, and on a loaded machine
		// SQLite can be busy for more than a minute.
		w.run(ecsctl, shared.binary, "bootstrap", "--pool", switchedPool, "--runtime", runtime, "--yes",
			"--wait-timeout", "10m", "--worker-env", "PREFECT_CLIENT_MAX_RETRIES=8")
	}
	bootstrap("ecsctl")
	s := w.schedule(switchedPool)
	w.t.Cleanup(s.explain)
	s.waitForMore("ecsctl", switchAfter)
	for _, runtime := range []string{"prefect", "ecsctl"} {
		bootstrap(runtime)
		s.waitForMore(runtime, switchAfter)
	}
	s.stop()
	w.eventually("all runs have ended", s.allEnded)
	s.check()
	s.checkTasks()
	w.run(ecsctl, shared.binary, "teardown", "--pool", switchedPool, "--running", "wait", "--yes",
		"--wait-timeout", "10m")
}

func (s *schedule) check() {
	s.w.t.Helper()
	times := s.executions()
	if len(s.ids) < int(switchFor.Seconds()) {
		s.w.t.Errorf("only %d runs were scheduled", len(s.ids))
	}
	for _, id := range s.ids {
		if times[id] != 1 {
			s.isWrong(id, "was executed %d times", times[id])
		}
	}
	runs, err := s.runs(s.w.t.Context())
	s.w.must(err)
	for _, run := range runs {
		if run.StateType != prefect.Completed {
			s.isWrong(run.ID, "is %s: %s", run.StateName, run.State.Message)
		}
	}
}

// checkTasks: each run had one task, and both runtimes had their part in launching them.
func (s *schedule) checkTasks() {
	s.w.t.Helper()
	tasks, launched := s.tasks()
	for _, id := range s.ids {
		if tasks[id] != 1 {
			s.isWrong(id, "had %d tasks", tasks[id])
		}
	}
	s.w.t.Logf("%d runs, launched by runtime: %v", len(s.ids), launched)
}

// waitForMore waits until a runtime has launched so many more runs.
func (s *schedule) waitForMore(runtime string, n int) {
	s.w.t.Helper()
	_, launched := s.tasks()
	want := launched[runtime] + n
	s.w.eventually(fmt.Sprintf("%d runs are launched by %s", want, runtime), func() error {
		if _, launched = s.tasks(); launched[runtime] < want {
			return fmt.Errorf("launched by runtime: %v", launched)
		}
		return nil
	})
}

// tasks counts the tasks of each flow run, and those that each runtime has launched.
func (s *schedule) tasks() (ofRun, launched map[string]int) {
	s.w.t.Helper()
	ofRun, launched = map[string]int{}, map[string]int{}
	for _, task := range s.listed() {
		for _, tag := range task.Tags {
			if aws.ToString(tag.Key) == "prefect.io/flow-run-id" {
				ofRun[aws.ToString(tag.Value)]++
				launched[launcher(task)]++
			}
		}
	}
	return ofRun, launched
}

// listed are all tasks. One that stops between the two lists is in the second one alone, or in both.
func (s *schedule) listed() map[string]types.Task {
	s.w.t.Helper()
	client, all := ecs.NewFromConfig(s.w.config()), map[string]types.Task{}
	for _, status := range []types.DesiredStatus{types.DesiredStatusRunning, types.DesiredStatusStopped} {
		pages := ecs.NewListTasksPaginator(client, &ecs.ListTasksInput{DesiredStatus: status})
		for pages.HasMorePages() {
			page, err := pages.NextPage(s.w.t.Context())
			s.w.must(err)
			if len(page.TaskArns) == 0 {
				break
			}
			out, err := client.DescribeTasks(s.w.t.Context(), &ecs.DescribeTasksInput{
				Tasks: page.TaskArns, Include: []types.TaskField{types.TaskFieldTags},
			})
			s.w.must(err)
			for _, task := range out.Tasks {
				all[aws.ToString(task.TaskArn)] = task
			}
		}
	}
	return all
}

// launcher tells the runtimes apart: ours says who started a task, the official one not.
func launcher(task types.Task) string {
	if aws.ToString(task.StartedBy) == "" {
		return "prefect"
	}
	return "ecsctl"
}

// explain shows, when the test has failed, what became of the runs that went wrong and what the workers said of them:
// all that they said would be longer than what CI keeps.
func (s *schedule) explain() {
	if !s.w.t.Failed() {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	about := s.tellWrong(ctx)
	client := cloudwatchlogs.NewFromConfig(s.w.config())
	group := aws.String("/ecs/prefect/" + switchedPool)
	streams, err := client.DescribeLogStreams(ctx, &cloudwatchlogs.DescribeLogStreamsInput{
		LogGroupName: group, LogStreamNamePrefix: aws.String("worker/"),
	})
	if err != nil {
		s.w.t.Logf("failed to read what the workers said: %v", err)
		return
	}
	for _, stream := range streams.LogStreams {
		out, err := client.GetLogEvents(ctx, &cloudwatchlogs.GetLogEventsInput{
			LogGroupName: group, LogStreamName: stream.LogStreamName, StartFromHead: aws.Bool(true),
		})
		if err != nil {
			s.w.t.Logf("failed to read %s: %v", *stream.LogStreamName, err)
			continue
		}
		var said []string
		for _, event := range out.Events {
			if slices.ContainsFunc(about, func(name string) bool { return strings.Contains(*event.Message, name) }) {
				said = append(said, *event.Message)
			}
		}
		s.w.t.Logf("%s, %d lines, those about these runs:\n%s", *stream.LogStreamName, len(out.Events),
			strings.Join(said, "\n"))
	}
}
