package worker

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"ecsctl/internal/awserr"
	"ecsctl/jobtemplate"
	"ecsctl/prefect"
	"ecsctl/worker/awsaccess"
)

// errForeign: the run's infrastructure is not an ECS task.
var errForeign = errors.New("its infrastructure id is not that of an ECS task")

// locator finds the tasks of runs that other workers have launched.
type locator struct {
	resolve *resolve
	clients *awsaccess.Sets
}

// task is the task that a run's infrastructure_pid names, and how to reach it.
func (l *locator) task(ctx context.Context, known *snapshot, run *prefect.FlowRun) (launchedTask, error) {
	cluster, arn, ok := parsePID(run.InfrastructurePID)
	if !ok {
		return launchedTask{}, errForeign
	}
	job, clients, err := l.job(ctx, known, run)
	return launchedTask{
		pid: run.InfrastructurePID, at: place{clients, cluster, arn}, runner: usesRunner(job.Command), startLimit: job.StartTimeout,
	}, err
}

// job is the run's job, and the clients for it. One that can no longer be made is an
// empty one: the worker's own credentials are tried. What it is made from may be some
// minutes old: many runs are located at once.
func (l *locator) job(ctx context.Context, known *snapshot, run *prefect.FlowRun) (*jobtemplate.Job, *awsaccess.Clients, error) {
	job, err := l.resolve.job(ctx, newCandidate(*run, time.Now().Add(-cacheLife)), known)
	var problems *jobtemplate.Problems
	if errors.As(err, &problems) {
		job, err = &jobtemplate.Job{}, nil
	}
	if err != nil {
		return &jobtemplate.Job{}, nil, err
	}
	clients, err := l.clients.Of(ctx, job.Credentials)
	return job, clients, err
}

// describeOne returns a task, or nil when ECS does not know it.
func describeOne(ctx context.Context, at place) (*types.Task, error) {
	out, err := at.clients.ECS.DescribeTasks(ctx, &ecs.DescribeTasksInput{Cluster: &at.cluster, Tasks: []string{at.task}})
	if awserr.HasCode(err, "ClusterNotFoundException") {
		return nil, nil
	}
	if err != nil {
		return nil, awsaccess.Explain("look at ECS task \""+at.task+"\"", err)
	}
	if len(out.Tasks) == 0 {
		return nil, nil
	}
	return &out.Tasks[0], nil
}

// isStartedByUs: the value of startedBy has the form that this worker gives it.
func isStartedByUs(value string) bool {
	return strings.HasPrefix(value, "prefect/") && strings.Count(value, "/") == 2
}
