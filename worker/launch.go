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

	"ecsctl/jobtemplate"
)

// launch is the stage that runs the task of a run, once for each scheduled state,
// whatever is sent again and by whom.
type launch struct {
	patience time.Duration
	networks networks
}

// task is a task that was launched.
type task struct{ arn, cluster string } // ARNs

// run launches the task and returns it.
func (l *launch) run(ctx context.Context, log *slog.Logger, c *awsClients, job *jobtemplate.Job, d definition, cand candidate) (task, error) {
	parameters := jobtemplate.Launch{
		TaskDefinition: d.arn, Registered: d.registered, Described: d.described,
		StartedBy: startedBy(cand.run.ID, cand.stateID),
	}
	if need, needed := job.NeedsNetwork(d.described); needed {
		network, err := l.networks.find(ctx, log, c, need)
		if err != nil {
			return task{}, err
		}
		parameters.Network = network
	}
	var made task
	failures, warned := 0, false
	err := patiently(ctx, log, l.patience, again, func() error {
		parameters.ClientToken = clientToken(cand.run.ID, cand.stateID, failures)
		request, err := job.RunTask(parameters)
		if err != nil {
			return err
		}
		if !warned {
			warned = warn(ctx, log, request.Warnings)
		}
		made, err = l.send(ctx, log, c, request.Input)
		var refused *refusedError
		if errors.As(err, &refused) {
			failures++
		}
		return err
	})
	return made, err
}

func warn(ctx context.Context, log *slog.Logger, warnings []string) bool {
	for _, warning := range warnings {
		log.WarnContext(ctx, warning)
	}
	return true
}

// again: a refusal for want of capacity may pass, and so may failures of AWS itself. A
// job that is wrong stays wrong.
func again(err error) bool {
	var refused *refusedError
	if errors.As(err, &refused) {
		return refused.passing()
	}
	var problems *jobtemplate.Problems
	return !errors.As(err, &problems) && passing(err)
}

func (l *launch) send(ctx context.Context, log *slog.Logger, c *awsClients, input *ecs.RunTaskInput) (task, error) {
	out, err := c.ecs.RunTask(ctx, input)
	var conflict *types.ConflictException
	if errors.As(err, &conflict) && len(conflict.ResourceIds) > 0 {
		return l.adopt(ctx, log, conflict.ResourceIds[0], input), nil
	}
	if err != nil {
		return task{}, explain("run the ECS task", err)
	}
	if len(out.Tasks) > 0 {
		return task{aws.ToString(out.Tasks[0].TaskArn), aws.ToString(out.Tasks[0].ClusterArn)}, nil
	}
	refused := &refusedError{reason: "AWS gave no reason"}
	if len(out.Failures) > 0 {
		refused.reason, refused.detail = aws.ToString(out.Failures[0].Reason), aws.ToString(out.Failures[0].Detail)
	}
	return task{}, refused
}

// adopt takes over the task that a launch for the same scheduled state has made with
// other parameters: before this worker was restarted, or by another worker.
func (l *launch) adopt(ctx context.Context, log *slog.Logger, arn string, input *ecs.RunTaskInput) task {
	log.InfoContext(ctx, "the ECS task of this flow run was launched before: it is taken over", "task", arn)
	return task{arn, clusterOf(arn, aws.ToString(input.Cluster))}
}

// clusterOf is the ARN of the cluster that a task is in, read off the task's ARN. Old
// ARNs do not name it.
func clusterOf(taskARN, given string) string {
	account, resource, ok := strings.Cut(taskARN, ":task/")
	name, _, named := strings.Cut(resource, "/")
	if !ok || !named {
		return given
	}
	return account + ":cluster/" + name
}

// refusedError is RunTask's answer without a task.
type refusedError struct{ reason, detail string }

func (e *refusedError) Error() string {
	text := "failed to run the ECS task: " + e.reason
	if e.detail != "" {
		text += " (" + e.detail + ")"
	}
	return text
}

// passing: ECS has no place for the task now, but may have one later. It tells so in
// the reason alone: RESOURCE:MEMORY, AGENT, "Capacity is unavailable at this time...",
// "You’ve reached the limit on the number of vCPUs you can run concurrently".
func (e *refusedError) passing() bool {
	return strings.HasPrefix(e.reason, "RESOURCE:") || e.reason == "AGENT" || strings.HasPrefix(e.reason, "Capacity is unavailable") ||
		strings.Contains(e.reason, "reached the limit on the number of")
}
