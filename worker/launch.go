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
	"ecsctl/internal/diagnose"
	"ecsctl/internal/hint"
	"ecsctl/jobtemplate"
	"ecsctl/worker/awsaccess"
)

// launch is the stage that runs the task of a run, once for each claim, whatever is
// sent again and by whom.
type launch struct {
	patience patience
	networks networks
	fallback bool // from Fargate Spot to on-demand when Spot has no capacity
}

// task is a task that was launched.
type task struct{ arn, cluster string } // ARNs

// Run launches the task and returns it.
func (l *launch) Run(ctx context.Context, log *slog.Logger, c *awsaccess.Clients, job *jobtemplate.Job, d definition,
	cand candidate) (task, error) {
	parameters := jobtemplate.Launch{
		TaskDefinition: d.arn, Registered: d.registered, Described: d.described,
		StartedBy: startedBy(cand.run.ID, cand.claim), ClientToken: clientToken(cand.run.ID, cand.claim),
	}
	if need, needed := job.NeedsNetwork(d.described); needed {
		began := time.Now()
		network, err := l.networks.find(ctx, log, c, need)
		cand.standing.waited(began)
		if err != nil {
			return task{}, err
		}
		parameters.Network = network
	}
	request, err := job.RunTask(parameters)
	if err != nil {
		return task{}, err
	}
	for _, warning := range request.Warnings {
		log.WarnContext(ctx, warning)
	}
	made, err := l.insist(ctx, log, c, request.Input, cand.standing)
	if l.fallback && isCapacity(err) && usesSpot(request.Input) {
		log.WarnContext(ctx, "Fargate Spot has no capacity for the task: it is launched on demand", "reason", err)
		return l.insist(ctx, log, c, onDemand(request.Input, fallbackToken(cand.run.ID, cand.claim)), cand.standing)
	}
	return made, err
}

// unsureError is the last failure of a launch of which ECS may have done the work: an
// answer was lost.
type unsureError struct{ error }

func (e *unsureError) Unwrap() error { return e.error }

// insist sends the request until ECS has decided, the claim has fallen, or patience ends.
func (l *launch) insist(ctx context.Context, log *slog.Logger, c *awsaccess.Clients, input *ecs.RunTaskInput,
	s *standing) (task, error) {
	var made task
	unsure := false
	ctx = awsaccess.BeforeSending(ctx, s.check)
	err := patiently(ctx, log, l.patience, awsaccess.Passing, func() (err error) {
		made, err = l.send(ctx, log, c, input)
		if err != nil {
			s.doubt()
		}
		var fallen *awsaccess.NotSentError
		if errors.As(err, &fallen) {
			return fallen.Cause
		}
		if !awserr.Throttled(err) { // it says nothing of the tries before it
			unsure = mayHaveWorked(err)
		}
		return err
	})
	if err != nil && unsure {
		return made, &unsureError{err}
	}
	return made, err
}

// mayHaveWorked: the call failed, but not by a decision of ECS.
func mayHaveWorked(err error) bool { return err != nil && lasting(err) && awsaccess.Passing(err) }

// once keeps the SDK from repeating a call by itself: which of its tries were heard
// would not be known.
func once(o *ecs.Options) { o.RetryMaxAttempts = 1 }

func (l *launch) send(ctx context.Context, log *slog.Logger, c *awsaccess.Clients,
	input *ecs.RunTaskInput) (task, error) {
	out, err := c.ECS.RunTask(ctx, input, once)
	var conflict *types.ConflictException
	if errors.As(err, &conflict) && len(conflict.ResourceIds) > 0 {
		arn := conflict.ResourceIds[0]
		log.InfoContext(ctx, "the ECS task of this flow run was launched before: it is taken over", "task", arn)
		return task{arn, clusterOf(arn, aws.ToString(input.Cluster))}, nil
	}
	if err != nil {
		return task{}, awsaccess.Explain("run the ECS task", err)
	}
	if len(out.Tasks) > 0 {
		return task{aws.ToString(out.Tasks[0].TaskArn), aws.ToString(out.Tasks[0].ClusterArn)}, nil
	}
	refused := &refusedError{reason: "AWS gave no reason"}
	if len(out.Failures) > 0 {
		refused.reason, refused.detail = aws.ToString(out.Failures[0].Reason), aws.ToString(out.Failures[0].Detail)
	}
	if found, ok := diagnose.Text(refused.reason); ok {
		return task{}, hint.Add(refused, found.String())
	}
	return task{}, refused
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
