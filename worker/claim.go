package worker

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"ecsctl/prefect"
	"ecsctl/worker/runlog"
)

// decision is how a claim came out.
type decision int

const (
	ours   decision = iota + 1 // the run is Pending, and this worker's
	notNow                     // propose again after the delay
	passed                     // the run is another's, waits for a slot, or is over
)

// claim is the stage that proposes Pending: of several workers one gets the run.
type claim struct {
	api     *prefect.Client
	metrics *metrics
	mark    mark // of this worker, so that the others see whose a claim is
}

// claimed is how a claim came out.
type claimed struct {
	decision
	delay time.Duration // with notNow
	id    string        // of the Pending state, with ours
}

// propose asks for the run. It does not give up while Prefect is away: whether the
// first try was heard is not known, and a claim that was heard must be seen through.
// The transition id makes the server take all tries for one.
func (c *claim) propose(ctx context.Context, log *slog.Logger, run runlog.Run) (claimed, error) {
	proposal := prefect.StateProposal{Type: prefect.Pending, TransitionID: c.mark.newTransition()}
	var result *prefect.OrchestrationResult
	err := insist(ctx, log, "claiming the flow run", func(ctx context.Context) (err error) {
		result, err = c.api.SetFlowRunState(ctx, run.ID, proposal)
		return err
	})
	if errors.Is(err, prefect.ErrNotFound) {
		log.InfoContext(ctx, "the flow run was deleted before it was launched")
		return claimed{decision: passed}, nil
	}
	if err != nil {
		return claimed{decision: passed}, err
	}
	c.metrics.claimed(string(result.Status))
	out := judge(ctx, log, result)
	// Only a scheduled state leaves its time to the Pending state that follows it.
	if out.decision == ours && result.State.Details.ScheduledTime == nil { // and this worker's mark
		_, err := c.undo(ctx, log, run)
		return claimed{decision: passed}, err
	}
	return out, nil
}

func judge(ctx context.Context, log *slog.Logger, result *prefect.OrchestrationResult) claimed {
	switch {
	case result.Status == prefect.Wait:
		log.DebugContext(ctx, "Prefect asks the worker to wait before it launches the flow run", "reason",
			result.Reason, "delay", result.Delay)
		return claimed{decision: notNow, delay: result.Delay}
	case result.Status == prefect.Abort:
		log.InfoContext(ctx, "the flow run is left alone: "+result.Reason)
		return claimed{decision: passed}
	case result.State == nil || result.State.Type != prefect.Pending:
		log.InfoContext(ctx, "the flow run is left alone: Prefect put it into another state", "state",
			stateName(result.State), "reason", result.Reason)
		return claimed{decision: passed}
	}
	return claimed{decision: ours, id: result.State.ID}
}

func stateName(state *prefect.State) string {
	if state == nil {
		return "unknown"
	}
	return state.Name
}

// submitting is the name of the state that a claimed run goes on to.
const submitting = "Submitting"

// advance proposes Submitting, which Prefect 3 has, and returns errOvertaken when the run is
// no longer to be launched: it may have been cancelled since it was claimed. Otherwise it
// returns the id of the state that the run has.
func (c *claim) advance(ctx context.Context, log *slog.Logger, s *standing) (state string, err error) {
	proposal := prefect.StateProposal{Type: prefect.Pending, Name: submitting, TransitionID: c.mark.newTransition()}
	var result *prefect.OrchestrationResult
	run := s.cand.ref()
	err = insist(ctx, log, "setting the flow run to Submitting", func(ctx context.Context) (err error) {
		if err := s.check(ctx); err != nil {
			return err
		}
		began := time.Now()
		result, err = c.api.SetFlowRunState(prefect.Guarded(ctx, s.check), run.ID, proposal)
		s.known = began
		if err != nil {
			s.doubt()
		}
		return err
	})
	switch {
	case errors.Is(err, prefect.ErrNotFound):
		return "", errOvertaken
	case err != nil:
		return "", err
	case result.Status != prefect.Accept:
		return s.cand.state, c.isPending(ctx, log, run)
	case result.State.Details.ScheduledTime == nil: // see propose: the run had ended
		if undone, err := c.undo(ctx, log, run); undone || err != nil {
			return "", errors.Join(errOvertaken, err)
		}
	}
	return result.State.ID, nil
}

// isPending returns errOvertaken when the run has another state by now.
func (c *claim) isPending(ctx context.Context, log *slog.Logger, run runlog.Run) error {
	var now *prefect.FlowRun
	err := insist(ctx, log, "reading the flow run", func(ctx context.Context) (err error) {
		now, err = c.api.ReadFlowRun(ctx, run.ID)
		return err
	})
	switch {
	case errors.Is(err, prefect.ErrNotFound):
		return errOvertaken
	case err != nil:
		return err
	case now.StateType != prefect.Pending:
		log.InfoContext(ctx, "the flow run is not launched: its state changed", "state", now.StateName)
		return errOvertaken
	}
	return nil
}

// A server lets a run that has ended become Pending: it may be run again. So a poll's
// answer that is a little old can lead to a claim of a run that another worker has
// launched meanwhile, and that has ended by now. Such a claim is a mistake.

// isMistake: the run was not waiting to be launched when a worker of ours claimed it. What others
// make Pending after a final state is their affair: a run that is submitted again, for one.
func (c launchClaim) isMistake() bool { return c.marked && c.before != nil && c.before.Type.Terminal() }

// isClaim: the run was waiting to be launched. A run that was made Pending otherwise is not ready
// yet: that of an @ecs flow gets its bundle, and is Scheduled then.
func (c launchClaim) isClaim() bool { return c.before != nil && c.before.Type == prefect.Scheduled }

// undo gives a run that was claimed by mistake its final state back, and reports whether
// it was.
func (c *claim) undo(ctx context.Context, log *slog.Logger, run runlog.Run) (undone bool, err error) {
	err = insist(ctx, log, "undoing the claim of a flow run that had ended", func(ctx context.Context) error {
		states, err := c.api.FlowRunStates(ctx, run.ID)
		if err != nil {
			return err
		}
		last, ok := claimIn(states)
		if !ok || !last.isMistake() || states[len(states)-1].Type != prefect.Pending {
			return nil
		}
		before := last.before
		log.WarnContext(ctx, "the flow run had ended when it was claimed: it stays "+before.Name)
		_, err = c.api.SetFlowRunState(prefect.Guarded(ctx, c.isStill(run.ID, last.id)), run.ID, prefect.StateProposal{
			Type: before.Type, Name: before.Name, Message: before.Message, Data: before.Data,
			Force: true, TransitionID: c.mark.newTransition(),
		})
		if errors.Is(err, prefect.ErrNotFound) || errors.Is(err, errNoMore) {
			return nil
		}
		undone = err == nil
		return err
	})
	return undone, err
}

// isStill is an error when the run has been claimed anew, or scheduled.
func (c *claim) isStill(runID, claimID string) func(context.Context) error {
	return func(ctx context.Context) error {
		states, err := c.api.FlowRunStates(ctx, runID)
		if err == nil && fateOf(states, claimID) != waits {
			return errNoMore
		}
		return err
	}
}
