package provision

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
)

// How much of each source an explanation shows.
const (
	eventsShown   = 3
	logLinesShown = 10
)

// whyNoWorker collects what tells why no worker came: the service's last events, the
// newest stopped task and that task's last log lines. What cannot be read is left out:
// it must not hide the rest.
func (w *world) whyNoWorker(ctx context.Context, service *types.Service) []string {
	var out []string
	if service != nil {
		for _, event := range service.Events[:min(eventsShown, len(service.Events))] {
			out = append(out, "service event: "+aws.ToString(event.Message))
		}
	}
	task, err := w.newestStoppedTask(ctx)
	if err != nil {
		w.log.Debug("cannot read the stopped tasks", "error", err)
	}
	if task == nil {
		return out
	}
	out = append(out, describeStop(task)...)
	for _, line := range w.lastLogLines(ctx, task) {
		out = append(out, "log: "+line)
	}
	return out
}

func (w *world) newestStoppedTask(ctx context.Context) (*types.Task, error) {
	stopped, err := w.serviceTasks(ctx, types.DesiredStatusStopped)
	if err != nil {
		return nil, err
	}
	var newest *types.Task
	for _, task := range stopped {
		if newest == nil || stoppedAt(&task).After(stoppedAt(newest)) {
			newest = &task
		}
	}
	return newest, nil
}

func stoppedAt(task *types.Task) time.Time {
	if task.StoppedAt != nil {
		return *task.StoppedAt
	}
	return aws.ToTime(task.CreatedAt)
}

func describeStop(task *types.Task) []string {
	out := []string{fmt.Sprintf("task %s stopped (%s): %s", shortName(aws.ToString(task.TaskArn)), task.StopCode, aws.ToString(task.StoppedReason))}
	for _, c := range task.Containers {
		var parts []string
		if c.ExitCode != nil {
			parts = append(parts, fmt.Sprintf("exit code %d", *c.ExitCode))
		}
		if c.Reason != nil {
			parts = append(parts, *c.Reason)
		}
		if len(parts) > 0 {
			out = append(out, fmt.Sprintf("container %s: %s", aws.ToString(c.Name), strings.Join(parts, ", ")))
		}
	}
	return out
}

// lastLogLines reads the end of the worker's log stream: PREFIX/CONTAINER/TASK.
func (w *world) lastLogLines(ctx context.Context, task *types.Task) []string {
	out, err := w.aws.Logs.GetLogEvents(ctx, &cloudwatchlogs.GetLogEventsInput{
		LogGroupName:  aws.String(w.spec.Names.LogGroup),
		LogStreamName: aws.String(workerLogPrefix + "/" + workerContainer + "/" + shortName(aws.ToString(task.TaskArn))),
		Limit:         aws.Int32(logLinesShown),
	})
	if err != nil {
		w.log.Debug("cannot read the worker's log", "error", err)
		return nil
	}
	var lines []string
	for _, event := range out.Events {
		lines = append(lines, strings.TrimRight(aws.ToString(event.Message), "\r\n"))
	}
	return lines
}
