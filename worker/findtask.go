package worker

import (
	"context"
	"log/slog"

	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"ecsctl/internal/awserr"
	"ecsctl/jobtemplate"
	"ecsctl/worker/awsaccess"
)

// findTask looks for tasks that were launched for a claim by whomever.
type findTask struct{ patience patience }

// Of returns the task of a claim. ECS lists stopped tasks for about an hour. (A job
// whose template sets startedBy itself cannot be looked for: there the client token
// alone keeps a second launch from making a second task.)
func (f *findTask) Of(ctx context.Context, log *slog.Logger, c *awsaccess.Clients, job *jobtemplate.Job, cand candidate) (made task, found bool, err error) {
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
func (f *findTask) started(ctx context.Context, log *slog.Logger, c *awsaccess.Clients, cluster, by string) (made task, found bool, err error) {
	for _, status := range []types.DesiredStatus{types.DesiredStatusRunning, types.DesiredStatusStopped} {
		var list *ecs.ListTasksOutput
		err := patiently(ctx, log, f.patience, awsaccess.Passing, func() (err error) {
			list, err = c.ECS.ListTasks(ctx, &ecs.ListTasksInput{Cluster: awsaccess.Optional(cluster), StartedBy: &by, DesiredStatus: status})
			return err
		})
		if err != nil {
			return task{}, false, awsaccess.Explain("look for the ECS task of the flow run", err)
		}
		if len(list.TaskArns) > 0 {
			arn := list.TaskArns[0]
			return task{arn, clusterOf(arn, cluster)}, true, nil
		}
	}
	return task{}, false, nil
}
