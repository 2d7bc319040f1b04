package provision

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"ecsctl/internal/hint"
	"ecsctl/prefect"
)

// WorkerStatus is a worker of the service as Prefect sees it.
type WorkerStatus struct {
	Name   string `json:"name"`
	Status string `json:"status"`
}

// errFailedDeployment ends the wait early: ECS itself has given up.
var errFailedDeployment = errors.New("ECS gave up on the deployment")

// WaitForWorker waits until a worker of the service is ONLINE in the pool. When none
// comes within the limit, or ECS gives up, the error says why, as far as the
// service's events, its stopped tasks and their last log lines tell.
func (b *Bootstrap) WaitForWorker(ctx context.Context, limit time.Duration, progress Progress) (WorkerStatus, error) {
	waiting, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	told := ""
	for {
		worker, state, err := b.lookForWorker(waiting)
		if err == nil && worker.Name != "" {
			return worker, nil
		}
		if ctx.Err() != nil {
			return WorkerStatus{}, ctx.Err()
		}
		if waiting.Err() != nil {
			return WorkerStatus{}, b.explainNoWorker(ctx, fmt.Errorf("no worker of service %q came online within %s",
				b.w.spec.Names.Service, limit))
		}
		if err != nil {
			return WorkerStatus{}, b.explainNoWorker(ctx, err)
		}
		if state != told {
			progress.Note(state)
			told = state
		}
		_ = b.w.pause(waiting) // the next round sees that the time is up
	}
}

// lookForWorker takes one look: at Prefect for a worker, at ECS for the service.
func (b *Bootstrap) lookForWorker(ctx context.Context) (WorkerStatus, string, error) {
	workers, err := b.w.aws.Prefect.Workers(ctx, b.w.spec.Pool)
	if err != nil {
		return WorkerStatus{}, "", err
	}
	if err := b.service.find(ctx); err != nil {
		return WorkerStatus{}, "", err
	}
	got := b.service.found
	if b.service.lags() {
		return WorkerStatus{}, "waiting until ECS shows the new deployment", nil
	}
	if got == nil {
		return WorkerStatus{}, "", fmt.Errorf("service %q is gone", b.w.spec.Names.Service)
	}
	if got.DesiredCount == 0 {
		return WorkerStatus{}, "", hint.Add(fmt.Errorf("service %q has a desired count of 0: it runs no worker",
			b.w.spec.Names.Service), "set --desired-count 1, or pass --no-wait")
	}
	if err := b.deploymentFailed(got); err != nil {
		return WorkerStatus{}, "", err
	}
	if !slices.ContainsFunc(workers, b.isWorker) {
		if err := b.endsAgainAndAgain(ctx); err != nil {
			return WorkerStatus{}, "", err
		}
		return WorkerStatus{}, fmt.Sprintf("waiting for a worker to come online: service has %d of %d tasks running, "+
			"%d pending", got.RunningCount, got.DesiredCount, got.PendingCount), nil
	}
	return b.pickWorker(ctx, workers)
}

// pickWorker takes a worker that a task which is to stay runs.
func (b *Bootstrap) pickWorker(ctx context.Context, workers []prefect.Worker) (WorkerStatus, string, error) {
	staying, ok, err := b.standing(ctx)
	if err != nil {
		return WorkerStatus{}, "", err
	}
	if !ok {
		return WorkerStatus{}, "waiting for the service to replace its tasks", nil
	}
	for _, worker := range workers {
		if b.isWorker(worker) && staying.has(worker) {
			return WorkerStatus{Name: worker.Name, Status: worker.Status}, "", nil
		}
	}
	return WorkerStatus{}, "waiting for the first heartbeat of a new worker", nil
}

// deploymentFailed is an error when ECS has given up, also when it has gone back to
// the task definition before.
func (b *Bootstrap) deploymentFailed(got *types.Service) error {
	// Those before it may have failed and still drain: they are history.
	if d := primaryOf(got); d != nil && d.RolloutState == types.DeploymentRolloutStateFailed {
		return fmt.Errorf("%w: %s", errFailedDeployment, aws.ToString(d.RolloutStateReason))
	}
	if wanted, now := b.service.w.value(KindTaskDefinition), aws.ToString(got.TaskDefinition); now != wanted {
		return fmt.Errorf("%w: the service is back on %s", errFailedDeployment, shortName(now))
	}
	return nil
}

// isWorker reports whether a worker is one of the service's, by its name, and ONLINE.
func (b *Bootstrap) isWorker(worker prefect.Worker) bool {
	return strings.HasPrefix(worker.Name, b.w.spec.Names.Service+"-") && worker.Online()
}

// explainNoWorker adds to err what ECS knows.
func (b *Bootstrap) explainNoWorker(ctx context.Context, err error) error {
	looking, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	reasons := b.w.whyNoWorker(looking, b.service.found)
	if len(reasons) > 0 {
		err = fmt.Errorf("%w\n  %s", err, strings.Join(reasons, "\n  "))
	}
	err = b.w.nameStatements(PolicyBootstrap, err)
	return hint.Add(err, "fix what it says and run the same command again", "or look at the logs in "+
		b.w.spec.WorkerLogGroup())
}
