package ecs

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	api "github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"ecsctl/sandbox/internal/wire"
)

func (s *Service) createService(_ context.Context, in *api.CreateServiceInput) (*api.CreateServiceOutput, error) {
	c, err := s.cluster(in.Cluster)
	if err != nil {
		return nil, err
	}
	if again, err := c.createdBefore(in); again != nil || err != nil {
		return again, err
	}
	if err := checkCreate(in); err != nil {
		return nil, err
	}
	if err := s.checkLinked(); err != nil {
		return nil, err
	}
	tags, err := mergeTags(nil, in.Tags)
	if err != nil {
		return nil, err
	}
	d, err := s.newDeployment(c, *in.TaskDefinition, in.LaunchType, in.CapacityProviderStrategy,
		in.NetworkConfiguration)
	if err != nil {
		return nil, err
	}
	if err := checkExec(in.EnableExecuteCommand, d.definition, "created"); err != nil {
		return nil, err
	}
	if err := checkPlatform(in.PlatformVersion); err != nil {
		return nil, err
	}
	config, err := deploymentConfig(in.DeploymentConfiguration, nil)
	if err != nil {
		return nil, err
	}
	sv := &service{
		cluster: c, name: *in.ServiceName, arn: s.arn("service/" + c.name + "/" + *in.ServiceName), status: active,
		desired: *in.DesiredCount, params: asJSON(in), tags: tags, deployments: []*deployment{d},
		clock: s.cfg.Clock,
	}
	sv.base = s.serviceBase(in, config)
	c.services[sv.name] = sv
	s.remember(sv, nil)
	if in.ClientToken != nil {
		c.tokens[*in.ClientToken] = sv
	}
	s.poke()
	out := sv.describe(true)
	return &api.CreateServiceOutput{Service: &out}, nil
}

// serviceBase is what describing the service tells of its creation; what was left out has ECS's defaults.
func (s *Service) serviceBase(in *api.CreateServiceInput, config *types.DeploymentConfiguration) types.Service {
	base := types.Service{
		CreatedAt: aws.Time(s.cfg.Clock.Now()), CreatedBy: words("arn:%s:iam::%s:user/sandbox", s.cfg.Partition,
			s.cfg.Account),
		LaunchType: in.LaunchType, CapacityProviderStrategy: in.CapacityProviderStrategy,
		PlatformVersion: aws.String("LATEST"), PlatformFamily: aws.String("Linux"),
		RoleArn: words("arn:%s:iam::%s:role/aws-service-role/ecs.amazonaws.com/AWSServiceRoleForECS",
			s.cfg.Partition, s.cfg.Account),
		SchedulingStrategy:      types.SchedulingStrategyReplica,
		DeploymentController:    &types.DeploymentController{Type: types.DeploymentControllerTypeEcs},
		DeploymentConfiguration: config, NetworkConfiguration: in.NetworkConfiguration,
		EnableECSManagedTags: in.EnableECSManagedTags, PropagateTags: in.PropagateTags,
		AvailabilityZoneRebalancing: in.AvailabilityZoneRebalancing, EnableExecuteCommand: in.EnableExecuteCommand,
	}
	if base.PropagateTags == "" {
		base.PropagateTags = types.PropagateTagsNone
	}
	if base.AvailabilityZoneRebalancing == "" {
		base.AvailabilityZoneRebalancing = types.AvailabilityZoneRebalancingEnabled
	}
	return base
}

// createdBefore answers for a name or a client token that is taken: the same call again
// is the same service, if it carries the same token. What becomes of the token of a
// service that is deleted is not documented; here it is spent.
func (c *cluster) createdBefore(in *api.CreateServiceInput) (*api.CreateServiceOutput, error) {
	have, made := c.services[*in.ServiceName], c.tokens[aws.ToString(in.ClientToken)]
	free := have == nil || have.status == inactive
	switch {
	case free && made == nil:
		return nil, nil
	case !free && have.status == draining:
		return nil, invalid("Unable to Start a service that is still Draining.")
	case free || made != have || have.params != asJSON(in):
		return nil, invalid("Creation of service was not idempotent.")
	}
	out := have.describe(true)
	return &api.CreateServiceOutput{Service: &out}, nil
}

func checkCreate(in *api.CreateServiceInput) error {
	switch {
	case !isName(*in.ServiceName):
		return invalid("Invalid service name: %s", *in.ServiceName)
	case in.TaskDefinition == nil:
		return clientError("TaskDefinition can not be blank.")
	case in.SchedulingStrategy == types.SchedulingStrategyDaemon:
		return wire.NotImplemented("the scheduling strategy DAEMON")
	case in.DesiredCount == nil:
		return invalid("DesiredCount must be specified for the REPLICA scheduling strategy.")
	case *in.DesiredCount < 0:
		return invalid("Invalid desired count: %d", *in.DesiredCount)
	case len(aws.ToString(in.ClientToken)) > 36:
		return invalid("clientToken must be at most 36 characters long.")
	case in.LaunchType != "" && in.CapacityProviderStrategy != nil:
		return invalid("Specifying both a launch type and capacity provider strategy is not supported. Remove one " +
			"and try again.")
	}
	return checkController(in.DeploymentController)
}

// checkExec refuses ECS Exec for tasks without a task role, which its agent needs.
func checkExec(on bool, td *taskDefinition, verb string) error {
	if on && aws.ToString(td.api.TaskRoleArn) == "" {
		return invalid("The service couldn't be %s because a valid taskRoleArn is not being used. "+
			"Specify a valid task role in your task definition and try again.", verb)
	}
	return nil
}

func checkController(c *types.DeploymentController) error {
	if c != nil && c.Type != types.DeploymentControllerTypeEcs {
		return wire.NotImplemented("the deployment controller " + string(c.Type))
	}
	return nil
}

// newDeployment checks what its tasks will need.
func (s *Service) newDeployment(c *cluster, definition string, kind types.LaunchType,
	strategy []types.CapacityProviderStrategyItem, network *types.NetworkConfiguration) (*deployment, error) {
	td, err := s.runnable(definition)
	if err != nil {
		return nil, err
	}
	provider, err := s.placement(c, kind, strategy)
	if err != nil {
		return nil, err
	}
	vpc, err := s.checkNetwork(td, network)
	if err != nil {
		return nil, err
	}
	if err := s.checkRoles(td, nil); err != nil {
		return nil, err
	}
	now := s.cfg.Clock.Now()
	d := &deployment{id: newDeploymentID(), definition: td, network: vpc, provider: provider, created: now,
		updated: now}
	d.state = types.DeploymentRolloutStateInProgress
	d.reason = "ECS deployment " + d.id + " in progress."
	return d, nil
}

// deploymentConfig lays what is given over what there was, or over ECS's defaults.
func deploymentConfig(in, old *types.DeploymentConfiguration) (*types.DeploymentConfiguration, error) {
	out := types.DeploymentConfiguration{
		MaximumPercent: aws.Int32(200), MinimumHealthyPercent: aws.Int32(100),
		Strategy:                 types.DeploymentStrategyRolling,
		DeploymentCircuitBreaker: &types.DeploymentCircuitBreaker{}, BakeTimeInMinutes: aws.Int32(0),
	}
	if old != nil {
		out = *old
	}
	if in == nil {
		return &out, nil
	}
	switch {
	case in.Strategy != "" && in.Strategy != types.DeploymentStrategyRolling:
		return nil, wire.NotImplemented("the deployment strategy " + string(in.Strategy))
	case in.Alarms != nil, in.LifecycleHooks != nil, in.CanaryConfiguration != nil, in.LinearConfiguration != nil,
		in.EarlySuccessCriteria != nil, aws.ToInt32(in.BakeTimeInMinutes) > 0:
		return nil, wire.NotImplemented("alarms, hooks, bake time and gradual strategies of deploymentConfiguration")
	}
	if in.MaximumPercent != nil {
		out.MaximumPercent = in.MaximumPercent
	}
	if in.MinimumHealthyPercent != nil {
		out.MinimumHealthyPercent = in.MinimumHealthyPercent
	}
	if in.DeploymentCircuitBreaker != nil {
		out.DeploymentCircuitBreaker = in.DeploymentCircuitBreaker
	}
	if *out.MaximumPercent <= *out.MinimumHealthyPercent &&
		(*out.MaximumPercent <= 100 && *out.MinimumHealthyPercent >= 100) {
		return nil, invalid("Both maximumPercent and minimumHealthyPercent cannot be 100 as this will block " +
			"deployments.")
	}
	return &out, nil
}
