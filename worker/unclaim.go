package worker

import (
	"context"
	"errors"
	"log/slog"

	"ecsctl/prefect"
	"ecsctl/worker/runlog"
)

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
		_, err = c.api.SetFlowRunState(ctx, run.ID, prefect.StateProposal{
			Type: before.Type, Name: before.Name, Message: before.Message, Data: before.Data,
			Force: true, TransitionID: c.mark.newTransition(),
		})
		if errors.Is(err, prefect.ErrNotFound) {
			return nil
		}
		undone = err == nil
		return err
	})
	return undone, err
}
