package worker

import (
	"context"
	"log/slog"
	"regexp"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"ecsctl/prefect"
	"ecsctl/worker/awsaccess"
	"ecsctl/worker/observe"
)

// A worker of another kind, the official one, does not write into its claims whose they
// are. Stopped between claim and launch, as by every rolling deployment, it leaves the run
// Pending for good (PrefectHQ/prefect#20485, #22664). Such a run is gone on with when
// nobody is left who can have claimed it, and its task, if it has one, is found by what
// that worker gives every task: the run's id.

// foreignLife is how long a foreign claim can be gone on with: for half the time that ECS
// lists a task that has stopped. After that the lack of a task shows nothing.
const foreignLife = stoppedVisible / 2

// isForsaken: a claim that none of ours has made is nobody's any more.
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
	r.log.WarnContext(ctx, "a flow run is Pending without a task, and was not claimed by a worker of ecsctl: it is left alone while such a worker may be alive",
		"flow run", run.Name, "id", run.ID, "since", run.State.Timestamp.UTC().Format(time.RFC3339))
}

// clockSkew is how far the clocks of AWS and Prefect may be apart when both were compared with ours.
const clockSkew = time.Minute

// tagged returns the task of a foreign claim, which startedBy does not lead to: one of the
// cluster that has the run's id and is no older than the claim.
func (f *findTask) tagged(ctx context.Context, log *slog.Logger, c *awsaccess.Clients, cluster string, cand candidate) (made task, found bool, err error) {
	for _, status := range []types.DesiredStatus{types.DesiredStatusRunning, types.DesiredStatusStopped} {
		pages := ecs.NewListTasksPaginator(c.ECS, &ecs.ListTasksInput{Cluster: awsaccess.Optional(cluster), DesiredStatus: status})
		for pages.HasMorePages() {
			var page *ecs.ListTasksOutput
			err := patiently(ctx, log, f.patience, awsaccess.Passing, func() (err error) {
				page, err = pages.NextPage(ctx)
				return err
			})
			if err != nil {
				return task{}, false, awsaccess.Explain("look for the ECS task of the flow run", err)
			}
			if made, found, err = f.among(ctx, log, c, cluster, page.TaskArns, cand); found || err != nil {
				return made, found, err
			}
		}
	}
	return task{}, false, nil
}

func (f *findTask) among(ctx context.Context, log *slog.Logger, c *awsaccess.Clients, cluster string, arns []string, cand candidate) (task, bool, error) {
	if len(arns) == 0 {
		return task{}, false, nil
	}
	var out *ecs.DescribeTasksOutput
	err := patiently(ctx, log, f.patience, awsaccess.Passing, func() (err error) {
		out, err = c.ECS.DescribeTasks(ctx, &ecs.DescribeTasksInput{Cluster: awsaccess.Optional(cluster), Tasks: arns, Include: []types.TaskField{types.TaskFieldTags}})
		return err
	})
	if err != nil {
		return task{}, false, awsaccess.Explain("look at the ECS tasks of the cluster", err)
	}
	for _, t := range out.Tasks {
		if runOf(t) == cand.run.ID && !hereFromAWS(out.ResultMetadata, t.CreatedAt).Before(cand.foreign.Add(-clockSkew)) {
			return task{aws.ToString(t.TaskArn), clusterOf(aws.ToString(t.TaskArn), cluster)}, true, nil
		}
	}
	return task{}, false, nil
}

// runOf is the id of the flow run that a task was launched for by whomever, if any.
func runOf(t types.Task) string {
	return (&observe.Change{Task: t, Tags: observe.TagsOf(t)}).RunID()
}
