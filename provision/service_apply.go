package provision

import (
	"context"
	"regexp"
	"time"

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
	anew := s.stale || s.failed
	if len(s.fields()) == 0 && !anew {
		return arn, nil
	}
	return arn, s.update(ctx, anew)
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
	transient := func(err error) bool {
		return refusesRole(err) || stillDraining(err) || s.groupIsOurs() && unseenGroup(err)
	}
	err := s.w.insist(ctx, transient, func() error {
		out, err := s.w.aws.ECS.CreateService(ctx, in)
		if err == nil {
			arn = *out.Service.ServiceArn
			s.note(out.Service)
		}
		return err
	})
	if err == nil {
		return arn, nil
	}
	return s.meetOther(ctx, err)
}

// groupIsOurs: it may be so new that ECS does not see it.
func (s *service) groupIsOurs() bool { return len(s.w.spec.Network.SecurityGroups) == 0 }

// note keeps which deployment this run has made.
func (s *service) note(got *types.Service) {
	s.made, s.madeAt = primaryOf(got), time.Now()
}

// lags reports whether what was found is older than what this run did: for a moment DescribeServices
// may still tell of the state before, or of no service at all (docs/aws-notes.md).
func (s *service) lags() bool {
	if s.made == nil || s.made.CreatedAt == nil {
		return false
	}
	if s.found != nil {
		if now := primaryOf(s.found); now != nil && !aws.ToTime(now.CreatedAt).Before(*s.made.CreatedAt) {
			s.made = nil // seen once, it is never older again
			return false
		}
	}
	return time.Since(s.madeAt) < insistFor
}

// madeByOther matches what ECS says of a service that is there already.
var madeByOther = regexp.MustCompile(`(?i)not idempotent`)

// meetOther goes on with a service that another bootstrap made since we looked: ECS
// answers InvalidParameterException then. Any other failure stays one.
func (s *service) meetOther(ctx context.Context, created error) (string, error) {
	failed := explain("create the service", created)
	if !awserr.HasCode(created, "InvalidParameterException") {
		return "", failed
	}
	find := s.find
	if api, _ := awserr.Answer(created); madeByOther.MatchString(api.ErrorMessage()) {
		find = func(ctx context.Context) error {
			return s.w.await(ctx, s.find, func() bool { return s.found != nil || s.draining != nil })
		}
	}
	if err := find(ctx); err != nil || s.found == nil {
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
	transient := func(err error) bool { return refusesRole(err) || s.groupIsOurs() && unseenGroup(err) }
	err := s.w.insist(ctx, transient, func() error {
		out, err := s.w.aws.ECS.UpdateService(ctx, in)
		if err == nil {
			s.note(out.Service)
		}
		return err
	})
	return explain("update the service", err)
}
