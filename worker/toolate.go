package worker

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"

	"ecsctl/internal/awserr"
	"ecsctl/prefect"
	"ecsctl/worker/awsaccess"
	"ecsctl/worker/runlog"
)

// secondLook is the time between two looks at runs that were just launched: before a task
// that Fargate has taken begins.
const secondLook = time.Second

// tooLate stops tasks whose runs were ended, deleted or scheduled anew while they were launched:
// between the last look at a claim and RunTask there is always a moment. Nobody else looks
// for such a task. One call serves all runs that were launched since the last.
type tooLate struct {
	api      *prefect.Client
	lines    *runlog.Lines
	table    *table
	claim    *claim
	patience patience

	mu      sync.Mutex
	waiting []launchedRun
}

// launchedRun is a run that is to be looked at once more.
type launchedRun struct {
	cand candidate
	at   place
	pid  string
}

func (l *tooLate) watch(c candidate, at place, pid string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.waiting = append(l.waiting, launchedRun{c, at, pid})
}

func (l *tooLate) take() []launchedRun {
	l.mu.Lock()
	defer l.mu.Unlock()
	taken := l.waiting
	l.waiting = nil
	return taken
}

// look sees to the runs that were launched since it last did.
func (l *tooLate) look(ctx context.Context) error {
	var failures []error
	taken := l.take()
	for len(taken) > 0 {
		n := min(len(taken), settleBatch)
		if err := l.batch(ctx, taken[:n]); err != nil {
			failures = append(failures, err)
			l.mu.Lock()
			l.waiting = append(l.waiting, taken[:n]...)
			l.mu.Unlock()
		}
		taken = taken[n:]
	}
	return errors.Join(failures...)
}

func (l *tooLate) batch(ctx context.Context, batch []launchedRun) error {
	var ids []string
	for _, r := range batch {
		ids = append(ids, r.cand.run.ID)
	}
	runs, err := l.api.FilterFlowRuns(ctx, prefect.FlowRunFilter{IDs: ids})
	if err != nil {
		return err
	}
	byID := map[string]*prefect.FlowRun{}
	for i := range runs {
		byID[runs[i].ID] = &runs[i]
	}
	var failures []error
	for _, r := range batch {
		failures = append(failures, l.one(ctx, r, byID[r.cand.run.ID]))
	}
	if err := errors.Join(failures...); err != nil {
		l.lines.Console.WarnContext(ctx, "failed to look at the claims of flow runs that were just launched", "error",
			awsaccess.Sentence(err))
	}
	return nil
}

func (l *tooLate) one(ctx context.Context, r launchedRun, now *prefect.FlowRun) error {
	log := l.lines.Of(r.cand.ref())
	if now != nil {
		if r.isSurelyNeeded(now) {
			return nil
		}
		if f, err := l.claim.fate(ctx, log, r.cand); err != nil || f != lost {
			return err
		}
	}
	l.stop(ctx, log, r.cand.ref(), r.at)
	return nil
}

// isSurelyNeeded tells what needs no look at the run's states.
func (r launchedRun) isSurelyNeeded(now *prefect.FlowRun) bool {
	switch now.StateType {
	case prefect.Pending:
		return now.State != nil && now.State.ID == r.cand.state
	case prefect.Running:
		return now.InfrastructurePID == r.pid
	}
	return false
}

// stop stops a task that was launched too late, and forgets it: the run is somebody else's, or nobody's, by now.
// ECS may not know yet what it has just launched.
func (l *tooLate) stop(ctx context.Context, log *slog.Logger, run runlog.Run, at place) {
	defer l.table.leaveTask(run.ID, at.task)
	began := time.Now()
	again := func(err error) bool {
		return awsaccess.Passing(err) || isUnknownTask(err) && time.Since(began) < appearsWithin
	}
	over := false // the task was: its end may be what has ended the run
	// It is tried until the worker is at its very end: the task may do what nobody wants any more.
	err := patiently(ctx, log, patience{limit: l.patience.limit}, again, func() error {
		out, err := at.clients.ECS.StopTask(ctx, &ecs.StopTaskInput{
			Cluster: &at.cluster, Task: &at.task, Reason: aws.String(stopReason),
		})
		over = err == nil && out.Task != nil && aws.ToString(out.Task.LastStatus) == "STOPPED"
		return err
	})
	switch {
	case err != nil && !isUnknownTask(err):
		err = awsaccess.Explain("stop ECS task \""+at.task+"\"", err)
		log.ErrorContext(ctx, "the flow run was ended, deleted or scheduled anew while it was launched, but its task "+
			"goes on", "error", awsaccess.Sentence(err))
	case !over:
		log.WarnContext(ctx, "the flow run was ended, deleted or scheduled anew while it was launched: its task is "+
			"stopped", "task", at.task)
	}
}

// isUnknownTask: ECS says so of a task that is long gone, and of one that is brand-new.
func isUnknownTask(err error) bool {
	return awserr.HasCode(err, "InvalidParameterException", "ClusterNotFoundException")
}
