package ecs

import (
	"context"
	"maps"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	api "github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"ecsctl/sandbox/internal/wire"
)

func (s *Service) findService(clusterRef, ref *string) (*service, error) {
	c, err := s.cluster(clusterRef)
	if err != nil {
		return nil, err
	}
	sv, ok := c.services[lastPart(*ref)]
	if !ok {
		return nil, serviceNotFound()
	}
	return sv, nil
}

func (s *Service) updateService(_ context.Context, in *api.UpdateServiceInput) (*api.UpdateServiceOutput, error) {
	sv, err := s.findService(in.Cluster, in.Service)
	if err != nil {
		return nil, err
	}
	if sv.status != active {
		return nil, wire.Errorf("ServiceNotActiveException", "Service was not ACTIVE.")
	}
	if err := checkUpdate(in); err != nil {
		return nil, err
	}
	config, err := deploymentConfig(in.DeploymentConfiguration, sv.base.DeploymentConfiguration)
	if err != nil {
		return nil, err
	}
	d, err := s.nextDeployment(sv, in)
	if err != nil {
		return nil, err
	}
	before := sv.describe(true)
	s.remember(sv, &before)
	sv.base.DeploymentConfiguration = config
	sv.apply(in)
	if d != nil {
		sv.deployments = slices.Insert(sv.deployments, 0, d)
	}
	s.poke()
	out := sv.describe(true)
	return &api.UpdateServiceOutput{Service: &out}, nil
}

func checkUpdate(in *api.UpdateServiceInput) error {
	if aws.ToInt32(in.DesiredCount) < 0 {
		return invalid("Invalid desired count: %d", *in.DesiredCount)
	}
	if err := checkController(in.DeploymentController); err != nil {
		return err
	}
	return checkPlatform(in.PlatformVersion)
}

// nextDeployment is nil when nothing of the tasks themselves changes.
func (s *Service) nextDeployment(sv *service, in *api.UpdateServiceInput) (*deployment, error) {
	td, network := sv.primary().definition, sv.base.NetworkConfiguration
	kind, strategy := sv.base.LaunchType, sv.base.CapacityProviderStrategy
	changed := in.ForceNewDeployment
	if in.TaskDefinition != nil {
		want, err := s.runnable(*in.TaskDefinition)
		if err != nil {
			return nil, err
		}
		changed, td = changed || want != td, want
	}
	if err := checkExec(aws.ToBool(in.EnableExecuteCommand), td, "updated"); err != nil {
		return nil, err
	}
	if in.NetworkConfiguration != nil && asJSON(in.NetworkConfiguration) != asJSON(network) {
		changed, network = true, in.NetworkConfiguration
	}
	if in.CapacityProviderStrategy != nil && asJSON(in.CapacityProviderStrategy) != asJSON(strategy) {
		changed, kind, strategy = true, "", in.CapacityProviderStrategy
	}
	if !changed {
		return nil, nil
	}
	d, err := s.newDeployment(sv.cluster, td.arn(), kind, strategy, network)
	if err == nil {
		sv.base.NetworkConfiguration, sv.base.LaunchType, sv.base.CapacityProviderStrategy = network, kind, strategy
	}
	return d, err
}

func (sv *service) apply(in *api.UpdateServiceInput) {
	if in.DesiredCount != nil {
		sv.desired = *in.DesiredCount
		sv.primary().updated = sv.clock.Now()
	}
	if in.EnableECSManagedTags != nil {
		sv.base.EnableECSManagedTags = *in.EnableECSManagedTags
	}
	if in.EnableExecuteCommand != nil {
		sv.base.EnableExecuteCommand = *in.EnableExecuteCommand // of tasks that start from now on
	}
	if in.PropagateTags != "" {
		sv.base.PropagateTags = in.PropagateTags
	}
	if in.AvailabilityZoneRebalancing != "" {
		sv.base.AvailabilityZoneRebalancing = in.AvailabilityZoneRebalancing
	}
}

func (s *Service) describeServices(_ context.Context,
	in *api.DescribeServicesInput) (*api.DescribeServicesOutput, error) {
	c, err := s.cluster(in.Cluster)
	if err != nil {
		return nil, err
	}
	switch {
	case len(in.Services) == 0:
		return nil, invalid("Services cannot be empty.")
	case len(in.Services) > 10:
		return nil, invalid("Services can have at most 10 items.")
	}
	out := &api.DescribeServicesOutput{Services: []types.Service{}, Failures: []types.Failure{}}
	for _, ref := range in.Services {
		sv, ok := c.services[lastPart(ref)]
		var described types.Service
		if ok {
			described, ok = s.seen(sv, slices.Contains(in.Include, types.ServiceFieldTags))
		}
		if !ok {
			out.Failures = append(out.Failures, missing(s.arn("service/"+c.name+"/"+lastPart(ref))))
			continue
		}
		out.Services = append(out.Services, described)
	}
	return out, nil
}

func (s *Service) listServices(_ context.Context, in *api.ListServicesInput) (*api.ListServicesOutput, error) {
	c, err := s.cluster(in.Cluster)
	if err != nil {
		return nil, err
	}
	size, err := pageSize(in.MaxResults, 10)
	if err != nil {
		return nil, err
	}
	var arns []string
	for _, name := range slices.Sorted(maps.Keys(c.services)) {
		sv := c.services[name]
		wanted := (in.LaunchType == "" || sv.base.LaunchType == in.LaunchType) &&
			(in.SchedulingStrategy == "" || sv.base.SchedulingStrategy == in.SchedulingStrategy)
		if sv.status != inactive && wanted {
			arns = append(arns, sv.arn)
		}
	}
	page, next, err := wire.Page(arns, in.NextToken, size, badToken)
	return &api.ListServicesOutput{ServiceArns: page, NextToken: next}, err
}

func (s *Service) deleteService(_ context.Context, in *api.DeleteServiceInput) (*api.DeleteServiceOutput, error) {
	sv, err := s.findService(in.Cluster, in.Service)
	if err != nil {
		return nil, err
	}
	switch {
	case sv.status == inactive:
		return nil, serviceNotFound()
	case sv.desired > 0 && !aws.ToBool(in.Force):
		return nil, invalid("The service cannot be stopped while it is scaled above 0.")
	}
	sv.status = draining
	sv.desired = 0
	s.poke()
	out := sv.describe(true)
	return &api.DeleteServiceOutput{Service: &out}, nil
}
