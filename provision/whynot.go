package provision

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"ecsctl/internal/diagnose"
)

// How much of each source an explanation shows.
const (
	eventsShown   = 3
	logLinesShown = 10
)

// whyNoWorker collects what tells why no worker came: causes that are known with what to
// do, then the service's last events, the newest stopped task and that task's last log
// lines. What cannot be read is left out: it must not hide the rest.
func (w *world) whyNoWorker(ctx context.Context, service *types.Service) []string {
	var out []string
	var findings []diagnose.Finding
	if service != nil {
		for _, event := range service.Events[:min(eventsShown, len(service.Events))] {
			out = append(out, "service event: "+aws.ToString(event.Message))
			if found, ok := diagnose.Text(aws.ToString(event.Message)); ok {
				findings = append(findings, found)
			}
		}
	}
	task, err := w.newestStoppedTask(ctx)
	if err != nil {
		w.log.Debug("cannot read the stopped tasks", "error", err)
	}
	if task != nil {
		lines := w.lastLogLines(ctx, task)
		if found, ok := diagnose.Task(*task, nil, lines); ok {
			findings = append(findings, found)
		}
		out = append(out, fmt.Sprintf("task %s stopped: %s", shortName(aws.ToString(task.TaskArn)),
			diagnose.Words(*task)))
		for _, line := range lines {
			out = append(out, "log: "+line)
		}
	}
	return append(inWords(findings), out...)
}

// inWords are causes with what to do, each once. The job variables that go with them are
// those of flow runs.
func inWords(findings []diagnose.Finding) []string {
	var out []string
	for _, f := range findings {
		f.Variables = nil
		if text := "cause: " + f.String(); !slices.Contains(out, text) {
			out = append(out, text)
		}
	}
	return out
}

// newestStoppedTask is the one that failed last, or nil. One that ECS replaced or scaled in, which a rollback does
// last, tells only where none has failed.
func (w *world) newestStoppedTask(ctx context.Context) (*types.Task, error) {
	stopped, err := w.serviceTasks(ctx, types.DesiredStatusStopped)
	if err != nil {
		return nil, err
	}
	failed := func(task types.Task) bool { return howItFailed(task) != "" }
	if slices.ContainsFunc(stopped, failed) {
		stopped = slices.DeleteFunc(stopped, func(task types.Task) bool { return !failed(task) })
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

// WorkerLogStream is the log stream of a worker's task, by its id; with "" it is what all
// of them begin with.
func WorkerLogStream(taskID string) string {
	return workerLogPrefix + "/" + workerContainer + "/" + taskID
}

// lastLogLines reads the end of the worker's log stream.
func (w *world) lastLogLines(ctx context.Context, task *types.Task) []string {
	out, err := w.aws.Logs.GetLogEvents(ctx, &cloudwatchlogs.GetLogEventsInput{
		LogGroupName:  aws.String(w.spec.WorkerLogGroup()),
		LogStreamName: aws.String(WorkerLogStream(shortName(aws.ToString(task.TaskArn)))),
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
