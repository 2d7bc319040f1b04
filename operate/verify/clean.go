package verify

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"ecsctl/internal/awserr"
	"ecsctl/internal/hint"
	"ecsctl/operate/status"
	"ecsctl/prefect"
)

// cleaningTime is the limit for taking away what was made, also after an interrupt.
const cleaningTime = time.Minute

// cleanUp takes away all that a verify made, whatever became of it, and goes on past a
// failure.
func (v *verification) cleanUp(ctx context.Context) {
	if v.Deployment != "" {
		v.endOwn(ctx)
		return
	}
	began := time.Now()
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), cleaningTime)
	defer cancel()
	err := errors.Join(v.endRun(ctx), v.retireDefinition(ctx))
	if v.deployment != nil {
		err = errors.Join(err, unlessGone(v.Clients.Prefect.DeleteDeployment(ctx, v.deployment.ID)))
	}
	if v.flow != nil {
		// Its runs go with it.
		err = errors.Join(err, unlessGone(v.Clients.Prefect.DeleteFlow(ctx, v.flow.ID)))
	}
	if err != nil {
		fix := strings.Join(append(hint.Of(err), "prefect flow delete, for flows whose names begin with "+verifyName),
			"; or ")
		v.fail(StepCleanup, strings.ReplaceAll(err.Error(), "\n", "; "), fix)
		return
	}
	done := "the deployment, the flow and the run are gone"
	if awserr.Denied(v.taskErr) {
		done += "; the task definition that the worker may have registered for them is not known, and stays"
	}
	v.ok(StepCleanup, time.Since(began), done)
}

func unlessGone(err error) error {
	if errors.Is(err, prefect.ErrNotFound) {
		return nil
	}
	return err
}

// endRun stops a run that is under way: with its record gone nobody else would.
func (v *verification) endRun(ctx context.Context) error {
	if v.run == nil || v.run.StateType.Terminal() {
		return nil
	}
	_, err := v.Clients.Prefect.SetFlowRunState(ctx, v.run.ID, prefect.StateProposal{
		Type: prefect.Cancelled, Message: "ecsctl verify gave up on it", Force: true,
	})
	cluster, arn, ok := strings.Cut(v.run.InfrastructurePID, "::")
	if !ok {
		return err
	}
	_, stopErr := v.Clients.ECS.StopTask(ctx, &ecs.StopTaskInput{
		Cluster: aws.String(cluster), Task: aws.String(arn), Reason: aws.String("ecsctl verify gave up on it"),
	})
	return errors.Join(err, v.explain(ctx, fmt.Sprintf("stop task %q", status.ShortName(arn)), stopErr))
}

// retireDefinition deregisters the task definition that the worker registered for this
// deployment alone. Its family carries the deployment's id; another one is the pool's.
func (v *verification) retireDefinition(ctx context.Context) error {
	if v.task == nil || v.deployment == nil || !strings.Contains(aws.ToString(v.task.TaskDefinitionArn),
		v.deployment.ID) {
		return nil
	}
	_, err := v.Clients.ECS.DeregisterTaskDefinition(ctx,
		&ecs.DeregisterTaskDefinitionInput{TaskDefinition: v.task.TaskDefinitionArn})
	var gone *types.ClientException // deregistered already (auto_deregister_task_definition)
	if errors.As(err, &gone) {
		return nil
	}
	return v.explain(ctx, fmt.Sprintf("deregister task definition %q",
		status.ShortName(aws.ToString(v.task.TaskDefinitionArn))), err)
}
