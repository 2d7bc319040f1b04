package verify

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"ecsctl/internal/awserr"
	"ecsctl/internal/pause"
	"ecsctl/operate"
	"ecsctl/operate/status"
	"ecsctl/prefect"
)

// follow waits until the run has ended, and says how long each phase took.
func (v *verification) follow(ctx context.Context) bool {
	created := v.run.State
	for {
		run, err := v.Clients.Prefect.ReadFlowRun(ctx, v.run.ID)
		switch {
		case ctx.Err() != nil:
			return v.explainWait(ctx)
		case err != nil:
			return v.failed(v.phase(), err)
		}
		v.run = run
		if v.claimedAt.IsZero() && run.State != nil && run.StateType != prefect.Scheduled {
			v.claimedAt = run.State.Timestamp
		}
		if run.StateType.Terminal() {
			break
		}
		v.readTask(ctx)
		v.note(v.waitingFor())
		if pause.For(ctx, v.PollInterval) != nil {
			return v.explainWait(ctx)
		}
	}
	v.awaitTask(ctx)
	return v.timePhases(ctx, created)
}

// taskPatience is how long a worker may take to tell which task a run has: the official
// one does so when the task runs, which a short flow may not wait for.
const taskPatience = 20 * time.Second

// awaitTask reads the task of a run that has ended.
func (v *verification) awaitTask(ctx context.Context) {
	waiting, cancel := context.WithTimeout(ctx, taskPatience)
	defer cancel()
	for v.wasRunning() && v.run.InfrastructurePID == "" {
		v.note("waiting for the worker to tell the run's task")
		if pause.For(waiting, v.PollInterval) != nil {
			break
		}
		if run, err := v.Clients.Prefect.ReadFlowRun(waiting, v.run.ID); err == nil {
			v.run = run
		}
	}
	v.readTask(ctx)
}

// phase is the step that the run is in.
func (v *verification) phase() string {
	switch {
	case v.claimedAt.IsZero():
		return StepClaimed
	case v.run.StateType == prefect.Running:
		return StepCompleted
	case v.task != nil && v.task.StartedAt != nil:
		return StepRunning
	}
	return StepTask
}

func (v *verification) waitingFor() string {
	text := fmt.Sprintf("flow run %q is %s", v.run.Name, v.run.StateName)
	if v.task != nil {
		text += ", its task " + aws.ToString(v.task.LastStatus)
	}
	return text
}

// readTask looks at the run's task in ECS, once the worker has told which one it is.
// That ECS cannot be asked does not end a verify: it is about the run.
func (v *verification) readTask(ctx context.Context) {
	cluster, arn, ok := strings.Cut(v.run.InfrastructurePID, "::")
	if !ok {
		return
	}
	v.result.Task = arn
	out, err := v.Clients.ECS.DescribeTasks(ctx, &ecs.DescribeTasksInput{
		Cluster: aws.String(cluster), Tasks: []string{arn},
	})
	if err != nil {
		if !awserr.Denied(v.taskErr) { // asked anew in each round, who we are is not
			v.taskErr = v.explain(ctx, fmt.Sprintf("read task %q", status.ShortName(arn)), err)
		}
		return
	}
	if len(out.Tasks) > 0 {
		v.task, v.taskErr = &out.Tasks[0], nil
	}
}

// timePhases turns the times that the run and its task carry into steps.
func (v *verification) timePhases(ctx context.Context, created *prefect.State) bool {
	scheduled := v.claimedAt
	if created != nil {
		scheduled = created.Timestamp
	}
	claimed := v.claimedAt
	// A look may come too late to see the run Pending; its task was asked for right after.
	if asked := v.taskTime(func(t *types.Task) *time.Time { return t.CreatedAt }); !asked.IsZero() &&
		asked.Before(claimed) {
		claimed = asked
	}
	if !v.wasRunning() {
		return v.explainEnd(ctx)
	}
	v.ok(StepClaimed, claimed.Sub(scheduled), fmt.Sprintf("worker took flow run %q", v.run.Name))
	started := v.taskTime(func(t *types.Task) *time.Time { return t.StartedAt })
	if started.IsZero() {
		v.add(StepTask, operate.CheckSkip, 0, v.whyNoTask(), status.FixOf(v.taskErr))
		started = claimed
	} else {
		v.ok(StepTask, started.Sub(claimed), "ECS started the container of task "+status.ShortName(v.result.Task))
	}
	v.ok(StepRunning, v.run.StartTime.Sub(started), "Prefect started the flow in the container")
	if v.run.StateType != prefect.Completed {
		return v.explainEnd(ctx)
	}
	took := time.Duration(0)
	if v.run.EndTime != nil {
		took = v.run.EndTime.Sub(*v.run.StartTime)
	}
	v.ok(StepCompleted, took, fmt.Sprintf("flow run %q is %s", v.run.Name, v.run.StateName))
	return true
}

// wasRunning reports whether the flow ever began. The server gives a start time to runs
// that ended without, too.
func (v *verification) wasRunning() bool { return v.run.RunCount > 0 && v.run.StartTime != nil }

func (v *verification) taskTime(of func(*types.Task) *time.Time) time.Time {
	if v.task == nil {
		return time.Time{}
	}
	return aws.ToTime(of(v.task))
}

func (v *verification) whyNoTask() string {
	switch {
	case v.taskErr != nil:
		return v.taskErr.Error()
	case v.result.Task == "":
		return "the worker has not reported its task"
	}
	return "ECS does not say when task " + status.ShortName(v.result.Task) + " started"
}

// logPatience is how long the last log lines of a run may take: runs send them in
// batches, the last one when they end (PREFECT_LOGGING_TO_API_BATCH_INTERVAL).
const logPatience = 15 * time.Second

// awaitLog waits until the flow's line can be read through the API.
func (v *verification) awaitLog(ctx context.Context) {
	if v.Deployment != "" {
		v.awaitOwnLog(ctx)
		return
	}
	began := time.Now()
	waiting, cancel := context.WithTimeout(ctx, logPatience)
	defer cancel()
	for {
		lines, err := v.Clients.Prefect.FlowRunLogs(waiting, v.run.ID)
		if err != nil && waiting.Err() == nil {
			v.failed(StepLog, err)
			return
		}
		for _, line := range lines {
			if line.Message == HelloLine {
				v.ok(StepLog, time.Since(began), fmt.Sprintf("%q", HelloLine))
				return
			}
		}
		v.note("waiting for the flow's log line")
		if pause.For(waiting, v.PollInterval) != nil {
			v.fail(StepLog, fmt.Sprintf("flow run %q completed, but %q is not among its %d log lines in Prefect",
				v.run.Name, HelloLine, len(lines)),
				"check whether the pool's environment sets PREFECT_LOGGING_TO_API_ENABLED=false")
			return
		}
	}
}
