package worker

import (
	"context"
	"errors"
	"log/slog"
	"regexp"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"ecsctl/prefect"
	"ecsctl/worker/awsaccess"
	"ecsctl/worker/observe"
	"ecsctl/worker/runlog"
	"ecsctl/worker/taskchange"
)

// recovery is the stage that goes on with claims whose worker is gone. It changes
// nothing of a claim: the launch goes on under its id, so whatever the dead worker did,
// and whichever workers go on with it at the same time, ECS makes one task of it.
type recovery struct {
	opts      Options
	log       *slog.Logger
	table     *table
	heartbeat *heartbeat
	claim     *claim
	locate    *locator
	report    *report
	quiet     *quiet

	warned map[string]bool // runs whose claim was told of; of one goroutine
}

// look finds claims that are older than the grace time, and sees to those whose worker is gone.
func (r *recovery) look(ctx context.Context, resume func(candidate)) error {
	if known := r.heartbeat.current.Load(); known == nil || known.refused != nil {
		return nil
	}
	if quiet, err := r.quiet.isQuiet(ctx); quiet || err != nil {
		return err
	}
	old, err := r.oldClaims(ctx)
	if err != nil || len(old) == 0 {
		return err
	}
	others, err := r.otherWorkers(ctx)
	if err != nil {
		return err
	}
	warned := map[string]bool{}
	var failures []error
	for i := range old {
		switch mine, err := r.judge(ctx, &old[i], others, warned); {
		case err != nil:
			failures = append(failures, err)
		case mine.claim != "" && r.table.admit(mine.ref(), time.Time{}) == admitted:
			resume(mine)
		}
	}
	r.warned = warned
	return errors.Join(failures...)
}

// oldClaims are the Pending runs that nobody here works on and that have been Pending
// for longer than the grace time.
func (r *recovery) oldClaims(ctx context.Context) ([]prefect.FlowRun, error) {
	filter := prefect.FlowRunFilter{
		StateTypes: []prefect.StateType{prefect.Pending}, WorkPoolNames: []string{r.opts.Pool},
		WorkQueueNames: r.opts.WorkQueues,
	}
	var old []prefect.FlowRun
	err := r.opts.Prefect.FlowRunPages(ctx, filter, func(page []prefect.FlowRun) error {
		for _, run := range page {
			_, tracked := r.table.find(run.ID)
			if !tracked && run.State != nil && r.opts.Prefect.Since(run.State.Timestamp) > r.opts.ClaimGrace {
				old = append(old, run)
			}
		}
		return nil
	})
	return old, err
}

// otherWorkers are those of the pool that the server hears of. It keeps the others for
// good, and every task of a service is one more of them; so they are not asked for.
func (r *recovery) otherWorkers(ctx context.Context) ([]prefect.Worker, error) {
	workers, err := r.opts.Prefect.OnlineWorkers(ctx, r.opts.Pool)
	if err != nil {
		return nil, err
	}
	return slices.DeleteFunc(workers, func(w prefect.Worker) bool {
		// What bears this worker's own name and is not in its table is its predecessor's.
		return w.Name == r.opts.Name
	}), nil
}

// judge tells what to do about an old claim: a candidate with a claim is to be gone on
// with; one without is another's, or its task is known already.
func (r *recovery) judge(ctx context.Context, run *prefect.FlowRun, others []prefect.Worker,
	warned map[string]bool) (candidate, error) {
	owner, ours := readMark(run.State.Details.TransitionID)
	switch {
	case ours && slices.ContainsFunc(others, func(w prefect.Worker) bool { return markOf(w.Name) == owner }):
		return candidate{}, nil // it may wait for AWS; that is its own affair
	case !ours && !r.isForsaken(run, others):
		r.foreign(ctx, run, warned)
		return candidate{}, nil
	}
	states, err := r.opts.Prefect.FlowRunStates(ctx, run.ID)
	if err != nil {
		return candidate{}, err
	}
	claim, ok := claimIn(states)
	if !ok || states[len(states)-1].ID != run.State.ID {
		return candidate{}, nil // it has gone on meanwhile
	}
	if claim.isMistake() {
		_, err := r.claim.undo(ctx, r.log, runlog.Run{ID: run.ID, Name: run.Name})
		return candidate{}, err
	}
	if !claim.isClaim() {
		return candidate{}, nil
	}
	if run.InfrastructurePID != "" {
		known, err := r.hasItsTask(ctx, run, claim)
		if known || err != nil {
			return candidate{}, err
		}
	}
	c := newCandidate(*run, time.Now())
	c.claim, c.claimed, c.resumed = claim.id, time.Now(), true
	if !ours {
		c.foreign = r.opts.Prefect.Here(claim.since)
	}
	if over, err := r.giveUp(ctx, c, others); over || err != nil {
		return candidate{}, err
	}
	return c, nil
}

// stoppedVisible is how long ECS describes a task that has stopped, about.
const stoppedVisible = time.Hour

// hasItsTask reports whether a Pending run's infrastructure_pid is of this claim: a run
// that is launched again still has that of the time before. If so, the task is
// tracked, which also settles it when it is gone.
func (r *recovery) hasItsTask(ctx context.Context, run *prefect.FlowRun, claim launchClaim) (bool, error) {
	found, err := r.locate.task(ctx, r.heartbeat.current.Load(), run)
	if errors.Is(err, errForeign) || errors.Is(err, prefect.ErrNotFound) {
		return true, nil // not ours to launch
	}
	if err != nil {
		return false, err
	}
	described, err := describeOne(ctx, found.at)
	if err != nil {
		return false, err
	}
	if described == nil && r.opts.Prefect.Since(claim.since) < stoppedVisible {
		return false, nil // a task of this claim would still be known
	}
	if described != nil && described.StartedBy != nil && isStartedByUs(*described.StartedBy) &&
		*described.StartedBy != startedBy(run.ID, claim.id) {
		return false, nil
	}
	r.table.adopt(runlog.Run{ID: run.ID, Name: run.Name}, found)
	return true, nil
}

// A worker of another kind, the official one, does not write into its claims whose they
// are. Stopped between claim and launch, as by every rolling deployment, it leaves the run
// Pending for good (PrefectHQ/prefect#20485, #22664). Such a run is gone on with when
// nobody is left who can have claimed it, and its task, if it has one, is found by what
// that worker gives every task: the run's id.

// foreignLife is how long a foreign claim can be gone on with: for half the time that ECS
// lists a task that has stopped. After that the lack of a task shows nothing.
const foreignLife = stoppedVisible / 2

// isForsaken reports whether no worker is left that can have made the claim.
func (r *recovery) isForsaken(run *prefect.FlowRun, others []prefect.Worker) bool {
	return run.InfrastructurePID == "" && r.opts.Prefect.Since(run.State.Timestamp) < foreignLife &&
		!slices.ContainsFunc(others, func(w prefect.Worker) bool {
			return !w.Created.After(run.State.Timestamp) && !areReplicas(w.Name, r.opts.Name)
		})
}

var nameOfTask = regexp.MustCompile(`^(.+)-[0-9a-f]{32}$`)

// areReplicas: the names are those of two tasks of one service that run this worker (TaskName).
// The official worker's end in the name of a host.
func areReplicas(a, b string) bool {
	first, second := nameOfTask.FindStringSubmatch(a), nameOfTask.FindStringSubmatch(b)
	return first != nil && second != nil && first[1] == second[1]
}

// foreign tells, once, of a claim that is left to the worker that has made it.
func (r *recovery) foreign(ctx context.Context, run *prefect.FlowRun, warned map[string]bool) {
	warned[run.ID] = true
	if run.InfrastructurePID != "" || r.warned[run.ID] {
		return
	}
	r.log.WarnContext(ctx, "a flow run is Pending without a task, and was not claimed by a worker of ecsctl: it is "+
		"left alone while such a worker may be alive",
		"flow run", run.Name, "id", run.ID, "since", run.State.Timestamp.UTC().Format(time.RFC3339))
}

// clockSkew is how far the clocks of AWS and Prefect may be apart when both were compared with ours.
const clockSkew = time.Minute

// tagged returns the task of a foreign claim, which startedBy does not lead to: one of the
// cluster that has the run's id and is no older than the claim.
func (f *findTask) tagged(ctx context.Context, log *slog.Logger, c *awsaccess.Clients, cluster string,
	cand candidate) (made task, found bool, err error) {
	return f.search(ctx, log, c, ecs.ListTasksInput{Cluster: awsaccess.Optional(cluster)},
		func(out *ecs.DescribeTasksOutput, t types.Task) bool {
			return runOf(t) == cand.run.ID &&
				!hereFromAWS(out.ResultMetadata, t.CreatedAt).Before(cand.foreign.Add(-clockSkew))
		})
}

// runOf is the id of the flow run that a task was launched for by whomever, if any.
func runOf(t types.Task) string {
	return (&taskchange.Change{Task: t, Tags: observe.TagsOf(t)}).RunID()
}
