package worker

import (
	"context"
	"errors"
	"log/slog"

	"ecsctl/prefect"
	"ecsctl/worker/runlog"
)

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

// cancelled sets a run to Cancelled, past the server's rules as the official worker does.
func (r *report) cancelled(ctx context.Context, log *slog.Logger, run runlog.Run, message string) error {
	result, err := r.set(ctx, log, run, prefect.StateProposal{Type: prefect.Cancelled, Message: message, Force: true}, nil)
	if err == nil && result != nil {
		log.InfoContext(ctx, "the flow run is Cancelled: "+message)
	}
	return err
}

// still reports whether what was decided in front of a wait still holds; nil is always.
type still func(context.Context) (bool, error)

// set proposes a state until Prefect answers; the result is nil when the run is gone, or
// not to be given the state any more.
func (r *report) set(ctx context.Context, log *slog.Logger, run runlog.Run, proposal prefect.StateProposal, s still) (*prefect.OrchestrationResult, error) {
	proposal.TransitionID = r.mark.newTransition()
	var result *prefect.OrchestrationResult
	waited, holds := false, true
	err := insist(ctx, log, "setting the flow run to "+string(proposal.Type), func(ctx context.Context) (err error) {
		if waited && s != nil {
			if holds, err = s(ctx); err != nil || !holds {
				return err
			}
		}
		waited = true
		result, err = r.api.SetFlowRunState(ctx, run.ID, proposal)
		return err
	})
	if err == nil && !holds {
		log.InfoContext(ctx, "the flow run goes on elsewhere: it is not set to "+string(proposal.Type))
		return nil, nil
	}
	if errors.Is(err, prefect.ErrNotFound) {
		log.InfoContext(ctx, "the flow run was deleted: its state is not reported")
		return nil, nil
	}
	return result, err
}

// infrastructure records which task a run has; prefect.ErrNotFound means that it was deleted.
func (r *report) infrastructure(ctx context.Context, log *slog.Logger, run runlog.Run, pid string) error {
	err := insist(ctx, log, "recording the task of the flow run", func(ctx context.Context) error {
		return r.api.UpdateFlowRun(ctx, run.ID, prefect.FlowRunUpdate{InfrastructurePID: &pid})
	})
	return err
}
