package ecs

import (
	"context"
	"maps"
	"regexp"
	"slices"
	"strings"
	"time"

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

// capacityProvider is one that somebody made.
type capacityProvider struct {
	api     types.CapacityProvider
	settles time.Time // when what is under way ends; zero when nothing is

	// before is what a change that is under way goes back to when it fails.
	before *types.ManagedInstancesProvider
}

func (s *Service) handleCapacityProviders() {
	wire.HandleJSON(s.JSON, "CreateCapacityProvider", schemas.CreateCapacityProviderRequest,
		schemas.CreateCapacityProviderResponse, "name! cluster autoScalingGroupProvider managedInstancesProvider tags",
		s.createProvider)
	wire.HandleJSON(s.JSON, "UpdateCapacityProvider", schemas.UpdateCapacityProviderRequest,
		schemas.UpdateCapacityProviderResponse, "name! cluster managedInstancesProvider", s.updateProvider)
	wire.HandleJSON(s.JSON, "DescribeCapacityProviders", schemas.DescribeCapacityProvidersRequest,
		schemas.DescribeCapacityProvidersResponse, "capacityProviders cluster include nextToken maxResults",
		s.describeProviders)
	wire.HandleJSON(s.JSON, "DeleteCapacityProvider", schemas.DeleteCapacityProviderRequest,
		schemas.DeleteCapacityProviderResponse, "capacityProvider! cluster",
		s.deleteProvider)
}

func (s *Service) createProvider(_ context.Context,
	in *api.CreateCapacityProviderInput) (*api.CreateCapacityProviderOutput, error) {
	lower := strings.ToLower(*in.Name)
	switch {
	case (in.AutoScalingGroupProvider == nil) == (in.ManagedInstancesProvider == nil):
		return nil, invalid("Specify either an Auto Scaling group provider or a Managed Instances provider and try " +
			"again.")
	case !isName(*in.Name):
		return nil, invalid("Invalid capacity provider name: %s", *in.Name)
	case strings.HasPrefix(lower, "aws"), strings.HasPrefix(lower, "ecs"), strings.HasPrefix(lower, "fargate"):
		return nil, invalid("The specified capacity provider name is invalid. Up to 255 characters are allowed, and "+
			"the name can't be prefixed with \"aws\", \"ecs\", or \"fargate\": %s", *in.Name)
	case s.providerThere(*in.Name) != nil:
		return nil, clientError("A capacity provider with the name %s already exists.", *in.Name)
	}
	tags, err := mergeTags(nil, in.Tags)
	if err != nil {
		return nil, err
	}
	create := s.createOfGroup
	if in.ManagedInstancesProvider != nil {
		create = s.createManaged
	}
	p, err := create(in)
	if err != nil {
		return nil, err
	}
	p.api.Name, p.api.Tags = in.Name, tags
	p.api.CapacityProviderArn = aws.String(s.arn("capacity-provider/" + *in.Name))
	s.providers[*in.Name] = p
	shown := p.api
	return &api.CreateCapacityProviderOutput{CapacityProvider: &shown}, nil
}

// createOfGroup makes one of an Auto Scaling group, with AWS's defaults (API_ManagedScaling,
// API_AutoScalingGroupProvider).
func (s *Service) createOfGroup(in *api.CreateCapacityProviderInput) (*capacityProvider, error) {
	group := in.AutoScalingGroupProvider
	if !autoScalingGroup.MatchString(aws.ToString(group.AutoScalingGroupArn)) {
		return nil, clientError("The specified Auto Scaling group ARN is invalid. Specify a valid ARN and try again.")
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
	return &capacityProvider{api: types.CapacityProvider{
		Status: types.CapacityProviderStatusActive, AutoScalingGroupProvider: &made,
		Type: types.CapacityProviderTypeEc2Autoscaling,
	}}, nil
}

func (s *Service) updateProvider(_ context.Context,
	in *api.UpdateCapacityProviderInput) (*api.UpdateCapacityProviderOutput, error) {
	p := s.providerThere(*in.Name)
	if p == nil {
		return nil, providerNotFound(*in.Name)
	}
	if err := s.updateManaged(p, in); err != nil {
		return nil, err
	}
	shown := p.api
	return &api.UpdateCapacityProviderOutput{CapacityProvider: &shown}, nil
}

func orDefault[T ~string](field *T, value T) {
	if *field == "" {
		*field = value
	}
}

// providerThere is one that is not deleted; nil when there is none.
func (s *Service) providerThere(ref string) *capacityProvider {
	p := s.providers[lastPart(ref)]
	if p != nil {
		s.settleProvider(p)
	}
	if p == nil || p.api.Status == types.CapacityProviderStatusInactive {
		return nil
	}
	return p
}

// shows reports whether a look at capacity providers shows one: those of Managed Instances with their cluster alone,
// and with a cluster none that it does not have (API_DescribeCapacityProviders).
func (s *Service) shows(p *capacityProvider, c *cluster, name string) bool {
	switch {
	case p.manages():
		return c != nil && *p.api.Cluster == c.arn
	case c != nil:
		return slices.Contains(c.providers, name)
	}
	return true
}

func (s *Service) describeProviders(_ context.Context,
	in *api.DescribeCapacityProvidersInput) (*api.DescribeCapacityProvidersOutput, error) {
	out := &api.DescribeCapacityProvidersOutput{
		CapacityProviders: []types.CapacityProvider{}, Failures: []types.Failure{},
	}
	var c *cluster
	if in.Cluster != nil {
		var err error
		if c, err = s.cluster(in.Cluster); err != nil {
			return nil, err
		}
	}
	names := in.CapacityProviders
	if len(names) == 0 {
		names = append(slices.Clone(fargateProviders), slices.Sorted(maps.Keys(s.providers))...)
		names = slices.DeleteFunc(names, func(name string) bool { return !s.shows(s.providers[name], c, name) })
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
			p = &capacityProvider{api: types.CapacityProvider{Name: &name, Status: types.CapacityProviderStatusActive,
				CapacityProviderArn: aws.String(s.arn("capacity-provider/" + name))}}
		}
		if p == nil || !s.shows(p, c, name) {
			out.Failures = append(out.Failures, missing(s.arn("capacity-provider/"+name)))
			continue
		}
		s.settleProvider(p)
		shown := p.api
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
	p := s.providerThere(*in.CapacityProvider)
	if p == nil || p.manages() && (in.Cluster == nil || lastPart(*in.Cluster) != lastPart(*p.api.Cluster)) {
		return nil, providerNotFound(*in.CapacityProvider)
	}
	deleting := p.api.UpdateStatus == types.CapacityProviderUpdateStatusDeleteInProgress
	switch reason := s.keepsProvider(p); {
	case reason != "":
		p.api.UpdateStatus, p.api.UpdateStatusReason = types.CapacityProviderUpdateStatusDeleteFailed, &reason
	case p.manages() && !deleting:
		p.api.Status = types.CapacityProviderStatusDeprovisioning
		p.api.UpdateStatus = types.CapacityProviderUpdateStatusDeleteInProgress
		p.api.UpdateStatusReason, p.settles = nil, s.cfg.Clock.Now().Add(s.cfg.ProviderDelay)
	case !deleting:
		p.api.Status = types.CapacityProviderStatusInactive
		p.api.UpdateStatus = types.CapacityProviderUpdateStatusDeleteComplete
		p.api.UpdateStatusReason = nil
	}
	shown := p.api
	return &api.DeleteCapacityProviderOutput{CapacityProvider: &shown}, nil
}

// keepsProvider is why a capacity provider cannot go, "" when it can. ECS takes the call and says so in the provider's
// update status (hashicorp/terraform-provider-aws#48156).
func (s *Service) keepsProvider(p *capacityProvider) string {
	for _, c := range s.clusters {
		if c.status == active && slices.Contains(c.providers, *p.api.Name) {
			return "The capacity provider cannot be deleted because it is associated with cluster: " + c.name +
				". Remove the capacity provider from the cluster and try again."
		}
		for _, t := range c.tasks {
			if t.live() && aws.ToString(t.api.CapacityProviderName) == *p.api.Name {
				return "The capacity provider cannot be deleted because it has running tasks."
			}
		}
	}
	return ""
}

func providerNotFound(name string) error {
	return invalid("The specified capacity provider '%s' was not found. Specify a valid name or ARN and try again.",
		name)
}
