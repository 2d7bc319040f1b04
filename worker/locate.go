package worker

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
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
		pid: run.InfrastructurePID, at: place{clients, cluster, arn},
		startLimit: job.StartTimeout,
	}, err
}

// job is the run's job, and the clients for it. One that can no longer be made is an
// empty one: the worker's own credentials are tried. What it is made from may be some
// minutes old: many runs are located at once.
func (l *locator) job(ctx context.Context, known *snapshot,
	run *prefect.FlowRun) (*jobtemplate.Job, *awsaccess.Clients, error) {
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
	out, err := at.clients.ECS.DescribeTasks(ctx, &ecs.DescribeTasksInput{
		Cluster: &at.cluster, Tasks: []string{at.task},
	})
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

// findTask looks for tasks that were launched for a claim by whomever.
type findTask struct{ patience patience }

// Of returns the task of a claim. ECS lists stopped tasks for about an hour. (A job
// whose template sets startedBy itself cannot be looked for: there the client token
// alone keeps a second launch from making a second task.)
func (f *findTask) Of(ctx context.Context, log *slog.Logger, c *awsaccess.Clients, job *jobtemplate.Job,
	cand candidate) (made task, found bool, err error) {
	if !cand.foreign.IsZero() {
		return f.tagged(ctx, log, c, job.Cluster, cand)
	}
	made, found, err = f.started(ctx, log, c, job.Cluster, startedBy(cand.run.ID, cand.claim))
	if awserr.HasCode(err, "AccessDeniedException") {
		// The client token still keeps a second launch from making a second task.
		log.WarnContext(ctx, "the ECS task of the flow run cannot be looked for", "error", awsaccess.Sentence(err))
		return task{}, false, nil
	}
	return made, found, err
}

// started returns the task with that value of startedBy.
func (f *findTask) started(ctx context.Context, log *slog.Logger, c *awsaccess.Clients,
	cluster, by string) (made task, found bool, err error) {
	return f.search(ctx, log, c, ecs.ListTasksInput{Cluster: awsaccess.Optional(cluster), StartedBy: &by},
		func(_ *ecs.DescribeTasksOutput, t types.Task) bool { // an emulator may not know the filter
			return aws.ToString(t.StartedBy) == by
		})
}

// search returns the first task that is the one, among those that are listed, running or stopped.
func (f *findTask) search(ctx context.Context, log *slog.Logger, c *awsaccess.Clients, in ecs.ListTasksInput,
	isIt func(*ecs.DescribeTasksOutput, types.Task) bool) (made task, found bool, err error) {
	for _, status := range []types.DesiredStatus{types.DesiredStatusRunning, types.DesiredStatusStopped} {
		in.DesiredStatus = status
		pages := ecs.NewListTasksPaginator(c.ECS, &in)
		for pages.HasMorePages() {
			var page *ecs.ListTasksOutput
			err := patiently(ctx, log, f.patience, awsaccess.Passing, func() (err error) {
				page, err = pages.NextPage(ctx)
				return err
			})
			if err != nil {
				return task{}, false, awsaccess.Explain("look for the ECS task of the flow run", err)
			}
			if made, found, err = f.among(ctx, log, c, in.Cluster, page.TaskArns, isIt); found || err != nil {
				return made, found, err
			}
		}
	}
	return task{}, false, nil
}

func (f *findTask) among(ctx context.Context, log *slog.Logger, c *awsaccess.Clients, cluster *string, arns []string,
	isIt func(*ecs.DescribeTasksOutput, types.Task) bool) (task, bool, error) {
	if len(arns) == 0 {
		return task{}, false, nil
	}
	var out *ecs.DescribeTasksOutput
	err := patiently(ctx, log, f.patience, awsaccess.Passing, func() (err error) {
		out, err = c.ECS.DescribeTasks(ctx, &ecs.DescribeTasksInput{
			Cluster: cluster, Tasks: arns, Include: []types.TaskField{types.TaskFieldTags},
		})
		return err
	})
	if err != nil {
		return task{}, false, awsaccess.Explain("look at the ECS tasks of the cluster", err)
	}
	for _, t := range out.Tasks {
		if isIt(out, t) {
			return task{aws.ToString(t.TaskArn), clusterOf(aws.ToString(t.TaskArn), aws.ToString(cluster))}, true, nil
		}
	}
	return task{}, false, nil
}

// recentRevisions is how many revisions of a family are looked through for equal
// content: jobs that share a family take turns in it.
const recentRevisions = 5

// findDefinition returns the ARN of an active task definition with equal content, or
// nothing.
func findDefinition(ctx context.Context, c *awsaccess.Clients, wanted *jobtemplate.Definition) (string, error) {
	latest, err := describeWithTags(ctx, c, *wanted.Input.Family)
	if awserr.HasCode(err, "ClientException") { // the family is new
		return "", nil
	}
	if err != nil {
		return "", err
	}
	if equalContent(latest, wanted) {
		return *latest.TaskDefinition.TaskDefinitionArn, nil
	}
	if latest.TaskDefinition.Revision == 1 {
		return "", nil
	}
	return findOlder(ctx, c, wanted, *latest.TaskDefinition.TaskDefinitionArn)
}

func findOlder(ctx context.Context, c *awsaccess.Clients, wanted *jobtemplate.Definition,
	latest string) (string, error) {
	limit := int32(recentRevisions)
	list, err := c.ECS.ListTaskDefinitions(ctx, &ecs.ListTaskDefinitionsInput{
		FamilyPrefix: wanted.Input.Family, Status: types.TaskDefinitionStatusActive, Sort: types.SortOrderDesc,
		MaxResults: &limit,
	})
	if err != nil {
		return "", err
	}
	for _, arn := range list.TaskDefinitionArns {
		if arn == latest {
			continue
		}
		// An emulator may not know the prefix: the family is part of the content.
		older, err := describeWithTags(ctx, c, arn)
		if err != nil {
			return "", err
		}
		if equalContent(older, wanted) {
			return arn, nil
		}
	}
	return "", nil
}

func describeWithTags(ctx context.Context, c *awsaccess.Clients,
	name string) (*ecs.DescribeTaskDefinitionOutput, error) {
	return c.ECS.DescribeTaskDefinition(ctx, &ecs.DescribeTaskDefinitionInput{
		TaskDefinition: &name, Include: []types.TaskDefinitionField{types.TaskDefinitionFieldTags},
	})
}

// equalContent trusts our tag, or compares what AWS has made of the content.
func equalContent(described *ecs.DescribeTaskDefinitionOutput, wanted *jobtemplate.Definition) bool {
	if described.TaskDefinition.Status != types.TaskDefinitionStatusActive {
		return false
	}
	for _, tag := range described.Tags {
		if tag.Key != nil && *tag.Key == jobtemplate.HashTag && tag.Value != nil {
			return *tag.Value == wanted.Hash
		}
	}
	hash, err := jobtemplate.HashDescribed(described.TaskDefinition, described.Tags)
	return err == nil && hash == wanted.Hash
}
