package worker

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"time"

	"ecsctl/prefect"
	"ecsctl/worker/runlog"
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
	case e.task != nil && endedWell(*e.task) &&
		(e.entry.stoppedAt.IsZero() || time.Since(e.entry.stoppedAt) < lateState):
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

// report is the stage that gives runs their states.
type report struct {
	api  *prefect.Client
	mark mark // of this worker
}

// errNotOver: the server did not take a final state, and the run has none.
var errNotOver = errors.New("the server keeps the flow run in a state that is not final")

// crashed proposes Crashed with the reason. A run that has ended meanwhile keeps the
// state that it has.
func (r *report) crashed(ctx context.Context, log *slog.Logger, run runlog.Run, reason string, s still) error {
	result, err := r.set(ctx, log, run, prefect.StateProposal{Type: prefect.Crashed, Message: reason}, s)
	switch {
	case err != nil || result == nil:
		return err
	case result.Status == prefect.Accept:
		log.ErrorContext(ctx, "the flow run is Crashed: "+reason)
	case result.Status == prefect.Reject && result.State != nil && !result.State.Type.Terminal():
		return errNotOver // it is being cancelled, for example: another look will tell
	}
	return nil
}

// cancelled sets a run to Cancelled, past the server's rules as the official worker does: so it
// matters that the run is still Cancelling.
func (r *report) cancelled(ctx context.Context, log *slog.Logger, run runlog.Run, message string) error {
	return r.cancelledFrom(ctx, log, run, prefect.Cancelling, message)
}

// cancelledFrom does so with a run that is in another state.
func (r *report) cancelledFrom(ctx context.Context, log *slog.Logger, run runlog.Run, from prefect.StateType,
	message string) error {
	s := func(ctx context.Context) (bool, error) {
		now, err := r.api.ReadFlowRun(ctx, run.ID)
		return err == nil && now.StateType == from, err
	}
	result, err := r.set(ctx, log, run, prefect.StateProposal{
		Type: prefect.Cancelled, Message: message, Force: true,
	}, s)
	if err == nil && result != nil {
		log.InfoContext(ctx, "the flow run is Cancelled: "+message)
	}
	return err
}

// still reports whether what was decided in front of a wait still holds; nil is always.
type still func(context.Context) (bool, error)

// set proposes a state until Prefect answers; the result is nil when the run is gone, or
// not to be given the state any more.
func (r *report) set(ctx context.Context, log *slog.Logger, run runlog.Run, proposal prefect.StateProposal,
	s still) (*prefect.OrchestrationResult, error) {
	proposal.TransitionID = r.mark.newTransition()
	var result *prefect.OrchestrationResult
	err := insistWhile(ctx, log, "setting the flow run to "+string(proposal.Type), s,
		func(ctx context.Context) (err error) {
			result, err = r.api.SetFlowRunState(ctx, run.ID, proposal)
			return err
		})
	if errors.Is(err, errNoMore) {
		log.InfoContext(ctx, "the flow run goes on elsewhere: it is not set to "+string(proposal.Type))
		return nil, nil
	}
	if errors.Is(err, prefect.ErrNotFound) {
		log.InfoContext(ctx, "the flow run was deleted: its state is not reported")
		return nil, nil
	}
	return result, err
}

// infrastructure records which task a run has; prefect.ErrNotFound means that it was deleted, and
// errNoMore that it has another by now.
func (r *report) infrastructure(ctx context.Context, log *slog.Logger, run runlog.Run, pid string, s still) error {
	return insistWhile(ctx, log, "recording the task of the flow run", s, func(ctx context.Context) error {
		return r.api.UpdateFlowRun(ctx, run.ID, prefect.FlowRunUpdate{InfrastructurePID: &pid})
	})
}
