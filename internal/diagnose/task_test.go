package diagnose

import (
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
)

func stopped(code types.TaskStopCode, reason string, containers ...types.Container) types.Task {
	t := types.Task{StopCode: code, Memory: aws.String("2048"), Containers: containers}
	if reason != "" {
		t.StoppedReason = &reason
	}
	return t
}

func exited(code int32, reason string) types.Container {
	c := types.Container{Name: aws.String("prefect"), ExitCode: &code}
	if reason != "" {
		c.Reason = &reason
	}
	return c
}

const inTask = "Essential container in task exited"

func TestTask(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		task          types.Task
		cause, advice string
	}{
		"memory": {stopped(types.TaskStopCodeEssentialContainerExited, inTask,
			exited(137, "OutOfMemoryError: Container killed due to memory usage")),
			"ran out of memory (the task has 2048 MiB)", "give it more"},
		// amazon-ecs-agent#2467
		"memory, exit code 0": {stopped(types.TaskStopCodeEssentialContainerExited, inTask,
			exited(0, "OutOfMemoryError: Container killed due to memory usage")), "ran out of memory", "give it more"},
		"killed": {stopped(types.TaskStopCodeEssentialContainerExited, inTask, exited(137, "")),
			"exit code 137", "more memory"},
		"program": {stopped(types.TaskStopCodeEssentialContainerExited, inTask, exited(1, "")),
			"failed (exit code 1)", "last lines"},
		"sidecar": {stopped(types.TaskStopCodeEssentialContainerExited, inTask, exited(0, ""),
			exited(7, "")), "exit code 7", "last lines"},
		"not executable": {stopped(types.TaskStopCodeEssentialContainerExited, inTask, exited(126, "")),
			"exit code 126", "executable"},
		"not found": {stopped(types.TaskStopCodeEssentialContainerExited, inTask, exited(127, "")),
			"exit code 127", "installed"},
		// amazon-ecs-agent#625
		"segfault": {stopped(types.TaskStopCodeEssentialContainerExited, inTask, exited(139, "")),
			"segmentation fault", "library"},
		"SIGTERM": {stopped(types.TaskStopCodeEssentialContainerExited, inTask, exited(143, "")), "SIGTERM",
			"CloudTrail"},
		"another signal": {stopped(types.TaskStopCodeEssentialContainerExited, inTask, exited(136, "")), "signal 8",
			"last lines"},
		"silent": {stopped(types.TaskStopCodeEssentialContainerExited, inTask, exited(0, "")),
			"no final state", "prefect flow-run execute"},
		"spot": {stopped(types.TaskStopCodeSpotInterruption, "Your Spot Task was interrupted.",
			exited(137, "")), "Spot", "--infrastructure-retries"},
		"spot, code alone": {stopped(types.TaskStopCodeSpotInterruption, "", exited(137, "")), "Spot",
			"--infrastructure-retries"},
		"termination notice": {stopped(types.TaskStopCodeTerminationNotice, "", exited(143, "")),
			"instance that the task ran on", "run the flow again"},
		"stopped by a user": {stopped(types.TaskStopCodeUserInitiated, "Task stopped by user", exited(143, "")),
			"from outside", "CloudTrail"},
		"stopTimeout": {stopped(types.TaskStopCodeUserInitiated, "Task stopped by user", exited(137, "")),
			"within its stopTimeout", "raise stopTimeout"},
		"container's reason": {stopped(types.TaskStopCodeTaskFailedToStart, "Task failed to start", types.Container{
			Name: aws.String("prefect"), Reason: aws.String("CannotPullContainerError: pull access denied"),
		}), "or it is private", "repositoryCredentials"},
		"capacity provider": {stopped(types.TaskStopCodeTaskFailedToStart, "TaskFailedToStart: RESOURCE:GPU"),
			"room for the task", "GPU"},
	} {
		got, ok := Task(tc.task, nil, nil)
		if !ok || !strings.Contains(got.Cause, tc.cause) || !strings.Contains(got.Advice, tc.advice) {
			t.Errorf("%s: got %q", name, got)
		}
	}
	if got, ok := Task(stopped(types.TaskStopCodeTaskFailedToStart, "something new"), nil, nil); ok {
		t.Errorf("what nobody knows is taken for %q", got)
	}
}

func TestWords(t *testing.T) {
	t.Parallel()
	for want, task := range map[string]types.Task{
		`EssentialContainerExited: Essential container in task exited; container "prefect" exited with code 137: OutOfMemoryError: Container killed due to memory usage`: stopped(types.TaskStopCodeEssentialContainerExited, inTask, exited(137, "OutOfMemoryError: Container killed due to memory usage")),
		`TaskFailedToStart: CannotPullContainerError: not found`: stopped(types.TaskStopCodeTaskFailedToStart,
			"CannotPullContainerError: not found.",
			types.Container{Name: aws.String("prefect"), Reason: aws.String("CannotPullContainerError: not found")},
			types.Container{Name: aws.String("sidecar")}),
		`SpotInterruption`:     stopped(types.TaskStopCodeSpotInterruption, ""),
		`a reason and no code`: stopped("", "a reason and no code"),
		``:                     {},
	} {
		if got := Words(task); got != want {
			t.Errorf("got  %s\nwant %s", got, want)
		}
	}
}

// What containers wrote, from public threads.
func TestLog(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		lines         []string
		source, cause string
	}{
		"architecture": {[]string{"exec /usr/local/bin/streamlit: exec format error"},
			"github.com/aws-samples/amazon-bedrock-serverless-prompt-chaining/issues/213", "another CPU architecture"},
		"older runtime": {[]string{"standard_init_linux.go:228: exec user process caused: exec format error", ""},
			"github.com/runatlantis/atlantis/issues/2001", "another CPU architecture"},
		"key": {[]string{"Traceback (most recent call last):", "prefect.exceptions.PrefectHTTPStatusError: Client " +
			"error '401 Unauthorized' for url 'https://api.prefect.cloud/api/accounts/x/workspaces/y/flow_runs/z'"},
			"prefect.exceptions.PrefectHTTPStatusError of prefect 3.8.8 (PrefectHQ/prefect#11040 shows it with 403)",
			"API key"},
		"module": {[]string{"ModuleNotFoundError: No module named 'prefect_aws'"},
			"Python's own words", "package is missing"},
		"the program's own": {[]string{"ValueError: 42"}, "", ""},
		"nothing":           {nil, "", ""},
	} {
		got, ok := Log(tc.lines)
		if ok != (tc.cause != "") || !strings.Contains(got.Cause, tc.cause) {
			t.Errorf("%s: got %q, want %q", name, got, tc.cause)
		}
	}
}

func TestAFindingIsOneLine(t *testing.T) {
	t.Parallel()
	for _, r := range append(awsRules[:len(awsRules):len(awsRules)], logRules...) {
		text := r.String()
		if r.Cause == "" || r.Advice == "" || strings.Contains(text, "\n") || strings.HasSuffix(text, ".") {
			t.Errorf("got %q", text)
		}
	}
}

// The log counts where ECS knows an exit code alone.
func TestTaskWithItsLog(t *testing.T) {
	t.Parallel()
	lines := []string{"exec /usr/local/bin/prefect: exec format error"}
	if got, ok := Task(stopped(types.TaskStopCodeEssentialContainerExited, inTask, exited(1, "")), nil, lines); !ok ||
		!strings.Contains(got.Cause, "another CPU architecture than the task's (exit code 1)") {
		t.Errorf("got %q", got)
	}
	if got, ok := Task(stopped(types.TaskStopCodeEssentialContainerExited, inTask,
		exited(137, "OutOfMemoryError: Container killed due to memory usage")), nil, lines); !ok ||
		!strings.Contains(got.Cause, "out of memory") {
		t.Errorf("got %q", got)
	}
}
