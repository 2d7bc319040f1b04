package provision

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"ecsctl/internal/awserr"
	"ecsctl/internal/uuid"
)

func (s *service) apply(ctx context.Context) (string, error) {
	if s.found == nil {
		return s.create(ctx)
	}
	arn := *s.found.ServiceArn
	if err := s.w.tagECS(ctx, arn, TagMap(s.found.Tags, ecsTagPair)); err != nil {
		return arn, err
	}
	if len(s.fields()) == 0 && !s.stale {
		return arn, nil
	}
	return arn, s.update(ctx, s.stale)
}

// create sends one call, as often as it takes, under a token of its own: ECS then knows a
// repetition whose answer was lost. The token is random, so that no later service, of this
// name or with these parameters, is taken for this one. A later run has no use for it: it
// finds the service.
func (s *service) create(ctx context.Context) (string, error) {
	wanted := s.wanted()
	count := 1
	if wanted.DesiredCount != nil {
		count = *wanted.DesiredCount
	}
	in := &ecs.CreateServiceInput{
		Cluster:                 aws.String(s.w.spec.Cluster),
		ServiceName:             aws.String(s.name()),
		ClientToken:             aws.String(uuid.New()),
		TaskDefinition:          aws.String(wanted.TaskDefinition),
		DesiredCount:            aws.Int32(int32(count)),
		LaunchType:              types.LaunchTypeFargate,
		NetworkConfiguration:    wanted.network(),
		DeploymentConfiguration: wanted.deployment(),
		EnableExecuteCommand:    wanted.ExecuteCommand,
		EnableECSManagedTags:    true,
		PropagateTags:           types.PropagateTagsService,
		Tags:                    ecsTags(s.w.wantedTags()),
	}
	var arn string
	transient := func(err error) bool { return refusesRole(err) || stillDraining(err) }
	err := s.w.insist(ctx, transient, func() error {
		out, err := s.w.aws.ECS.CreateService(ctx, in)
		if err == nil {
			arn = *out.Service.ServiceArn
		}
		return err
	})
	if err == nil {
		return arn, nil
	}
	return s.meetOther(ctx, err)
}

// meetOther goes on with a service that another bootstrap made since we looked: ECS
// answers InvalidParameterException then. Any other failure stays one.
func (s *service) meetOther(ctx context.Context, created error) (string, error) {
	failed := explain("create the service", created)
	if !awserr.HasCode(created, "InvalidParameterException") {
		return "", failed
	}
	if err := s.find(ctx); err != nil || s.found == nil {
		return "", failed
	}
	if err := s.check(); err != nil {
		return "", err
	}
	arn := *s.found.ServiceArn
	if len(s.fields()) == 0 {
		return arn, nil
	}
	return arn, s.update(ctx, false)
}

func (s *service) update(ctx context.Context, force bool) error {
	wanted := s.wanted()
	in := &ecs.UpdateServiceInput{
		Cluster:                 aws.String(s.w.spec.Cluster),
		Service:                 aws.String(s.name()),
		TaskDefinition:          aws.String(wanted.TaskDefinition),
		NetworkConfiguration:    wanted.network(),
		DeploymentConfiguration: wanted.deployment(),
		EnableExecuteCommand:    aws.Bool(wanted.ExecuteCommand),
		ForceNewDeployment:      force || s.switchesExec(),
	}
	if wanted.DesiredCount != nil {
		in.DesiredCount = aws.Int32(int32(*wanted.DesiredCount))
	}
	err := s.w.insist(ctx, refusesRole, func() error {
		_, err := s.w.aws.ECS.UpdateService(ctx, in)
		return err
	})
	return explain("update the service", err)
}
