package verify

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"ecsctl/internal/shellword"
	"ecsctl/operate/status"
	"ecsctl/prefect"
)

// runLinesShown is how much of a run's log a failure shows.
const runLinesShown = 5

// explainWait says what the run was waiting for when the time was up. Who has pressed
// Ctrl-C knows why, and does not want to wait for a reason.
func (v *verification) explainWait(ctx context.Context) bool {
	if errors.Is(ctx.Err(), context.Canceled) {
		return v.fail(v.phase(), fmt.Sprintf("interrupted while flow run %q was %s", v.run.Name, v.run.StateName),
			"run it again")
	}
	looking, cancel := context.WithTimeout(context.WithoutCancel(ctx), status.LookingTime)
	defer cancel()
	reason := fmt.Sprintf("flow run %q was still %s after %s", v.run.Name, v.run.StateName, v.Timeout)
	step := v.phase()
	if step == StepClaimed {
		if why, fix := v.whatHoldsRuns(looking); why != "" {
			return v.fail(step, reason+": "+why, fix)
		}
		return v.symptom(looking, step, fmt.Sprintf("%s: worker %q has not taken it", reason, v.result.Worker),
			fmt.Sprintf("check what it logs, and that it polls queue %q and is below its own --limit",
				v.run.WorkQueueName))
	}
	return v.symptom(looking, step, v.withDetails(looking, reason),
		"fix what it says; a larger --timeout gives it more time")
}

// whatHoldsRuns looks at what keeps runs from workers in Prefect; "" is nothing.
func (v *verification) whatHoldsRuns(ctx context.Context) (reason, fix string) {
	pool, err := v.Clients.Prefect.ReadWorkPool(ctx, v.Pool)
	if err != nil {
		return err.Error(), status.FixOf(err)
	}
	if pool.IsPaused {
		return fmt.Sprintf("work pool %q is paused", v.Pool),
			fmt.Sprintf("prefect work-pool resume %s", shellword.Quote(v.Pool))
	}
	if queue := v.run.WorkQueueName; queue != "" {
		q, err := v.Clients.Prefect.ReadWorkQueue(ctx, v.Pool, queue)
		if err == nil && q.IsPaused {
			return fmt.Sprintf("work queue %q is paused", queue), fmt.Sprintf("prefect work-queue resume %s --pool %s",
				shellword.Quote(queue), shellword.Quote(v.Pool))
		}
		if err == nil && q.ConcurrencyLimit != nil && *q.ConcurrencyLimit == 0 {
			return fmt.Sprintf("work queue %q has a concurrency limit of 0", queue),
				fmt.Sprintf("prefect work-queue clear-concurrency-limit %s --pool %s", shellword.Quote(queue),
					shellword.Quote(v.Pool))
		}
	}
	if limit := pool.ConcurrencyLimit; limit != nil {
		return fmt.Sprintf("work pool %q lets %d runs run at once, and other runs may be using them", v.Pool, *limit),
			fmt.Sprintf("prefect work-pool clear-concurrency-limit %s", shellword.Quote(v.Pool))
	}
	return "", ""
}

// explainEnd says why a run has ended as it should not.
func (v *verification) explainEnd(ctx context.Context) bool {
	looking, cancel := context.WithTimeout(context.WithoutCancel(ctx), status.LookingTime)
	defer cancel()
	reason := fmt.Sprintf("flow run %q is %s", v.run.Name, v.run.StateName)
	if v.run.State != nil && v.run.State.Message != "" {
		reason += ": " + v.run.State.Message
	}
	step := StepCompleted
	switch {
	case v.wasRunning():
	case v.task != nil && v.task.StartedAt != nil:
		step = StepRunning
	default:
		step = StepTask
	}
	return v.symptom(looking, step, v.withDetails(looking, reason),
		"fix what it says and verify again; `ecsctl doctor` checks images, routes, roles and the key")
}

// withDetails adds what ECS says of the task and the last lines of the run's log.
func (v *verification) withDetails(ctx context.Context, reason string) string {
	parts := []string{reason}
	if v.task != nil {
		parts = append(parts, describeTask(v.task, reason)...)
	} else if v.taskErr != nil {
		parts = append(parts, v.taskErr.Error())
	}
	lines, err := v.Clients.Prefect.FlowRunLogs(ctx, v.run.ID)
	if err != nil {
		parts = append(parts, err.Error())
	}
	for _, line := range lines[max(0, len(lines)-runLinesShown):] {
		if line.Level >= prefect.LevelWarning {
			parts = append(parts, "log: "+strings.TrimSpace(line.Message))
		}
	}
	return strings.Join(parts, "\n")
}

// describeTask says how a task is, and why as far as said has not told it already.
func describeTask(task *types.Task, said string) []string {
	why := func(format string, reason *string) string {
		if reason == nil || strings.Contains(said, *reason) {
			return ""
		}
		return fmt.Sprintf(format, *reason)
	}
	text := fmt.Sprintf("task %s is %s", status.ShortName(aws.ToString(task.TaskArn)), aws.ToString(task.LastStatus))
	if task.StopCode != "" {
		text += fmt.Sprintf(" (%s)", task.StopCode)
	}
	text += why(": %s", task.StoppedReason)
	out := []string{text}
	for _, c := range task.Containers {
		text := "container " + aws.ToString(c.Name) + " is " + aws.ToString(c.LastStatus)
		if c.ExitCode != nil {
			text += fmt.Sprintf(", exit code %d", *c.ExitCode)
		}
		out = append(out, text+why(", %s", c.Reason))
	}
	return out
}
