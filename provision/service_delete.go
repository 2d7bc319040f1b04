package provision

import (
	"context"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
)

func (s *service) remove() Change {
	c := Change{Kind: KindService, Name: s.name(), Action: Delete}
	switch {
	case s.found == nil:
		c.Action = None
		return c
	case !s.owned():
		c.Action, c.Reason = Leave, notOurs
	}
	c.ID = *s.found.ServiceArn
	return c
}

// delete drains the service: it asks for no more tasks, so that each worker gets its
// SIGTERM and stop timeout, and waits until none runs before it deletes.
func (s *service) delete(ctx context.Context) error {
	api, id := s.w.aws.ECS, aws.String(s.name())
	cluster := aws.String(s.w.spec.Cluster)
	if s.found.DesiredCount > 0 {
		_, err := api.UpdateService(ctx, &ecs.UpdateServiceInput{
			Cluster: cluster, Service: id, DesiredCount: aws.Int32(0),
		})
		if unlessGone(err) != nil {
			return explain("drain the service", err)
		}
	}
	if err := s.waitDrained(ctx); err != nil {
		return err
	}
	_, err := api.DeleteService(ctx, &ecs.DeleteServiceInput{Cluster: cluster, Service: id})
	return explain("delete the service", unlessGone(err))
}

func (s *service) waitDrained(ctx context.Context) error {
	for {
		running := s.found.RunningCount
		err := s.find(ctx)
		if ctx.Err() != nil {
			return fmt.Errorf("%d tasks of the service still run: %w", running, ctx.Err())
		}
		if err != nil || s.found == nil || s.found.RunningCount == 0 {
			return err
		}
		_ = s.w.pause(ctx) // the next look sees that the time is up
	}
}
