package worker

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/ecs"

	"ecsctl/prefect"
	"ecsctl/worker/awsaccess"
	"ecsctl/worker/runlog"
)

const (
	stopReason = "The Prefect flow run was cancelled"
	// stopAgain is when a task that was told to stop and has not is told again: more than
	// the two minutes that Fargate gives containers at most.
	stopAgain = 3 * time.Minute
)

// cancel is the stage that stops the tasks of Cancelling runs. That the run is
// Cancelled is said when its task was seen stopped, by settle.
type cancel struct {
	opts      Options
	log       *slog.Logger
	lines     *runlog.Lines
	table     *table
	heartbeat *heartbeat
	locate    *locator
	tasks     *findTask
	report    *report
	quiet     *quiet
}

// look finds Cancelling runs of the pool and stops their tasks.
func (c *cancel) look(ctx context.Context) error {
	known := c.heartbeat.current.Load()
	if known == nil || c.opts.NoCancel && !known.isPrefect2() {
		return nil
	}
	if quiet, err := c.quiet.isQuiet(ctx); quiet || err != nil {
		return err
	}
	known = c.heartbeat.current.Load()
	listed := time.Now()
	runs, err := c.opts.Prefect.FilterFlowRuns(ctx, prefect.FlowRunFilter{
		StateTypes: []prefect.StateType{prefect.Cancelling}, WorkPoolNames: []string{c.opts.Pool},
		WorkQueueNames: c.opts.WorkQueues,
	})
	if err != nil {
		return err
	}
	var failures []error
	for i := range runs {
		failures = append(failures, c.ifStill(ctx, known, &runs[i], listed))
	}
	return errors.Join(failures...)
}

// ifStill sees to a run. One whose turn came late may be over by now, or launched anew; one that is not tracked may
// have been until a moment ago, and would be taken up again.
func (c *cancel) ifStill(ctx context.Context, known *snapshot, run *prefect.FlowRun, listed time.Time) error {
	entry, tracked := c.table.find(run.ID)
	if !tracked || time.Since(listed) > freshPoll {
		now, err := c.opts.Prefect.ReadFlowRun(ctx, run.ID)
		if errors.Is(err, prefect.ErrNotFound) {
			return nil
		}
		if err != nil {
			return err
		}
		if run = now; run.StateType != prefect.Cancelling {
			return nil
		}
	}
	if !tracked {
		entry, tracked = c.table.find(run.ID) // it may have been claimed meanwhile
	}
	return c.one(ctx, known, run, entry, tracked)
}

func (c *cancel) one(ctx context.Context, known *snapshot, run *prefect.FlowRun, entry tracked, inHand bool) error {
	ref := runlog.Run{ID: run.ID, Name: run.Name}
	log := c.lines.Of(ref)
	if inHand && entry.phase == claiming {
		return nil // it is seen to when its task is known
	}
	if run.InfrastructurePID == "" && !inHand {
		return c.withoutTask(ctx, log, known, run)
	}
	if !inHand {
		found, err := c.locate.task(ctx, known, run)
		if errors.Is(err, errForeign) || errors.Is(err, prefect.ErrNotFound) {
			return c.report.cancelled(ctx, log, ref, "The flow run was cancelled, but its ECS task cannot be stopped: "+
				err.Error()+".")
		}
		if err != nil {
			return err
		}
		c.table.adopt(ref, found)
		entry, _ = c.table.find(run.ID)
	}
	if leftToRunner(run, c.opts.RunnerGrace, c.opts.Prefect.Now()) {
		return nil
	}
	return c.stop(ctx, log, entry)
}

// leftToRunner reports whether a run that has started is still its runner's to cancel: the runner
// ends the flow and runs its hooks. Whether there is one a command does not tell: it may be below
// a wrapper's or a bundle's.
func leftToRunner(run *prefect.FlowRun, grace time.Duration, now time.Time) bool {
	return run.StartTime != nil && run.State != nil && now.Sub(run.State.Timestamp) < grace
}

// withoutTask cancels a run that Prefect knows no task of. Its worker may be about to
// launch one; later, one may have been launched by a worker that was killed right then.
func (c *cancel) withoutTask(ctx context.Context, log *slog.Logger, known *snapshot, run *prefect.FlowRun) error {
	if run.State != nil && c.opts.Prefect.Since(run.State.Timestamp) < c.opts.ClaimGrace/2 {
		return nil
	}
	ref := runlog.Run{ID: run.ID, Name: run.Name}
	states, err := c.opts.Prefect.FlowRunStates(ctx, run.ID)
	if err != nil {
		return err
	}
	claim, claimed := claimIn(states)
	if !claimed || !claim.marked {
		return c.report.cancelled(ctx, log, ref, "The flow run was cancelled; it had no ECS task.")
	}
	job, clients, err := c.locate.job(ctx, known, run)
	if err != nil && !errors.Is(err, prefect.ErrNotFound) {
		return err
	}
	if err == nil {
		made, found, err := c.tasks.started(ctx, log, clients, job.Cluster, startedBy(run.ID, claim.id))
		if err != nil {
			return err
		}
		if found {
			pid := job.InfrastructurePID(made.cluster, made.arn)
			c.table.adopt(ref, launchedTask{pid: pid, at: place{clients, made.cluster, made.arn}, claim: claim.id})
			entry, _ := c.table.find(run.ID)
			return c.stop(ctx, log, entry)
		}
	}
	return c.report.cancelled(ctx, log, ref, "The flow run was cancelled; it had no ECS task.")
}

// stop tells ECS to stop the task. One that is gone already is for the next sweep.
func (c *cancel) stop(ctx context.Context, log *slog.Logger, entry tracked) error {
	if time.Since(entry.stopAsked) < stopAgain {
		return nil
	}
	reason := stopReason
	_, err := entry.at.clients.ECS.StopTask(ctx, &ecs.StopTaskInput{
		Cluster: &entry.at.cluster, Task: &entry.at.task, Reason: &reason,
	})
	if isUnknownTask(err) && time.Since(entry.since) < appearsWithin {
		return nil // the next look tries again
	}
	if isUnknownTask(err) {
		return c.report.cancelled(ctx, log, entry.run, "The flow run was cancelled; ECS no longer knows its task.")
	}
	if err != nil {
		return awsaccess.Explain("stop ECS task \""+entry.at.task+"\"", err)
	}
	c.table.change(entry.run.ID, func(e *tracked) { e.stopAsked = time.Now() })
	log.InfoContext(ctx, "the flow run is being cancelled: ECS is stopping its task", "task", entry.at.task)
	return nil
}
