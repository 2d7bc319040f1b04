package worker

import (
	"context"
	"log/slog"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/ecs"

	"ecsctl/prefect"
)

// stopIfTooLate stops a task that was launched after its run had been cancelled: a
// launch that AWS takes only after minutes may be. Nobody else looks for it then.
func (s *submit) stopIfTooLate(ctx context.Context, log *slog.Logger, c candidate, clients *awsClients, made task) error {
	if time.Since(c.claimed) < freshClaim {
		return nil
	}
	run, err := s.claim.api.ReadFlowRun(ctx, c.run.ID)
	if err != nil || run.StateType != prefect.Cancelled {
		return err
	}
	log.WarnContext(ctx, "the flow run was cancelled while it was launched: its task is stopped", "task", made.arn)
	reason := stopReason
	_, err = clients.ecs.StopTask(ctx, &ecs.StopTaskInput{Cluster: &made.cluster, Task: &made.arn, Reason: &reason})
	return explain("stop ECS task \""+made.arn+"\"", err)
}
