package ecs

import (
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs/schemas"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"ecsctl/internal/uuid"
	"ecsctl/sandbox/internal/clock"
	"ecsctl/sandbox/internal/wire"
)

const maxEvents = 100

type service struct {
	base        types.Service // what CreateService and UpdateService set
	cluster     *cluster
	name, arn   string
	status      string
	desired     int32
	before      *types.Service // its last change, for those who see it late; nil if that made it
	params      string         // of its CreateService, by which a repeated one is known
	tags        []types.Tag
	deployments []*deployment // the primary first
	lastGood    *taskDefinition
	events      []types.ServiceEvent // newest first
	emptySince  time.Time            // DRAINING without tasks
	clock       *clock.Clock
}

type deployment struct {
	id          string
	definition  *taskDefinition
	network     *types.AwsVpcConfiguration
	provider    string
	created     time.Time
	updated     time.Time
	state       types.DeploymentRolloutState
	reason      string
	failures    int // since the last time that it was steady
	failed      int // FailedTasks: in a row, without one between that passed its health check
	nextStart   time.Time
	steadySince time.Time
}

func (s *Service) handleServices() {
	const config = "cluster desiredCount capacityProviderStrategy platformVersion deploymentConfiguration " +
		"networkConfiguration deploymentController " +
		"enableECSManagedTags propagateTags enableExecuteCommand availabilityZoneRebalancing "
	wire.HandleJSON(s.JSON, "CreateService", schemas.CreateServiceRequest, schemas.CreateServiceResponse,
		config+"serviceName! taskDefinition launchType clientToken schedulingStrategy tags", s.createService)
	wire.HandleJSON(s.JSON, "UpdateService", schemas.UpdateServiceRequest, schemas.UpdateServiceResponse,
		config+"service! taskDefinition forceNewDeployment", s.updateService)
	wire.HandleJSON(s.JSON, "DescribeServices", schemas.DescribeServicesRequest, schemas.DescribeServicesResponse,
		"cluster services! include", s.describeServices)
	wire.HandleJSON(s.JSON, "ListServices", schemas.ListServicesRequest, schemas.ListServicesResponse,
		"cluster launchType schedulingStrategy nextToken maxResults", s.listServices)
	wire.HandleJSON(s.JSON, "DeleteService", schemas.DeleteServiceRequest, schemas.DeleteServiceResponse,
		"cluster service! force", s.deleteService)
}

// remember keeps what a service was for as long as DescribeServices lags behind; nil is that there was none. What was
// not seen yet is not seen sooner because of a later change.
func (s *Service) remember(sv *service, before *types.Service) {
	if !s.cfg.Lag.Pending("service " + sv.arn) {
		sv.before = before
	}
	s.cfg.Lag.Changed("service " + sv.arn)
}

// seen is a service as DescribeServices shows it; false while it is MISSING there.
func (s *Service) seen(sv *service, withTags bool) (types.Service, bool) {
	if !s.cfg.Lag.Behind("service " + sv.arn) {
		return sv.describe(withTags), true
	}
	if sv.before == nil {
		return types.Service{}, false
	}
	out := *sv.before
	if !withTags {
		out.Tags = nil
	}
	return out, true
}

func (sv *service) primary() *deployment { return sv.deployments[0] }

// tasks are those that have not stopped.
func (sv *service) tasks(keep func(*task) bool) []*task {
	var out []*task
	for _, t := range sv.cluster.tasks {
		if t.service == sv && t.live() && keep(t) {
			out = append(out, t)
		}
	}
	slices.SortFunc(out, func(a, b *task) int { return a.api.CreatedAt.Compare(*b.api.CreatedAt) })
	return out
}

func (sv *service) say(format string, args ...any) {
	event := types.ServiceEvent{
		Id: aws.String(uuid.New()), CreatedAt: aws.Time(sv.clock.Now()),
		Message: words("(service "+sv.name+") "+format, args...),
	}
	sv.events = slices.Insert(sv.events, 0, event)
	sv.events = sv.events[:min(len(sv.events), maxEvents)]
}

func (sv *service) describe(withTags bool) types.Service {
	out := sv.base
	out.ServiceArn, out.ServiceName, out.ClusterArn = &sv.arn, &sv.name, &sv.cluster.arn
	out.Status, out.DesiredCount = &sv.status, sv.desired
	out.Events = orEmpty(sv.events)
	out.TaskDefinition = sv.primary().definition.api.TaskDefinitionArn
	out.LoadBalancers, out.ServiceRegistries = []types.LoadBalancer{}, []types.ServiceRegistry{}
	out.PlacementConstraints, out.PlacementStrategy = []types.PlacementConstraint{}, []types.PlacementStrategy{}
	out.Deployments = []types.Deployment{}
	if sv.status != inactive {
		for _, d := range sv.deployments {
			described := sv.describeDeployment(d)
			out.RunningCount += described.RunningCount
			out.PendingCount += described.PendingCount
			out.Deployments = append(out.Deployments, described)
		}
	}
	if withTags {
		out.Tags = orEmpty(sv.tags)
	}
	return out
}

func (sv *service) describeDeployment(d *deployment) types.Deployment {
	out := types.Deployment{
		Id: &d.id, Status: aws.String(active), TaskDefinition: d.definition.api.TaskDefinitionArn,
		CreatedAt: &d.created, UpdatedAt: &d.updated, RolloutState: d.state, RolloutStateReason: &d.reason,
		LaunchType: sv.base.LaunchType, CapacityProviderStrategy: sv.base.CapacityProviderStrategy,
		PlatformVersion: aws.String("1.4.0"), PlatformFamily: aws.String("Linux"), FailedTasks: int32(d.failed),
		NetworkConfiguration: &types.NetworkConfiguration{AwsvpcConfiguration: d.network},
	}
	if d == sv.primary() {
		out.Status = aws.String("PRIMARY")
		out.DesiredCount = sv.desired
	}
	for range sv.tasks(func(t *task) bool { return t.deployment == d && t.running() }) {
		out.RunningCount++
	}
	for range sv.tasks(func(t *task) bool { return t.deployment == d && !t.running() && t.wanted() }) {
		out.PendingCount++
	}
	return out
}
