package diagnose

import (
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
)

// These are recognised by codes as well as by words.
var (
	spot = Finding{"Fargate Spot, or EC2 Spot, took the task's capacity back",
		"run the flow again (ecsctl worker start --infrastructure-retries does it by itself), or use FARGATE instead " +
			"of FARGATE_SPOT",
		[]string{"capacity_provider_strategy"}}
	host = Finding{"the instance that the task ran on was stopped or terminated",
		"run the flow again; Spot instances and scaling in do this: let tasks drain first, or protect the instances",
		[]string{"capacity_provider_strategy"}}
	memory = Finding{"the container ran out of memory",
		"give it more, or let the flow use less",
		[]string{"memory"}}
	platform = Finding{"the image is built for another CPU architecture than the task's",
		"build it for the task's (docker build --platform linux/amd64, or linux/arm64), or set " +
			"runtimePlatform.cpuArchitecture in the task definition",
		[]string{"image", "task_definition"}}
	byUser = Finding{"the task was stopped from outside (StopTask)",
		"somebody, or another program, did it: event StopTask in CloudTrail tells who", nil}
	tooSlow = Finding{"the container was killed: it had not ended within its stopTimeout after it was told to stop",
		"let it end on SIGTERM, or raise stopTimeout (30 s if unset, 120 s at most on Fargate)",
		[]string{"task_definition"}}
)

// Task diagnoses a task that has stopped, with its definition (nil: not known) and the last lines
// that its failed container wrote, if they are known: they count where ECS itself knows an exit
// code alone. It is false when nothing says more than the words of ECS do by themselves.
func Task(t types.Task, d *types.TaskDefinition, lines []string) (Finding, bool) {
	found, ok := task(t, d, lines)
	if !ok {
		return found, false
	}
	if size := aws.ToString(t.Memory); size != "" && slices.Equal(found.Variables, memory.Variables) {
		found.Cause += " (the task has " + size + " MiB)"
	}
	return found, true
}

func task(t types.Task, d *types.TaskDefinition, lines []string) (Finding, bool) {
	// A container knows more than the task, which says that a container has exited.
	for _, c := range speaking(t, d) {
		if found, ok := Text(aws.ToString(c.Reason)); ok && c.Reason != nil {
			return found, true
		}
	}
	if found, ok := Text(aws.ToString(t.StoppedReason)); ok && t.StoppedReason != nil {
		return found, true
	}
	switch t.StopCode {
	case types.TaskStopCodeSpotInterruption:
		return spot, true
	case types.TaskStopCodeTerminationNotice:
		return host, true
	}
	worst, code := failedContainer(t, d)
	told := t.StopCode == types.TaskStopCodeUserInitiated || t.StopCode == types.TaskStopCodeServiceSchedulerInitiated
	switch {
	case told && worst && code == 137:
		return Finding{byUser.Cause + ", and " + tooSlow.Cause, byUser.Advice + "; " + tooSlow.Advice,
			tooSlow.Variables}, true
	case told:
		return byUser, true
	case worst:
		if found, ok := Log(lines); ok && code < firstSignal {
			found.Cause += fmt.Sprintf(" (exit code %d)", code)
			return found, true
		}
		return Exit(code)
	case ended(t):
		return Finding{"the container ended well, but the flow run has no final state",
			"see that its command runs the flow (prefect flow-run execute) and that it can reach the Prefect API",
			[]string{"command", "env"}}, true
	}
	return Finding{}, false
}

// failedContainer returns the exit code of the container that ended the task.
func failedContainer(t types.Task, d *types.TaskDefinition) (bool, int32) {
	if c := Culprit(t, d); c != nil {
		return true, *c.ExitCode
	}
	return false, 0
}

func ended(t types.Task) bool {
	for _, c := range t.Containers {
		if c.ExitCode != nil {
			return true
		}
	}
	return false
}

// Words are what ECS says of a stopped task and of each container, in one line; empty
// when it says nothing.
func Words(t types.Task) string {
	reason := strings.TrimSuffix(aws.ToString(t.StoppedReason), ".")
	var parts []string
	if head := strings.Trim(string(t.StopCode)+": "+reason, ": "); head != "" {
		parts = append(parts, head)
	}
	for _, c := range t.Containers {
		if text := containerWords(c, reason); text != "" {
			parts = append(parts, text)
		}
	}
	return strings.Join(parts, "; ")
}

// containerWords leaves out what the task has said already.
func containerWords(c types.Container, said string) string {
	text := ""
	if c.ExitCode != nil {
		text = fmt.Sprintf("exited with code %d", *c.ExitCode)
	}
	if reason := strings.TrimSuffix(aws.ToString(c.Reason), "."); reason != "" && reason != said {
		text = strings.TrimPrefix(text+": "+reason, ": ")
	}
	if text == "" {
		return ""
	}
	return fmt.Sprintf("container %q %s", aws.ToString(c.Name), text)
}
