package worker

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"ecsctl/internal/awserr"
	"ecsctl/internal/diagnose"
	"ecsctl/worker/awsaccess"
	"ecsctl/worker/runlog"
)

const (
	lastLinesShown = 50 // a traceback of Prefect has some dozens
	// lastLinesTimeout bounds what a crashed run waits for its lines: it gets its state
	// without them, too.
	lastLinesTimeout = 3 * time.Second
)

// lastLines is the stage that reads what containers wrote last, from CloudWatch Logs.
type lastLines struct {
	most        int                          // lines; 0 is lastLinesShown, negative is none
	definitions cache[*types.TaskDefinition] // by ARN; revisions never change
}

// output is what a failed container wrote last, or why that cannot be told.
type output struct {
	container, from string
	lines           []string
	note            string // in place of lines
	level           slog.Level
}

// Of reads the end of the log of the container that ended the task. It is empty when none ran.
func (l *lastLines) Of(ctx context.Context, e ending) output {
	if e.task == nil || e.entry.at.clients == nil || l.most < 0 {
		return output{}
	}
	container := failedContainer(e.task, e.definition)
	if container == nil {
		return output{}
	}
	ctx, cancel := context.WithTimeout(ctx, lastLinesTimeout)
	defer cancel()
	out := output{container: aws.ToString(container.Name)}
	err := l.read(ctx, e.entry.at.clients, e.task, container, &out)
	switch {
	case awserr.HasCode(err, "ResourceNotFoundException"):
		out.note = "it has written nothing to " + out.from
	case err != nil:
		out.note, out.level = "its last lines cannot be read: "+awsaccess.Sentence(err), slog.LevelWarn
	case out.note == "" && len(out.lines) == 0:
		out.note = "it has written nothing to " + out.from
	}
	return out
}

// failedContainer is the one that failed, else the run's, else the first that ran.
func failedContainer(t *types.Task, d *types.TaskDefinition) *types.Container {
	if c := diagnose.Culprit(*t, d); c != nil {
		return c
	}
	if c := diagnose.RunContainer(*t, d); c != nil && c.ExitCode != nil {
		return c
	}
	for i := range t.Containers {
		if c := &t.Containers[i]; c.ExitCode != nil {
			return c
		}
	}
	return nil
}

// withDefinition gives an ending the definition of its task where that tells which container ended
// it, and the reason accordingly.
func (l *lastLines) withDefinition(ctx context.Context, e ending) ending {
	if e.task == nil || len(e.task.Containers) < 2 || e.entry.at.clients == nil {
		return e
	}
	ctx, cancel := context.WithTimeout(ctx, lastLinesTimeout)
	defer cancel()
	definition, err := l.definition(ctx, e.entry.at.clients, e.task)
	if err != nil {
		return e // which are essential is not known
	}
	e.definition, e.reason = definition, exitReasonWith(*e.task, definition, nil)
	return e
}

func (l *lastLines) definition(ctx context.Context, clients *awsaccess.Clients,
	t *types.Task) (*types.TaskDefinition, error) {
	arn := aws.ToString(t.TaskDefinitionArn)
	return l.definitions.get(ctx, arn, time.Time{}, func(ctx context.Context) (*types.TaskDefinition, error) {
		got, err := describeWithTags(ctx, clients, arn)
		if err != nil {
			return nil, awsaccess.Explain("look at task definition \""+arn+"\"", err)
		}
		return got.TaskDefinition, nil
	})
}

func (l *lastLines) read(ctx context.Context, clients *awsaccess.Clients, t *types.Task, c *types.Container,
	out *output) error {
	definition, err := l.definition(ctx, clients, t)
	if err != nil {
		return err
	}
	config := logConfiguration(definition, out.container)
	if config == nil {
		out.note = "its output is not kept where the worker can read it: the job variable configure_cloudwatch_logs " +
			"sends it to CloudWatch Logs"
		return nil
	}
	if config.LogDriver != types.LogDriverAwslogs {
		out.note = fmt.Sprintf("its output went to the log driver %s", config.LogDriver)
		return nil
	}
	group, stream := config.Options["awslogs-group"], streamOf(config, t, c)
	out.from = fmt.Sprintf("log group %s, stream %s", group, stream)
	got, err := clients.Logs.GetLogEvents(ctx, &cloudwatchlogs.GetLogEventsInput{
		LogGroupName: &group, LogStreamName: &stream, Limit: aws.Int32(int32(cmp.Or(l.most, lastLinesShown))),
	}, func(o *cloudwatchlogs.Options) {
		if region := config.Options["awslogs-region"]; region != "" {
			o.Region = region
		}
	})
	if err != nil {
		return awsaccess.Explain("read "+out.from, err)
	}
	for _, event := range got.Events {
		out.lines = append(out.lines, strings.TrimRight(aws.ToString(event.Message), "\r\n"))
	}
	return nil
}

func logConfiguration(d *types.TaskDefinition, container string) *types.LogConfiguration {
	for i := range d.ContainerDefinitions {
		if aws.ToString(d.ContainerDefinitions[i].Name) == container {
			return d.ContainerDefinitions[i].LogConfiguration
		}
	}
	return nil
}

// streamOf is PREFIX/CONTAINER/TASK, or on EC2 without a prefix the id of the container.
func streamOf(config *types.LogConfiguration, t *types.Task, c *types.Container) string {
	prefix := config.Options["awslogs-stream-prefix"]
	if prefix == "" {
		return aws.ToString(c.RuntimeId)
	}
	arn := aws.ToString(t.TaskArn)
	return prefix + "/" + aws.ToString(c.Name) + "/" + arn[strings.LastIndex(arn, "/")+1:]
}

// reason is why the task of a run that never began has stopped. It left nothing in
// Prefect, so that what its container wrote may be what tells.
func (o output) reason(e ending) string {
	if e.task == nil || len(o.lines) == 0 {
		return e.reason
	}
	return exitReasonWith(*e.task, e.definition, o.lines)
}

// show writes the lines in one record: records of the same moment have no order.
func (o output) show(ctx context.Context, log *slog.Logger) {
	switch {
	case o.container == "":
	case o.note != "":
		log.Log(ctx, o.level, fmt.Sprintf("container %q: %s", o.container, o.note))
	default:
		head := fmt.Sprintf("the last lines of container %q (%s):\n", o.container, o.from)
		log.InfoContext(ctx, head+lastPart(strings.Join(o.lines, "\n"), runlog.MaxLogText-len(head)))
	}
}

// lastPart keeps the end of a text that is too long: what went wrong is said last.
func lastPart(text string, room int) string {
	const mark = "... (the beginning is left out)\n"
	if len(text) <= room {
		return text
	}
	return mark + strings.ToValidUTF8(text[len(text)-room+len(mark):], "")
}

const (
	// lateLinesAtOnce is less than what the rate of GetLogEvents allows in lastLinesTimeout.
	lateLinesAtOnce = 4
	// lateLinesWaiting bounds the memory: of more runs that crash together, the lines are not read.
	lateLinesWaiting = 1000
)

// lateLines shows what containers wrote last after their runs have got their states, which
// so do not wait for CloudWatch Logs.
type lateLines struct {
	last    *lastLines
	waiting chan struct{} // has an element for each ending whose lines are to be read
	reading chan struct{} // and one for each whose lines are being read
	readers sync.WaitGroup
	ended   chan struct{} // closed when no more is to be read
}

func newLateLines(last *lastLines) *lateLines {
	return &lateLines{
		last: last, waiting: make(chan struct{}, lateLinesWaiting), reading: make(chan struct{}, lateLinesAtOnce),
		ended: make(chan struct{}),
	}
}

// show reads the lines and logs them, without keeping the caller waiting.
func (l *lateLines) show(ctx context.Context, e ending, log *slog.Logger) {
	select {
	case l.waiting <- struct{}{}:
	default:
		log.WarnContext(ctx, "the container's last lines are not read: too many runs have crashed at once")
		return
	}
	ctx, cancel := untilStop(context.WithoutCancel(ctx), l.ended)
	l.readers.Go(func() {
		defer cancel()
		defer func() { <-l.waiting }()
		select {
		case l.reading <- struct{}{}:
			defer func() { <-l.reading }()
			l.last.Of(ctx, e).show(ctx, log)
		case <-ctx.Done():
		}
	})
}

// finish waits for what is still to be read, so that it is sent before the worker ends:
// until the limit, or until ctx ends.
func (l *lateLines) finish(ctx context.Context, limit time.Duration) {
	done := make(chan struct{})
	go func() { l.readers.Wait(); close(done) }()
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	select {
	case <-done:
	case <-ctx.Done():
	}
	close(l.ended)
	<-done
}

// exitReason says why a task has stopped: the cause and what to do, where that is known,
// and in any case what ECS says of the task and its containers.
func exitReason(t types.Task) string { return exitReasonWith(t, nil, nil) }

// exitReasonWith knows the task's definition and the last lines of the container that failed.
func exitReasonWith(t types.Task, d *types.TaskDefinition, lines []string) string {
	words := diagnose.Words(t)
	if found, ok := diagnose.Task(t, d, lines); ok {
		return found.String() + ". ECS says: " + words
	}
	text := "the ECS task stopped before the flow run had ended"
	if words == "" {
		return text
	}
	return text + ". ECS says: " + words
}

// endedWell: the run's container ended with 0, or, where it is not known, every container.
func endedWell(t types.Task) bool {
	if c := diagnose.RunContainer(t, nil); c != nil {
		return hasEndedWell(*c)
	}
	return len(t.Containers) > 0 && !slices.ContainsFunc(t.Containers, func(c types.Container) bool {
		return !hasEndedWell(c)
	})
}

func hasEndedWell(c types.Container) bool { return c.ExitCode != nil && *c.ExitCode == 0 }
