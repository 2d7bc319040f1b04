package worker

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/ecs"

	"ecsctl/jobtemplate"
	"ecsctl/prefect"
)

const (
	stopReason = "The Prefect flow run was cancelled"
	// stopAgain is when a task that was told to stop and has not is told again: more than
	// the two minutes that Fargate gives containers at most.
	stopAgain = 3 * time.Minute
	// runnerGrace is how long the runner in a container may take to cancel its run.
	runnerGrace = time.Minute
	// launchGrace is how long a Cancelling run may have no task: another worker may be
	// about to launch it.
	launchGrace = time.Minute
)

// cancel is the stage that stops the tasks of Cancelling runs. That the run is
// Cancelled is said when its task was seen stopped, by settle.
type cancel struct {
	opts      Options
	log       *slog.Logger
	lines     *runLines
	table     *table
	heartbeat *heartbeat
	resolve   *resolve
	clients   *clientSets
	report    *report
}

// look finds Cancelling runs of the pool and stops their tasks.
func (c *cancel) look(ctx context.Context) error {
	known := c.heartbeat.current.Load()
	if known == nil || c.opts.NoCancel && !known.isPrefect2() {
		return nil
	}
	runs, err := c.cancelling(ctx, known)
	if err != nil {
		return err
	}
	var failures []error
	for i := range runs {
		failures = append(failures, c.one(ctx, known, &runs[i]))
	}
	return errors.Join(failures...)
}

// cancelling are the runs that this worker is to stop. With Prefect 3 the runner in
// the container cancels a run that has started; only those that never did are left.
func (c *cancel) cancelling(ctx context.Context, known *snapshot) ([]prefect.FlowRun, error) {
	filter := prefect.FlowRunFilter{
		StateTypes: []prefect.StateType{prefect.Cancelling}, WorkPoolNames: []string{c.opts.Pool}, WorkQueueNames: c.opts.WorkQueues,
	}
	runs, err := c.opts.Prefect.FilterFlowRuns(ctx, filter)
	if err != nil || known.isPrefect2() {
		return runs, err
	}
	var out []prefect.FlowRun
	for _, run := range runs {
		if run.StartTime == nil {
			out = append(out, run)
		}
	}
	return out, nil
}

func (c *cancel) one(ctx context.Context, known *snapshot, run *prefect.FlowRun) error {
	ref := runRef{run.ID, run.Name}
	log := c.lines.of(ref)
	entry, tracked := c.table.find(run.ID)
	if tracked && entry.phase == claiming {
		return nil // it is seen to when its task is known
	}
	if run.InfrastructurePID == "" && !tracked {
		return c.withoutTask(ctx, log, run)
	}
	if !tracked {
		found, err := c.locate(ctx, known, run)
		if errors.Is(err, errForeign) || errors.Is(err, prefect.ErrNotFound) {
			return c.report.cancelled(ctx, log, ref, "The flow run was cancelled, but its ECS task cannot be stopped: "+err.Error()+".")
		}
		if err != nil {
			return err
		}
		c.table.adopt(ref, found)
		entry, _ = c.table.find(run.ID)
	}
	if leftToRunner(run, entry.runner, time.Now()) {
		return nil
	}
	return c.stop(ctx, log, entry)
}

// usesRunner tells whether a command is Prefect's runner. It looks for cancellation
// itself, ends the flow and runs its hooks.
func usesRunner(command string) bool { return strings.Contains(command, "prefect flow-run execute") }

// leftToRunner: a run that has started is its runner's to cancel first.
func leftToRunner(run *prefect.FlowRun, runner bool, now time.Time) bool {
	return runner && run.StartTime != nil && run.State != nil && now.Sub(run.State.Timestamp) < runnerGrace
}

// withoutTask cancels a run that has no task and will have none.
func (c *cancel) withoutTask(ctx context.Context, log *slog.Logger, run *prefect.FlowRun) error {
	if run.State != nil && time.Since(run.State.Timestamp) < launchGrace {
		return nil
	}
	return c.report.cancelled(ctx, log, runRef{run.ID, run.Name}, "The flow run was cancelled; it had no ECS task.")
}

// errForeign: the run's infrastructure is not an ECS task.
var errForeign = errors.New("its infrastructure id is not that of an ECS task")

// locate finds the task of a run that another worker has launched.
func (c *cancel) locate(ctx context.Context, known *snapshot, run *prefect.FlowRun) (launchedTask, error) {
	cluster, task, ok := parsePID(run.InfrastructurePID)
	if !ok {
		return launchedTask{}, errForeign
	}
	job, err := c.job(ctx, known, run)
	if err != nil {
		return launchedTask{}, err
	}
	clients, err := c.clients.of(ctx, job.Credentials)
	return launchedTask{pid: run.InfrastructurePID, at: place{clients, cluster, task}, runner: usesRunner(job.Command)}, err
}

// job is the run's job. One that can no longer be made is an empty one: the worker's
// own credentials are tried.
func (c *cancel) job(ctx context.Context, known *snapshot, run *prefect.FlowRun) (*jobtemplate.Job, error) {
	job, err := c.resolve.job(ctx, newCandidate(*run, time.Now()), known)
	var problems *jobtemplate.Problems
	if errors.As(err, &problems) {
		return &jobtemplate.Job{}, nil
	}
	return job, err
}

// stop tells ECS to stop the task. One that is gone already is for the next sweep.
func (c *cancel) stop(ctx context.Context, log *slog.Logger, entry tracked) error {
	if time.Since(entry.stopAsked) < stopAgain {
		return nil
	}
	reason := stopReason
	_, err := entry.at.clients.ecs.StopTask(ctx, &ecs.StopTaskInput{Cluster: &entry.at.cluster, Task: &entry.at.task, Reason: &reason})
	if hasCode(err, "InvalidParameterException", "ClusterNotFoundException") {
		return c.report.cancelled(ctx, log, entry.run, "The flow run was cancelled; ECS no longer knows its task.")
	}
	if err != nil {
		return explain("stop ECS task \""+entry.at.task+"\"", err)
	}
	c.table.change(entry.run.id, func(e *tracked) { e.stopAsked = time.Now() })
	log.InfoContext(ctx, "the flow run is being cancelled: ECS is stopping its task", "task", entry.at.task)
	return nil
}
