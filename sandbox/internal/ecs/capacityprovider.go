package ecs

import (
	"context"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	api "github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/schemas"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"ecsctl/sandbox/internal/wire"
)

// fargateProviders are there in each account, and nobody makes or deletes them.
var fargateProviders = []string{"FARGATE", spotProvider}

// autoScalingGroup is the ARN of a group. There is no EC2 Auto Scaling here, so that no group is looked up.
var autoScalingGroup = regexp.MustCompile(`^arn:[a-z-]+:autoscaling:[a-z0-9-]+:\d{12}:autoScalingGroup:[^:]+:` +
	`autoScalingGroupName/.+$`)

func (s *Service) handleCapacityProviders() {
	wire.HandleJSON(s.JSON, "CreateCapacityProvider", schemas.CreateCapacityProviderRequest,
		schemas.CreateCapacityProviderResponse, "name! autoScalingGroupProvider tags", s.createProvider)
	wire.HandleJSON(s.JSON, "DescribeCapacityProviders", schemas.DescribeCapacityProvidersRequest,
		schemas.DescribeCapacityProvidersResponse, "capacityProviders include nextToken maxResults",
		s.describeProviders)
	wire.HandleJSON(s.JSON, "DeleteCapacityProvider", schemas.DeleteCapacityProviderRequest,
		schemas.DeleteCapacityProviderResponse, "capacityProvider!", s.deleteProvider)
}

// createProvider makes one of an Auto Scaling group, with AWS's defaults (API_ManagedScaling,
// API_AutoScalingGroupProvider).
func (s *Service) createProvider(_ context.Context,
	in *api.CreateCapacityProviderInput) (*api.CreateCapacityProviderOutput, error) {
	group, lower := in.AutoScalingGroupProvider, strings.ToLower(*in.Name)
	switch {
	case group == nil:
		return nil, invalid("Specify an Auto Scaling group provider and try again.")
	case !nameSyntax.MatchString(*in.Name):
		return nil, invalid("Invalid capacity provider name: %s", *in.Name)
	case strings.HasPrefix(lower, "aws"), strings.HasPrefix(lower, "ecs"), strings.HasPrefix(lower, "fargate"):
		return nil, invalid("The specified capacity provider name is invalid. Up to 255 characters are allowed, and "+
			"the name can't be prefixed with \"aws\", \"ecs\", or \"fargate\": %s", *in.Name)
	case s.activeProvider(*in.Name) != nil:
		return nil, clientError("A capacity provider with the name %s already exists.", *in.Name)
	case !autoScalingGroup.MatchString(aws.ToString(group.AutoScalingGroupArn)):
		return nil, clientError("The specified Auto Scaling group ARN is invalid. Specify a valid ARN and try again.")
	}
	tags, err := mergeTags(nil, in.Tags)
	if err != nil {
		return nil, err
	}
	made := types.AutoScalingGroupProvider{
		AutoScalingGroupArn: group.AutoScalingGroupArn, ManagedScaling: group.ManagedScaling,
		ManagedTerminationProtection: group.ManagedTerminationProtection, ManagedDraining: group.ManagedDraining,
	}
	if made.ManagedScaling == nil {
		made.ManagedScaling = &types.ManagedScaling{}
	}
	orDefault(&made.ManagedScaling.Status, types.ManagedScalingStatusDisabled)
	orDefault(&made.ManagedTerminationProtection, types.ManagedTerminationProtectionDisabled)
	orDefault(&made.ManagedDraining, types.ManagedDrainingEnabled)
	if made.ManagedTerminationProtection == types.ManagedTerminationProtectionEnabled &&
		made.ManagedScaling.Status != types.ManagedScalingStatusEnabled {
		return nil, clientError("The managed termination protection setting for the capacity provider is invalid. To " +
			"enable managed termination protection for a capacity provider, managed scaling must be enabled.")
	}
	p := &types.CapacityProvider{
		Name: in.Name, CapacityProviderArn: aws.String(s.arn("capacity-provider/" + *in.Name)), Tags: tags,
		Status: types.CapacityProviderStatusActive, AutoScalingGroupProvider: &made,
	}
	s.providers[*in.Name] = p
	return &api.CreateCapacityProviderOutput{CapacityProvider: p}, nil
}

func orDefault[T ~string](field *T, value T) {
	if *field == "" {
		*field = value
	}
}

// activeProvider is one of an Auto Scaling group that clusters and tasks may use; nil when there is none.
func (s *Service) activeProvider(ref string) *types.CapacityProvider {
	p := s.providers[lastPart(ref)]
	if p == nil || p.Status != types.CapacityProviderStatusActive {
		return nil
	}
	return p
}

func (s *Service) describeProviders(_ context.Context,
	in *api.DescribeCapacityProvidersInput) (*api.DescribeCapacityProvidersOutput, error) {
	out := &api.DescribeCapacityProvidersOutput{
		CapacityProviders: []types.CapacityProvider{}, Failures: []types.Failure{},
	}
	names := in.CapacityProviders
	if len(names) == 0 {
		names = append(slices.Clone(fargateProviders), slices.Sorted(maps.Keys(s.providers))...)
	}
	size, err := pageSize(in.MaxResults, 10)
	if err != nil {
		return nil, err
	}
	page, next, err := wire.Page(names, in.NextToken, size, badToken)
	if err != nil {
		return nil, err
	}
	out.NextToken = next
	for _, ref := range page {
		name := lastPart(ref)
		p := s.providers[name]
		if slices.Contains(fargateProviders, name) {
			p = &types.CapacityProvider{Name: &name, Status: types.CapacityProviderStatusActive,
				CapacityProviderArn: aws.String(s.arn("capacity-provider/" + name))}
		}
		if p == nil {
			out.Failures = append(out.Failures, missing(s.arn("capacity-provider/"+name)))
			continue
		}
		shown := *p
		if !slices.Contains(in.Include, types.CapacityProviderFieldTags) {
			shown.Tags = nil
		}
		shown.Tags = orEmpty(shown.Tags)
		out.CapacityProviders = append(out.CapacityProviders, shown)
	}
	return out, nil
}

func (s *Service) deleteProvider(_ context.Context,
	in *api.DeleteCapacityProviderInput) (*api.DeleteCapacityProviderOutput, error) {
	p := s.activeProvider(*in.CapacityProvider)
	if p == nil {
		return nil, providerNotFound(*in.CapacityProvider)
	}
	for _, c := range s.clusters {
		if c.status == active && slices.Contains(c.providers, *p.Name) {
			return nil, clientError("The capacity provider cannot be deleted because it is associated with cluster: "+
				"%s. Remove the capacity provider from the cluster and try again.", c.name)
		}
	}
	p.Status, p.UpdateStatus = types.CapacityProviderStatusInactive, types.CapacityProviderUpdateStatusDeleteComplete
	return &api.DeleteCapacityProviderOutput{CapacityProvider: p}, nil
}

func providerNotFound(name string) error {
	return invalid("The specified capacity provider '%s' was not found. Specify a valid name or ARN and try again.",
		name)
}
