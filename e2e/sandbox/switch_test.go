//go:build e2e

package sandbox

import (
	"context"
	"fmt"
	"path/filepath"
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

// switchAfter is how many runs are executed between one switch and the next: the official
// worker takes all of ten seconds at a time.
const switchAfter = 15

const switchedPool = "switched"

// countedRun is what a flow run's container executes: it adds a line with the run's id
// to a file, and tells Prefect of two states. It takes a fraction of what an engine takes.
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
    body = json.dumps({"state": state}).encode()
    url = os.environ["PREFECT_API_URL"] + "/flow_runs/" + run + "/set_state"
    request = urllib.request.Request(url, body, {"Content-Type": "application/json"})
    answer = json.load(urllib.request.urlopen(request, timeout=30))
    if answer["status"] != "ACCEPT":
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
		w.run(ecsctl, shared.binary, "bootstrap", "--pool", switchedPool, "--runtime", runtime, "--yes",
			"--wait-timeout", "10m")
	}
	bootstrap("ecsctl")
	s := w.schedule(switchedPool)
	w.t.Cleanup(s.explain)
	for _, runtime := range []string{"prefect", "ecsctl"} {
		s.waitForMore(switchAfter)
		bootstrap(runtime)
	}
	s.waitForMore(switchAfter)
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
			s.w.t.Errorf("run %s was executed %d times", id, times[id])
		}
	}
	runs, err := s.runs(s.w.t.Context())
	s.w.must(err)
	for _, run := range runs {
		if run.StateType != prefect.Completed {
			s.w.t.Errorf("run %s is %s: %s", run.ID, run.StateName, run.State.Message)
		}
	}
}

// checkTasks: each run had one task, and both runtimes had their part in launching them.
func (s *schedule) checkTasks() {
	s.w.t.Helper()
	client, tasks, launched := ecs.NewFromConfig(s.w.config()), map[string]int{}, map[string]int{}
	pages := ecs.NewListTasksPaginator(client, &ecs.ListTasksInput{DesiredStatus: types.DesiredStatusStopped})
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
			for _, tag := range task.Tags {
				if aws.ToString(tag.Key) != "prefect.io/flow-run-id" {
					continue
				}
				tasks[aws.ToString(tag.Value)]++
				launched[launcher(task)]++
			}
		}
	}
	for _, id := range s.ids {
		if tasks[id] != 1 {
			s.w.t.Errorf("run %s had %d tasks", id, tasks[id])
		}
	}
	if launched["ecsctl"] < switchAfter || launched["prefect"] < switchAfter {
		s.w.t.Errorf("launched by runtime: %v", launched)
	}
	s.w.t.Logf("%d runs, launched by runtime: %v", len(s.ids), launched)
}

// launcher tells the runtimes apart: ours says who started a task, the official one not.
func launcher(task types.Task) string {
	if aws.ToString(task.StartedBy) == "" {
		return "prefect"
	}
	return "ecsctl"
}

// explain shows the states of what is unfinished and what the workers said, when the test has failed.
func (s *schedule) explain() {
	if !s.w.t.Failed() {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	s.tellUnfinished(ctx)
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
		var text strings.Builder
		for _, event := range out.Events {
			fmt.Fprintln(&text, *event.Message)
		}
		s.w.t.Logf("%s:\n%s", *stream.LogStreamName, &text)
	}
}
