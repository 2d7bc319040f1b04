package provision

import (
	"context"
	"errors"
	"regexp"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
)

// failuresInARow end the wait for a worker: the next one will do no better.
const failuresInARow = 3

// errEndsAgain ends the wait early: ECS goes on starting tasks, in vain. Its circuit breaker
// counts no task that was healthy once (docs/aws-notes.md).
var errEndsAgain = errors.New("the worker's last 3 tasks ended in the same way")

// endsAgainAndAgain is an error when the newest three tasks of the newest deployment that
// have stopped all had an exit code, or all the same reason. Those that ended before the wait
// began do not count: what they lacked may be there now.
func (b *Bootstrap) endsAgainAndAgain(ctx context.Context) error {
	newest := primaryOf(b.service.found)
	if newest == nil {
		return nil
	}
	stopped, err := b.w.serviceTasks(ctx, types.DesiredStatusStopped)
	if err != nil {
		return err
	}
	if b.endedBefore == nil {
		b.endedBefore = map[string]bool{}
		for _, t := range stopped {
			b.endedBefore[aws.ToString(t.TaskArn)] = true
		}
	}
	stopped = slices.DeleteFunc(stopped, func(t types.Task) bool {
		return aws.ToString(t.StartedBy) != aws.ToString(newest.Id) ||
			aws.ToString(t.LastStatus) != string(types.DesiredStatusStopped) ||
			b.endedBefore[aws.ToString(t.TaskArn)]
	})
	slices.SortFunc(stopped, func(a, b types.Task) int { return stoppedAt(&b).Compare(stoppedAt(&a)) })
	if len(stopped) < failuresInARow {
		return nil
	}
	first := howItFailed(stopped[0])
	for _, task := range stopped[:failuresInARow] {
		if how := howItFailed(task); how == "" || how != first {
			return nil
		}
	}
	// ECS may have given up on the third: that says more.
	if err := b.service.find(ctx); err == nil && b.service.found != nil {
		if err := b.deploymentFailed(b.service.found); err != nil {
			return err
		}
	}
	return errEndsAgain
}

// particulars are what differs in one reason from task to task: ids, addresses, counts.
var particulars = regexp.MustCompile(`[0-9a-f-]*[0-9][0-9a-f-]*`)

// howItFailed is alike for tasks that failed alike, and empty for one that was stopped by
// somebody, scaled in or interrupted.
func howItFailed(task types.Task) string {
	reason := aws.ToString(task.StoppedReason)
	switch task.StopCode {
	case types.TaskStopCodeEssentialContainerExited:
		return "exit code"
	case types.TaskStopCodeTaskFailedToStart:
	case types.TaskStopCodeServiceSchedulerInitiated:
		if !UnhealthyTask(task) {
			return ""
		}
	default:
		return ""
	}
	return string(task.StopCode) + particulars.ReplaceAllString(reason, "0")
}

// UnhealthyTask reports whether ECS ended a task for its health check. Its stop code is that
// of scaling in; only the reason differs.
func UnhealthyTask(task types.Task) bool {
	return healthCheckFailed.MatchString(aws.ToString(task.StoppedReason))
}

var healthCheckFailed = regexp.MustCompile(`(?i)health check`)
