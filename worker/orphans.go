package worker

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"ecsctl/prefect"
	"ecsctl/worker/runlog"
)

// orphanShare is the part of the time that a worker spends on looking for orphans at
// most: with many thousands of runs it looks less often.
const orphanShare = 20

// orphans is the stage that finds runs that are Running, or that retry or pause within their
// process, while their task has ended and nobody has said so: their worker was gone by then.
// They are put into the table, and settled as any other.
type orphans struct {
	opts      Options
	log       *slog.Logger
	table     *table
	heartbeat *heartbeat
	locate    *locator
	tasks     *findTask
	report    *report
	quiet     *quiet

	resting time.Time // until when it has looked enough
}

// pausedName is of runs whose process waits; suspended ones have another.
const pausedName = "Paused"

// look goes through such runs of the pool that are not tracked here, a page at a time.
func (o *orphans) look(ctx context.Context) error {
	began := time.Now()
	known := o.heartbeat.current.Load()
	if known == nil || began.Before(o.resting) {
		return nil
	}
	if quiet, err := o.quiet.isQuiet(ctx); quiet || err != nil {
		return err
	}
	known = o.heartbeat.current.Load()
	defer func() { o.resting = began.Add(orphanShare * time.Since(began)) }()
	filter := prefect.FlowRunFilter{
		EitherState: true, StateTypes: []prefect.StateType{prefect.Running}, StateNames: []string{awaitingRetry,
			pausedName}, WorkPoolNames: []string{o.opts.Pool}, WorkQueueNames: o.opts.WorkQueues,
	}
	var failures []error
	err := o.opts.Prefect.FlowRunPages(ctx, filter, func(page []prefect.FlowRun) error {
		failures = append(failures, o.page(ctx, known, page)...)
		return ctx.Err()
	})
	return errors.Join(append(failures, err)...)
}

func (o *orphans) page(ctx context.Context, known *snapshot, page []prefect.FlowRun) (failures []error) {
	var entries []tracked
	for i := range page {
		run := &page[i]
		if _, in := o.table.find(run.ID); in || run.StateType.Terminal() || waitsForALaunch(run) {
			continue
		}
		if run.InfrastructurePID == "" {
			failures = append(failures, o.unrecorded(ctx, known, run))
			continue
		}
		found, err := o.locate.task(ctx, known, run)
		if errors.Is(err, errForeign) || errors.Is(err, prefect.ErrNotFound) {
			continue
		}
		if err != nil {
			failures = append(failures, err)
			continue
		}
		entry := tracked{run: runlog.Run{ID: run.ID, Name: run.Name}}
		entry.set(found)
		if run.State != nil {
			entry.since = o.opts.Prefect.Here(run.State.Timestamp) // it has had a task for at least so long
		}
		entries = append(entries, entry)
	}
	for _, batch := range batches(entries) {
		ended, _, err := describe(ctx, batch)
		if err != nil {
			failures = append(failures, err)
		}
		for _, e := range ended {
			o.adopt(ctx, e)
		}
	}
	return failures
}

// adopt tracks a run whose task ended a while ago: right after its end the worker that
// has launched it is at it.
func (o *orphans) adopt(ctx context.Context, e ending) {
	if e.task != nil && e.task.StoppedAt != nil &&
		time.Since(hereFromAWS(e.answer, e.task.StoppedAt)) < o.opts.ClaimGrace {
		return
	}
	o.log.InfoContext(ctx, "the ECS task of a flow run has ended and no worker has reported it", "flow run",
		e.entry.run.Name, "id", e.entry.run.ID)
	o.table.adopt(e.entry.run, launchedTask{pid: e.entry.pid, at: e.entry.at})
}

// unrecorded sees to a run whose worker was killed between launching its task and
// telling Prefect which: the task is found by its claim, told of and tracked.
func (o *orphans) unrecorded(ctx context.Context, known *snapshot, run *prefect.FlowRun) error {
	if run.State == nil || o.opts.Prefect.Since(run.State.Timestamp) < o.opts.ClaimGrace {
		return nil
	}
	states, err := o.opts.Prefect.FlowRunStates(ctx, run.ID)
	if err != nil {
		return err
	}
	claim, ok := claimIn(states)
	if !ok || !claim.marked {
		return nil
	}
	job, clients, err := o.locate.job(ctx, known, run)
	if errors.Is(err, prefect.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	made, found, err := o.tasks.started(ctx, o.log, clients, job.Cluster, startedBy(run.ID, claim.id))
	if err != nil || !found {
		return err
	}
	ref := runlog.Run{ID: run.ID, Name: run.Name}
	pid := job.InfrastructurePID(made.cluster, made.arn)
	o.log.InfoContext(ctx, "found the ECS task of a flow run whose worker did not report it", "flow run", run.Name,
		"id", run.ID, "task", made.arn)
	o.table.adopt(ref, launchedTask{
		pid: pid, at: place{clients, made.cluster, made.arn}, claim: claim.id,
		startLimit: job.StartTimeout,
	})
	still := func(ctx context.Context) (bool, error) {
		states, err := o.opts.Prefect.FlowRunStates(ctx, run.ID)
		return err == nil && fateOf(states, claim.id) != lost, err
	}
	err = o.report.infrastructure(ctx, o.log, ref, pid, still)
	if errors.Is(err, prefect.ErrNotFound) || errors.Is(err, errNoMore) {
		return nil // settled as any other
	}
	return err
}
