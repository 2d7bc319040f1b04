package worker

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"

	"ecsctl/prefect"
	"ecsctl/worker/runlog"
)

const (
	settleBatch  = 100 // runs asked for at once
	settleAtOnce = 8
	// lateState is how long a run whose containers ended well may take to get its final
	// state: the state may still be on its way when the task has stopped.
	lateState = 5 * time.Second
)

// settle gives runs whose tasks have ended their final state, where they have none.
type settle struct {
	api     *prefect.Client
	table   *table
	lines   *runlog.Lines
	claim   *claim
	report  *report
	retire  *retire
	putOff  *putOff
	last    *lastLines
	late    *lateLines
	metrics *metrics
}

// all settles endings in batches. Those that fail are met again by the next sweep.
func (s *settle) all(ctx context.Context, ended []ending) error {
	var failures []error
	for batch := range slices.Chunk(ended, settleBatch) {
		settled, err := s.batch(ctx, batch)
		failures = append(failures, err)
		for _, out := range settled {
			failures = append(failures, out.err)
		}
	}
	failures = append(failures, s.retire.idle(ctx))
	return errors.Join(failures...)
}

// settlement is what became of an ending. With an error, or a verdict of stillLate, it is
// to be looked at again.
type settlement struct {
	verdict verdict
	err     error
}

// batch settles up to settleBatch endings and returns as many settlements, in their
// order; none with an error, when their runs cannot be read.
func (s *settle) batch(ctx context.Context, ended []ending) ([]settlement, error) {
	ids := make([]string, len(ended))
	for i, e := range ended {
		ids[i] = e.entry.run.ID
	}
	runs, err := s.api.FilterFlowRuns(ctx, prefect.FlowRunFilter{IDs: ids})
	if err != nil {
		return nil, err
	}
	byID := map[string]*prefect.FlowRun{}
	for i := range runs {
		byID[runs[i].ID] = &runs[i]
	}
	out := make([]settlement, len(ended))
	var group errgroup.Group
	group.SetLimit(settleAtOnce)
	for i, e := range ended {
		group.Go(func() error {
			out[i].verdict, out[i].err = s.one(ctx, e, byID[e.entry.run.ID])
			return nil
		})
	}
	return out, group.Wait()
}

// one settles a run; it is nil when the run was deleted.
func (s *settle) one(ctx context.Context, e ending, run *prefect.FlowRun) (verdict, error) {
	log := s.lines.Of(e.entry.run)
	verdict, err := s.judge(ctx, e, run)
	if err != nil {
		return verdict, fmt.Errorf("failed to judge what became of flow run %q: %w", e.entry.run.Name, err)
	}
	switch verdict {
	case stillLate:
		s.table.change(e.entry.run.ID, func(entry *tracked) {
			if entry.stoppedAt.IsZero() {
				entry.stoppedAt = time.Now()
			}
		})
		return verdict, nil
	case isCancelled:
		err = s.report.cancelled(ctx, log, e.entry.run, cancelledMessage(e))
	case isMistaken:
		_, err = s.claim.undo(ctx, log, e.entry.run)
	case hasCrashed, isInterrupted:
		verdict, err = s.crash(ctx, log, e, run, verdict)
	}
	if err != nil {
		return verdict, fmt.Errorf("failed to settle flow run %q: %w", e.entry.run.Name, err)
	}
	s.retire.after(e.entry)
	known := s.table.leaveTask(e.entry.run.ID, e.entry.at.task)
	if known || verdict != isFine { // word of an ending may come again
		s.metrics.ended(string(verdict))
	}
	if known && run != nil {
		if line := costLine(e.task); line != "" {
			log.InfoContext(ctx, line)
		}
	}
	return verdict, nil
}

// crash reports a run as Crashed, unless it is to be launched anew, or has run and is
// Pending by a mistake that its maker did not live to see.
func (s *settle) crash(ctx context.Context, log *slog.Logger, e ending, run *prefect.FlowRun,
	v verdict) (verdict, error) {
	if run.StateType == prefect.Pending && run.StartTime != nil {
		if undone, err := s.claim.undo(ctx, log, e.entry.run); undone || err != nil {
			return isFine, err
		}
	}
	e = s.last.withDefinition(ctx, e)
	over, err := s.putOff.afterStop(ctx, log, e, run, s.stillOf(e))
	switch {
	case err != nil:
		return v, err
	case over:
		return isPutOff, nil
	case v == isInterrupted:
		return isFine, nil
	}
	show := s.lines.InPrefect(e.entry.run)
	if run.StartTime != nil {
		// Prefect has the run's own lines: the state need not wait for those of its container.
		if err := s.report.crashed(ctx, log, e.entry.run, e.reason, s.stillOf(e)); err != nil {
			return v, err
		}
		s.late.show(ctx, e, show)
		return v, nil
	}
	output := s.last.Of(ctx, e)
	if err := s.report.crashed(ctx, log, e.entry.run, output.reason(e), s.stillOf(e)); err != nil {
		return v, err
	}
	output.show(ctx, show)
	return v, nil
}

func cancelledMessage(e ending) string {
	if e.task == nil {
		return "The flow run was cancelled: " + e.reason + "."
	}
	return "The flow run was cancelled and its ECS task has stopped."
}

// verdict is what the end of a task means for its run.
type verdict string

const (
	isFine      verdict = "fine"      // the run has ended, or goes on elsewhere
	isCancelled verdict = "cancelled" // the task was stopped because the run was Cancelling
	hasCrashed  verdict = "crashed"   // nothing else will give the run a final state
	stillLate   verdict = "late"      // the final state may be on its way
	// isInterrupted: AWS ended the task, and the runner in it has said Crashed by itself.
	isInterrupted verdict = "interrupted"
	isPutOff      verdict = "put off" // it is launched anew
	// isMistaken: the run had ended, and was claimed again by a worker that did not live to see it.
	isMistaken verdict = "mistaken"
)
