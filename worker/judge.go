package worker

import (
	"context"
	"strings"
	"time"

	"ecsctl/prefect"
)

// judge tells what the end of a task means for its run; it is nil when the run was deleted.
// Which launch a task belongs to is said by its startedBy, and by no clock. Only of tasks
// that others have started is it guessed.
func (s *settle) judge(ctx context.Context, e ending, run *prefect.FlowRun) (verdict, error) {
	v := judgeEnding(e, run)
	if v == isFine && (run == nil || run.StateType.Terminal()) {
		return v, nil
	}
	claimID := e.claim()
	if claimID == "" {
		return judgeForeign(e, run), nil
	}
	states, err := s.api.FlowRunStates(ctx, run.ID)
	if err != nil {
		return v, err
	}
	if fateOf(states, claimID) != lost {
		if n := len(states); v != isInterrupted && states[n-1].Type.Terminal() {
			return isFine, nil // another worker has settled it since the run was read
		}
		return v, nil
	}
	if now, ok := claimIn(states); ok && now.isMistake() && run.StateType == prefect.Pending {
		return isMistaken, nil
	}
	return isFine, nil
}

// claim is the id of the claim that the task was launched for, if a worker of ours has.
func (e ending) claim() string {
	if e.task == nil || e.task.StartedBy == nil || !isStartedByUs(*e.task.StartedBy) {
		return e.entry.claim
	}
	return (*e.task.StartedBy)[strings.LastIndex(*e.task.StartedBy, "/")+1:]
}

// stillOf tells again whether the run is still that of the task, after a wait.
func (s *settle) stillOf(e ending) still {
	return func(ctx context.Context) (bool, error) {
		claimID := e.claim()
		if claimID == "" {
			return true, nil
		}
		states, err := s.api.FlowRunStates(ctx, e.entry.run.ID)
		return err == nil && fateOf(states, claimID) != lost, err
	}
}

// judgeEnding is for a run whose last launch the task was.
func judgeEnding(e ending, run *prefect.FlowRun) verdict {
	switch {
	case run == nil:
		return isFine
	case run.StateType == prefect.Crashed && run.InfrastructurePID == e.entry.pid && infrastructureStop(e.task):
		return isInterrupted
	case run.StateType.Terminal(), waitsForALaunch(run):
		return isFine
	case run.StateType == prefect.Cancelling:
		return isCancelled
	case e.task != nil && endedWell(*e.task) && (e.entry.stoppedAt.IsZero() || time.Since(e.entry.stoppedAt) < lateState):
		return stillLate
	}
	return hasCrashed
}

// waitsForALaunch: a worker will be given the run, now or when it is resumed. What retries or
// waits within its process ends with it.
func waitsForALaunch(run *prefect.FlowRun) bool {
	switch run.StateType {
	case prefect.Scheduled:
		return run.Policy.RetryType != prefect.RetryInProcess
	case prefect.Paused:
		return run.State == nil || run.State.Details.PauseReschedule
	}
	return false
}

// judgeForeign is for a task that no worker of ours has started.
func judgeForeign(e ending, run *prefect.FlowRun) verdict {
	v := judgeEnding(e, run)
	if v != isFine && (hasOtherTask(run, e.entry.at.task) || claimedSince(run, e)) {
		return isFine // launched anew meanwhile
	}
	return v
}

// hasOtherTask: tasks are told apart by their ARN, since the cluster before it may be
// written as a name.
func hasOtherTask(run *prefect.FlowRun, task string) bool {
	_, now, ok := parsePID(run.InfrastructurePID)
	return ok && now != task
}

// claimedSince: a run that became Pending after the task had stopped is about to get its
// next task. Word of the old one may come late, and more than once. But a launch that was
// answered with a task that had stopped already will get no other.
func claimedSince(run *prefect.FlowRun, e ending) bool {
	task := e.task
	return task != nil && task.StoppedAt != nil && !e.entry.since.After(*task.StoppedAt) &&
		run.StateType == prefect.Pending && run.State != nil && run.State.Timestamp.After(*task.StoppedAt)
}
