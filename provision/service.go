package provision

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"ecsctl/internal/hint"
)

// service is the Fargate service that keeps the worker running.
type service struct {
	w       *world
	secrets []*secret // a change of their values rolls the tasks
	found   *types.Service
}

// serviceContent is the part of a service that ecsctl sets, in a canonical form.
type serviceContent struct {
	TaskDefinition string   `json:"taskDefinition"`
	DesiredCount   *int     `json:"desiredCount,omitempty"` // nil: not the Spec's business
	Subnets        []string `json:"subnets"`
	SecurityGroups []string `json:"securityGroups"`
	AssignPublicIP string   `json:"assignPublicIp"`
	CircuitBreaker bool     `json:"circuitBreaker"`
	Rollback       bool     `json:"rollback"`
}

func (s *service) ref() (Kind, string) { return KindService, s.name() }
func (s *service) name() string        { return s.w.spec.Names.Service }
func (s *service) needs() []Kind {
	// The pool must be there first: a worker that finds none creates one of its own.
	return []Kind{KindTaskDefinition, KindCluster, KindSecurityGroup, KindWorkPool}
}

func (s *service) find(ctx context.Context) error {
	out, err := s.w.aws.ECS.DescribeServices(ctx, &ecs.DescribeServicesInput{
		Cluster: aws.String(s.w.spec.Cluster), Services: []string{s.name()}, Include: []types.ServiceField{types.ServiceFieldTags},
	})
	if unlessGone(err) != nil {
		return explain(fmt.Sprintf("read service %q", s.name()), err)
	}
	s.found = nil
	if err != nil {
		return nil // there is no such cluster yet
	}
	for _, got := range out.Services {
		if aws.ToString(got.Status) != "INACTIVE" {
			s.found = &got
		}
	}
	return nil
}

func (s *service) owned() bool {
	return s.found != nil && s.w.owns(tagMap(s.found.Tags, ecsTagPair))
}

// check refuses a service that somebody else made, one that is going away, and one
// whose launch type cannot be changed to what we need.
func (s *service) check() error {
	switch {
	case s.found == nil:
		return nil
	case !s.owned():
		return hint.Add(fmt.Errorf("service %q exists in cluster %q and was not made by ecsctl for this pool", s.name(), shortName(s.w.spec.Cluster)),
			"name another one with --service-name, or delete it first")
	case s.found.LaunchType != "" && s.found.LaunchType != types.LaunchTypeFargate:
		return hint.Add(fmt.Errorf("service %q has launch type %s, which AWS cannot change", s.name(), s.found.LaunchType), "delete the service and run the command again")
	}
	return nil
}

func (s *service) wanted() (serviceContent, error) {
	network, err := s.w.network.get(context.Background()) // find has read it
	if err != nil {
		return serviceContent{}, err
	}
	return serviceContent{
		TaskDefinition: s.w.value(KindTaskDefinition),
		DesiredCount:   s.w.spec.Worker.DesiredCount,
		Subnets:        network.subnetIDs(),
		SecurityGroups: s.w.securityGroups(),
		AssignPublicIP: string(publicIP(network.publicIP)),
		CircuitBreaker: true,
		Rollback:       true,
	}, nil
}

// contentOfService shows the desired count only when the Spec sets one: otherwise
// autoscaling or a person may have changed it.
func contentOfService(got *types.Service, spec Spec) serviceContent {
	c := serviceContent{TaskDefinition: aws.ToString(got.TaskDefinition)}
	if spec.Worker.DesiredCount != nil {
		count := int(got.DesiredCount)
		c.DesiredCount = &count
	}
	if n := got.NetworkConfiguration; n != nil && n.AwsvpcConfiguration != nil {
		v := n.AwsvpcConfiguration
		c.Subnets, c.SecurityGroups = slices.Sorted(slices.Values(v.Subnets)), slices.Sorted(slices.Values(v.SecurityGroups))
		c.AssignPublicIP = string(v.AssignPublicIp)
	}
	c.CircuitBreaker, c.Rollback = circuitBreaker(got.DeploymentConfiguration)
	return c
}

// circuitBreaker counts as wanted when the answer does not have it at all: AWS always
// shows it, moto never does.
func circuitBreaker(d *types.DeploymentConfiguration) (enable, rollback bool) {
	switch {
	case d == nil:
		return true, true
	case d.DeploymentCircuitBreaker == nil:
		return false, false
	}
	return d.DeploymentCircuitBreaker.Enable, d.DeploymentCircuitBreaker.Rollback
}

func (w *world) securityGroups() []string {
	if len(w.spec.Network.SecurityGroups) > 0 {
		return slices.Sorted(slices.Values(w.spec.Network.SecurityGroups))
	}
	return []string{w.value(KindSecurityGroup)}
}

func publicIP(yes bool) types.AssignPublicIp {
	if yes {
		return types.AssignPublicIpEnabled
	}
	return types.AssignPublicIpDisabled
}

func (s *service) diff() Change {
	c := Change{Kind: KindService, Name: s.name()}
	if s.found == nil {
		c.Action = Create
		return c
	}
	c.ID = *s.found.ServiceArn
	c.Fields = s.fields()
	if s.staleSecrets() {
		c.Fields = append(c.Fields, Field{Path: "forceNewDeployment", After: "true"})
		c.Reason = "the running tasks have the old credentials"
	}
	c.Fields = append(c.Fields, s.w.tagFields(tagMap(s.found.Tags, ecsTagPair))...)
	c.Action = updateIf(c.Fields)
	return c
}

func (s *service) fields() []Field {
	wanted, err := s.wanted()
	if err != nil {
		return nil // findAll has failed with the same error
	}
	return compare("", contentOfService(s.found, s.w.spec), wanted)
}

// secretSlack covers clocks that count whole seconds: a secret and a service made
// within it belong together.
const secretSlack = 2 * time.Second

// staleSecrets tells whether a secret changes now or has changed since the service
// last started tasks: a container reads its secrets only at its start. Looking at
// times, not at what this run does, survives a crash between the two steps.
func (s *service) staleSecrets() bool {
	started := deployedAt(s.found)
	for _, secret := range s.secrets {
		if secret.found == nil || secret.found.deleted || secret.valueDiffers() {
			return true
		}
		if !started.IsZero() && secret.found.changed.After(started.Add(secretSlack)) {
			return true
		}
	}
	return false
}

// deployedAt is when the newest deployment began; zero when AWS does not say.
func deployedAt(got *types.Service) time.Time {
	var newest time.Time
	for _, d := range got.Deployments {
		if t := aws.ToTime(d.CreatedAt); t.After(newest) {
			newest = t
		}
	}
	return newest
}

func (s *service) apply(ctx context.Context) (string, error) {
	if s.found == nil {
		return s.create(ctx)
	}
	arn := *s.found.ServiceArn
	if err := s.w.tagECS(ctx, arn, tagMap(s.found.Tags, ecsTagPair)); err != nil {
		return arn, err
	}
	stale := s.staleSecrets()
	if len(s.fields()) == 0 && !stale {
		return arn, nil
	}
	return arn, s.update(ctx, stale)
}

func (s *service) create(ctx context.Context) (string, error) {
	wanted, err := s.wanted()
	if err != nil {
		return "", err
	}
	count := 1
	if wanted.DesiredCount != nil {
		count = *wanted.DesiredCount
	}
	in := &ecs.CreateServiceInput{
		Cluster:                 aws.String(s.w.spec.Cluster),
		ServiceName:             aws.String(s.name()),
		TaskDefinition:          aws.String(wanted.TaskDefinition),
		DesiredCount:            aws.Int32(int32(count)),
		LaunchType:              types.LaunchTypeFargate,
		NetworkConfiguration:    wanted.network(),
		DeploymentConfiguration: wanted.deployment(),
		EnableECSManagedTags:    true,
		PropagateTags:           types.PropagateTagsService,
		Tags:                    ecsTags(s.w.wantedTags()),
	}
	var arn string
	err = s.w.untilRoleUsable(ctx, func() error {
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
	if !hasCode(created, "InvalidParameterException") {
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
	wanted, err := s.wanted()
	if err != nil {
		return err
	}
	in := &ecs.UpdateServiceInput{
		Cluster:                 aws.String(s.w.spec.Cluster),
		Service:                 aws.String(s.name()),
		TaskDefinition:          aws.String(wanted.TaskDefinition),
		NetworkConfiguration:    wanted.network(),
		DeploymentConfiguration: wanted.deployment(),
		ForceNewDeployment:      force,
	}
	if wanted.DesiredCount != nil {
		in.DesiredCount = aws.Int32(int32(*wanted.DesiredCount))
	}
	err = s.w.untilRoleUsable(ctx, func() error {
		_, err := s.w.aws.ECS.UpdateService(ctx, in)
		return err
	})
	return explain("update the service", err)
}

func (c serviceContent) network() *types.NetworkConfiguration {
	return &types.NetworkConfiguration{AwsvpcConfiguration: &types.AwsVpcConfiguration{
		Subnets: c.Subnets, SecurityGroups: c.SecurityGroups, AssignPublicIp: types.AssignPublicIp(c.AssignPublicIP),
	}}
}

func (c serviceContent) deployment() *types.DeploymentConfiguration {
	return &types.DeploymentConfiguration{DeploymentCircuitBreaker: &types.DeploymentCircuitBreaker{Enable: c.CircuitBreaker, Rollback: c.Rollback}}
}

func (s *service) remove() Change {
	c := Change{Kind: KindService, Name: s.name(), Action: Delete}
	switch {
	case s.found == nil || aws.ToString(s.found.Status) == "DRAINING" && s.found.RunningCount == 0:
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
	if s.found.DesiredCount > 0 && aws.ToString(s.found.Status) == "ACTIVE" {
		_, err := api.UpdateService(ctx, &ecs.UpdateServiceInput{Cluster: cluster, Service: id, DesiredCount: aws.Int32(0)})
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
		if err := s.find(ctx); err != nil {
			return err
		}
		if s.found == nil || s.found.RunningCount == 0 {
			return nil
		}
		if err := s.w.pause(ctx); err != nil {
			return fmt.Errorf("%d tasks of the service still run: %w", s.found.RunningCount, err)
		}
	}
}
