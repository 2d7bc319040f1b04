// Package logs reads the output of the workers and flow runs of a pool, from CloudWatch Logs.
package logs

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs/types"

	"ecsctl/internal/hint"
	"ecsctl/internal/pause"
	"ecsctl/internal/shellword"
	"ecsctl/operate/status"
	"ecsctl/prefect"
	"ecsctl/provision"
)

// LogOptions say whose log is read.
type LogOptions struct {
	// Options are those of a bootstrap. What their Spec leaves out is recalled.
	provision.Options
	// FlowRun is the name or the id of a flow run; "" is the worker.
	FlowRun string
	// Since is the time of the first line; zero is an hour ago for the worker, and the
	// beginning of a flow run.
	Since time.Time
	// Follow goes on with new lines until the context ends, or the flow run.
	Follow bool
	// Status says what is wrong where the worker has written nothing; nil asks nobody.
	Status *status.Options
	// Problem hears of that.
	Problem func(status.Problem)
	// Note hears of what is worth knowing beside the lines.
	Note func(text string)
}

// LogLine is a line that a container wrote.
type LogLine struct {
	Time    time.Time `json:"time"`
	Task    string    `json:"task"` // its id
	Message string    `json:"message"`
}

// logSource is where the lines are: streams by name, or by what they begin with.
type logSource struct {
	group, prefix string
	streams       []string
}

// ReadLogs hands the lines to emit, oldest first.
func ReadLogs(ctx context.Context, opts LogOptions, emit func(LogLine) error) error {
	opts.Policy = provision.PolicyLogs
	if opts.FlowRun != "" {
		return readFlowRunLogs(ctx, opts, emit)
	}
	if opts.Since.IsZero() {
		opts.Since = time.Now().Add(-time.Hour)
	}
	spec, err := provision.RecallNames(ctx, opts.Options)
	if err != nil {
		return err
	}
	opts.Spec = spec.WithDefaults()
	reader := newLogReader(opts, logSource{
		group: opts.Spec.WorkerLogGroup(), prefix: provision.WorkerLogStream(""),
	}, emit)
	return reader.run(ctx, func(context.Context) (bool, error) { return false, nil })
}

// readFlowRunLogs finds out where the run's task writes to.
func readFlowRunLogs(ctx context.Context, opts LogOptions, emit func(LogLine) error) error {
	if opts.Since.IsZero() {
		opts.Since = time.UnixMilli(0)
	}
	run, err := findFlowRun(ctx, opts)
	if err != nil {
		return err
	}
	if opts.Spec.Pool == "" {
		opts.Spec.Pool = run.WorkPoolName
	}
	if run.WorkPoolName == "" && opts.Spec.Pool == "" {
		return fmt.Errorf("flow run %q belongs to no work pool: it has no task", run.Name)
	}
	if run, err = awaitTask(ctx, opts, run); err != nil {
		return err
	}
	spec, err := provision.RecallNames(ctx, opts.Options)
	if err != nil {
		return err
	}
	opts.Spec = spec.WithDefaults()
	source, err := sourceOfRun(ctx, opts, opts.Spec, run)
	if err != nil {
		return status.Named(ctx, opts.Options, err)
	}
	return newLogReader(opts, source, emit).run(ctx, func(ctx context.Context) (bool, error) {
		now, err := opts.Clients.Prefect.ReadFlowRun(ctx, run.ID)
		return err == nil && now.StateType.Terminal(), err
	})
}

// logReader reads on from where it was.
type logReader struct {
	opts   LogOptions
	source logSource
	emit   func(LogLine) error
	from   time.Time
	seen   map[string]time.Time // ids of events that may come again
	count  int
}

func newLogReader(opts LogOptions, source logSource, emit func(LogLine) error) *logReader {
	return &logReader{opts: opts, source: source, emit: emit, from: opts.Since, seen: map[string]time.Time{}}
}

const (
	// lateLines is how long after others with the same time a line may come: CloudWatch
	// shows what it takes in after seconds, and not in order.
	lateLines = 30 * time.Second
	// roundsAfterEnd is how often a log is looked at after its run has ended.
	roundsAfterEnd = 3
)

// run reads once or, with Follow, until ended says so.
func (l *logReader) run(ctx context.Context, ended func(context.Context) (bool, error)) error {
	for rounds := roundsAfterEnd; ; {
		// Asked before the lines are read: nothing that came before the end is missed.
		over, err := false, error(nil)
		if l.opts.Follow {
			over, err = ended(ctx)
		}
		if err == nil {
			err = l.Read(ctx)
		}
		switch {
		case err != nil:
			return status.Named(ctx, l.opts.Options, err)
		case !l.opts.Follow:
			if l.count == 0 {
				return l.tellWhy(ctx)
			}
			return nil
		case over:
			rounds--
			if rounds == 0 {
				return nil
			}
		}
		if err := pause.For(ctx, l.opts.PollInterval); err != nil {
			return err
		}
	}
}

// tellWhy tells of no lines, and of what keeps the worker from writing some.
func (l *logReader) tellWhy(ctx context.Context) error {
	if l.opts.FlowRun == "" {
		cause, unseen, err := status.WhatIsWrong(ctx, l.opts.Status)
		switch {
		case err != nil:
			return err
		case cause != nil:
			l.opts.Problem(*cause)
		case unseen != "":
			l.opts.Note(unseen)
		}
	}
	l.opts.Note("there are no lines since " + l.opts.Since.Format(time.RFC3339) + " in log group " + l.source.group)
	return nil
}

// Read emits what is new.
func (l *logReader) Read(ctx context.Context) error {
	in := &cloudwatchlogs.FilterLogEventsInput{
		LogGroupName: &l.source.group, StartTime: aws.Int64(l.from.UnixMilli()), LogStreamNames: l.source.streams,
	}
	if l.source.prefix != "" {
		in.LogStreamNamePrefix = &l.source.prefix
	}
	newest := l.from.Add(lateLines)
	pages := cloudwatchlogs.NewFilterLogEventsPaginator(l.opts.Clients.Logs, in)
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return l.explain(ctx, err)
		}
		for _, event := range page.Events {
			if !strings.HasPrefix(aws.ToString(event.LogStreamName), l.source.prefix) {
				continue // an emulator may not know the prefix
			}
			at := time.UnixMilli(aws.ToInt64(event.Timestamp)).UTC()
			id := aws.ToString(event.EventId)
			if _, known := l.seen[id]; known {
				continue
			}
			l.seen[id], l.count = at, l.count+1
			if at.After(newest) {
				newest = at
			}
			if err := l.emit(LogLine{at, status.ShortName(aws.ToString(event.LogStreamName)),
				strings.TrimRight(aws.ToString(event.Message), "\r\n")}); err != nil {
				return err
			}
		}
	}
	l.from = newest.Add(-lateLines)
	for id, at := range l.seen {
		if at.Before(l.from) {
			delete(l.seen, id)
		}
	}
	return nil
}

// explain says which group is not there. A stream that is not there yet is no error while
// following.
func (l *logReader) explain(ctx context.Context, err error) error {
	var missing *types.ResourceNotFoundException
	if !errors.As(err, &missing) {
		return provision.ExplainAWS(fmt.Sprintf("read log group %q", l.source.group), err)
	}
	if l.opts.Follow && len(l.source.streams) > 0 {
		return nil
	}
	if _, poolErr := l.opts.Clients.Prefect.ReadWorkPool(ctx, l.opts.Spec.Pool); errors.Is(poolErr,
		prefect.ErrNotFound) {
		return provision.NoSuchPool(ctx, l.opts.Clients.Prefect, l.opts.Spec.Pool)
	}
	return hint.Add(fmt.Errorf("log group %q, or the stream in it, does not exist", l.source.group),
		status.BootstrapLine(ctx, l.opts.Status, l.opts.Spec.Pool)+"; the lines of the group that was deleted are gone")
}

// awaitTask waits, when following, for a run that has no task yet.
func awaitTask(ctx context.Context, opts LogOptions, run *prefect.FlowRun) (*prefect.FlowRun, error) {
	told := false
	for run.InfrastructurePID == "" {
		if !opts.Follow || run.StateType.Terminal() {
			err := fmt.Errorf("flow run %q has no ECS task: it is %s", run.Name, run.StateName)
			if run.State != nil && run.State.Message != "" {
				err = fmt.Errorf("%w: %s", err, run.State.Message)
			}
			return nil, hint.Add(err, "see what the worker says with `ecsctl logs --pool "+
				shellword.Quote(opts.Spec.Pool)+"`, or wait for the task with --follow")
		}
		if !told {
			opts.Note(fmt.Sprintf("flow run %q is %s: waiting for its task", run.Name, run.StateName))
			told = true
		}
		if err := pause.For(ctx, opts.PollInterval); err != nil {
			return nil, err
		}
		var err error
		if run, err = opts.Clients.Prefect.ReadFlowRun(ctx, run.ID); err != nil {
			return nil, err
		}
	}
	return run, nil
}
