package worker

import (
	"fmt"
	"runtime"
	"slices"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"ecsctl/prefect"
	"ecsctl/worker/runlog"
)

func exited(code int32) *types.Task {
	return &types.Task{Containers: []types.Container{{Name: aws.String("prefect"), ExitCode: &code}}}
}

func TestJudgeEnding(t *testing.T) {
	t.Parallel()
	now := time.Now()
	for name, tc := range map[string]struct {
		run   *prefect.FlowRun
		task  *types.Task
		entry tracked
		want  verdict
	}{
		"deleted":           {nil, exited(1), tracked{}, isFine},
		"completed":         {&prefect.FlowRun{StateType: prefect.Completed}, exited(1), tracked{}, isFine},
		"failed":            {&prefect.FlowRun{StateType: prefect.Failed}, exited(1), tracked{}, isFine},
		"waits for a retry": {&prefect.FlowRun{StateType: prefect.Scheduled}, exited(0), tracked{}, isFine},
		"retries by itself": {&prefect.FlowRun{
			StateType: prefect.Scheduled, Policy: prefect.FlowRunPolicy{RetryType: prefect.RetryInProcess},
		}, exited(1), tracked{}, hasCrashed},
		"suspended": {&prefect.FlowRun{
			StateType: prefect.Paused, State: &prefect.State{Details: prefect.StateDetails{PauseReschedule: true}},
		}, exited(0), tracked{}, isFine},
		"paused": {&prefect.FlowRun{StateType: prefect.Paused, State: &prefect.State{}}, exited(1),
			tracked{}, hasCrashed},
		"cancelling": {&prefect.FlowRun{StateType: prefect.Cancelling, InfrastructurePID: "c::t"},
			exited(143), tracked{at: place{task: "t"}}, isCancelled},
		"running": {&prefect.FlowRun{StateType: prefect.Running, InfrastructurePID: "c::t"}, exited(1),
			tracked{at: place{task: "t"}}, hasCrashed},
		"pending":             {&prefect.FlowRun{StateType: prefect.Pending}, exited(1), tracked{}, hasCrashed},
		"unknown to ECS":      {&prefect.FlowRun{StateType: prefect.Running}, nil, tracked{}, hasCrashed},
		"ended well just now": {&prefect.FlowRun{StateType: prefect.Running}, exited(0), tracked{}, stillLate},
		"ended well a bit ago": {&prefect.FlowRun{StateType: prefect.Running}, exited(0),
			tracked{stoppedAt: now.Add(-time.Second)}, stillLate},
		"ended well long ago": {&prefect.FlowRun{StateType: prefect.Running}, exited(0),
			tracked{stoppedAt: now.Add(-time.Minute)}, hasCrashed},
	} {
		if got := judgeEnding(ending{entry: tc.entry, task: tc.task}, tc.run); got != tc.want {
			t.Errorf("%s: got %s, want %s", name, got, tc.want)
		}
	}
}

func TestExitReason(t *testing.T) {
	t.Parallel()
	for want, task := range map[string]types.Task{
		`the container ran out of memory (the task has 512 MiB): give it more, or let the flow use less (job variable memory). ECS says: EssentialContainerExited: Essential container in task exited; container "prefect" exited with code 137: OutOfMemoryError: Container killed due to memory usage`: {
			StopCode:      types.TaskStopCodeEssentialContainerExited,
			StoppedReason: aws.String("Essential container in task exited"), Memory: aws.String("512"),
			Containers: []types.Container{{Name: aws.String("prefect"), ExitCode: aws.Int32(137),
				Reason: aws.String("OutOfMemoryError: Container killed due to memory usage")}},
		},
		`the ECS task stopped before the flow run had ended. ECS says: TaskFailedToStart: something new`: {
			StopCode: types.TaskStopCodeTaskFailedToStart, StoppedReason: aws.String("something new."),
		},
		`the ECS task stopped before the flow run had ended`: {},
	} {
		if got := exitReason(task); got != want {
			t.Errorf("got  %s\nwant %s", got, want)
		}
	}
}

func TestSlowStartsAreCounted(t *testing.T) {
	t.Parallel()
	table := newTable(0)
	registry := newMetrics(newProcessMetrics(), table, "").registry
	table.adopt(runlog.Run{ID: "x"}, launchedTask{pid: "c::x"})
	for _, step := range []struct {
		change func(*tracked)
		want   float64
	}{
		{func(*tracked) {}, 0},
		{func(e *tracked) { e.startSaid = slowStart }, 1},
		{func(e *tracked) { e.started = true }, 0},
	} {
		table.change("x", step.change)
		families, err := registry.Gather()
		if err != nil {
			t.Fatal(err)
		}
		got := -1.
		for _, family := range families {
			if family.GetName() == "ecsctl_worker_slow_starts" {
				got = family.GetMetric()[0].GetGauge().GetValue()
			}
		}
		if got != step.want {
			t.Errorf("%v slow starts, want %v", got, step.want)
		}
	}
}

func TestTableLimit(t *testing.T) {
	t.Parallel()
	table := newTable(2)
	steps := []struct {
		id   string
		want admission
	}{{"a", admitted}, {"a", alreadyIn}, {"b", admitted}, {"c", full}, {"b", alreadyIn}}
	for _, step := range steps {
		if got := table.admit(runlog.Run{ID: step.id}, time.Time{}); got != step.want {
			t.Errorf("%s: got %d, want %d", step.id, got, step.want)
		}
	}
	table.launched("a", launchedTask{pid: "c::a"})
	if got := table.admit(runlog.Run{ID: "c"}, time.Time{}); got != full {
		t.Errorf("a launched run gave up its place: got %d", got)
	}
	table.leave("a")
	table.adopt(runlog.Run{ID: "x"}, launchedTask{pid: "c::x"})
	if got := table.admit(runlog.Run{ID: "c"}, time.Time{}); got != admitted {
		t.Errorf("an adopted run counts against the limit: got %d", got)
	}
}

// A run that a poll gives anew, which began after its launch, was scheduled anew. Its last
// launch is followed until the task has stopped, and is the run's again when no other comes of it.
func TestTableOfARunThatIsScheduledAnew(t *testing.T) {
	t.Parallel()
	table, run, before := newTable(1), runlog.Run{ID: "a"}, time.Now()
	of := func(task string) launchedTask { return launchedTask{at: place{task: task}} }
	admit := func(found time.Time, want admission) {
		t.Helper()
		if got := table.admit(run, found); got != want {
			t.Fatalf("got %d, want %d", got, want)
		}
	}
	tasks := func(want ...string) {
		t.Helper()
		var got []string
		for _, entry := range table.inPhase(launched) {
			got = append(got, entry.at.task)
		}
		if !slices.Equal(got, want) {
			t.Fatalf("the tasks %q are followed, want %q", got, want)
		}
	}
	admit(before, admitted)
	table.launched("a", of("first"))
	admit(before, alreadyIn) // a late answer
	admit(time.Now().Add(time.Hour), admitted)
	admit(time.Now().Add(time.Hour), alreadyIn) // it is being launched
	tasks("first")
	table.leave("a") // another worker was faster
	tasks("first")
	admit(time.Now().Add(time.Hour), admitted)
	table.launched("a", of("second"))
	tasks("first", "second")
	table.leaveTask("a", "first")
	tasks("second")
	if got, _ := table.find("a"); got.at.task != "second" {
		t.Errorf("the run's task is %q", got.at.task)
	}
	table.leaveTask("a", "second")
	tasks()
}

// What is kept of a run is small: 10,000 of them fit into a small container.
func TestTrackedRunsAreSmall(t *testing.T) {
	const runs = 10_000
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	table := newTable(0)
	for n := range runs {
		id := fmt.Sprintf("7d0d7b5a-8f1c-4b9e-9f0a-%012d", n)
		arn := "arn:aws:ecs:us-east-1:123456789012:task/default/" + id
		table.adopt(runlog.Run{ID: id, Name: "run-" + id}, launchedTask{
			pid: "arn:aws:ecs:us-east-1:123456789012:cluster/default::" + arn, at: place{task: arn, cluster: "default"},
		})
	}
	runtime.GC()
	runtime.ReadMemStats(&after)
	each := (int64(after.HeapAlloc) - int64(before.HeapAlloc)) / runs
	t.Logf("%d bytes for each run", each)
	if each > 2048 {
		t.Errorf("a tracked run takes %d bytes", each)
	}
	runtime.KeepAlive(table)
}

func TestTokensOfALaunch(t *testing.T) {
	t.Parallel()
	const run, claim = "7d0d7b5a-8f1c-4b9e-9f0a-3d1b6f0a2c11", "0b7b320a-c3a8-42f7-8015-39baf5a7902b"
	token := clientToken(run, claim)
	if len(token) > 64 || len(startedBy(run, claim)) > 128 {
		t.Errorf("too long for ECS: %q, %q", token, startedBy(run, claim))
	}
	if again := clientToken(run, claim); again != token {
		t.Errorf("two workers would send %q and %q", token, again)
	}
	for _, other := range []string{fallbackToken(run, claim), clientToken(run, "another"),
		clientToken("another", claim)} {
		if other == token {
			t.Errorf("%q is used twice", token)
		}
	}
}

func TestTheRunnerCancelsFirst(t *testing.T) {
	t.Parallel()
	now := time.Now()
	cancelling := func(started bool, ago time.Duration) *prefect.FlowRun {
		run := &prefect.FlowRun{State: &prefect.State{Type: prefect.Cancelling, Timestamp: now.Add(-ago)}}
		if started {
			run.StartTime = &now
		}
		return run
	}
	for name, tc := range map[string]struct {
		run  *prefect.FlowRun
		want bool
	}{
		"at work":       {cancelling(true, time.Second), true},
		"too slow":      {cancelling(true, time.Minute+time.Second), false},
		"never started": {cancelling(false, time.Second), false},
	} {
		if got := leftToRunner(tc.run, time.Minute, now); got != tc.want {
			t.Errorf("%s: got %t", name, got)
		}
	}
}
