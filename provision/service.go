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
	// draining is a deleted service whose last tasks are still stopping.
	draining *types.Service
	gone     bool // ECS remembers that it was deleted
	// rolls: only its task definition is to change; the rest is as another bootstrap has it.
	rolls bool
	// stale is decided when the plan is made: after a secret's own step it no longer shows.
	stale bool
	// failed is when ECS has given up on the newest deployment: it starts no task until it is
	// told to.
	failed bool
	// made is the newest deployment that this run knows of from ECS's own answer, until it was seen.
	made   *types.Deployment
	madeAt time.Time
}

func (s *service) ref() (Kind, string) { return KindService, s.name() }
func (s *service) name() string        { return s.w.spec.Names.Service }
func (s *service) needs() []Kind {
	kinds := []Kind{
		KindTaskDefinition, KindCluster, KindSecurityGroup,
		// New tasks start with all of these, whether or not the task definition changes.
		KindExecutionRole, KindWorkerRole, KindLogGroup, KindAPIKeySecret, KindAuthStringSecret,
		// A worker that finds no pool creates one of its own.
		KindWorkPool,
	}
	if s.w.Observes() {
		kinds = append(kinds, KindQueue) // the official worker looks for it once, when it starts
	}
	return kinds
}

func (s *service) find(ctx context.Context) error {
	out, err := s.w.aws.ECS.DescribeServices(ctx, &ecs.DescribeServicesInput{
		Cluster: aws.String(s.w.spec.Cluster), Services: []string{s.name()},
		Include: []types.ServiceField{types.ServiceFieldTags},
	})
	if unlessGone(err) != nil {
		return explain(fmt.Sprintf("read service %q", s.name()), err)
	}
	s.found, s.draining, s.gone = nil, nil, false
	if err != nil {
		return nil // there is no such cluster yet
	}
	for _, got := range out.Services {
		switch aws.ToString(got.Status) {
		case "ACTIVE":
			s.found = &got
		case "DRAINING":
			s.draining = &got
		case "INACTIVE":
			s.gone = true
		}
	}
	return nil
}

// known reports whether ECS has heard of the service, which it has not where it was never made or only just now.
func (s *service) known() bool { return s.found != nil || s.draining != nil || s.gone }

func (s *service) owned() bool {
	return s.found != nil && s.w.owns(TagMap(s.found.Tags, ecsTagPair))
}

// check refuses a service that somebody else made, one that is going away, and one
// whose launch type cannot be changed to what we need.
func (s *service) check() error {
	switch {
	case s.found == nil:
		return nil
	case !s.owned():
		return hint.Add(fmt.Errorf("service %q exists in cluster %q and was not made by ecsctl for this pool", s.name(),
			shortName(s.w.spec.Cluster)),
			"name another one with --service-name, or delete it first")
	case s.found.LaunchType != "" && s.found.LaunchType != types.LaunchTypeFargate:
		return hint.Add(fmt.Errorf("service %q has launch type %s, which AWS cannot change", s.name(),
			s.found.LaunchType), "delete the service and run the command again")
	}
	return nil
}

func (s *service) wanted() serviceContent {
	if s.rolls {
		content := contentOfService(s.found, s.w.spec)
		content.TaskDefinition = s.w.value(KindTaskDefinition)
		return content
	}
	network := s.w.network.found()
	return serviceContent{
		TaskDefinition: s.w.value(KindTaskDefinition),
		DesiredCount:   s.w.spec.Worker.DesiredCount,
		Subnets:        network.subnetIDs(),
		SecurityGroups: s.w.securityGroups(),
		AssignPublicIP: string(publicIP(network.publicIP)),
		CircuitBreaker: true,
		Rollback:       true,
		ExecuteCommand: s.w.spec.ExecutesCommands(),
	}
}

func (s *service) diff() Change {
	c := Change{Kind: KindService, Name: s.name()}
	if s.found == nil {
		c.Action = Create
		if s.draining != nil {
			c.Reason = "once the deleted one of this name has drained"
		}
		return c
	}
	c.ID = *s.found.ServiceArn
	c.Fields = s.fields()
	s.decideAnew(&c)
	c.Fields = append(c.Fields, s.w.tagFields(TagMap(s.found.Tags, ecsTagPair))...)
	c.Action = updateIf(c.Fields)
	return c
}

// decideAnew decides whether the tasks are started anew although nothing else may differ.
func (s *service) decideAnew(c *Change) {
	s.stale, s.failed = s.staleSecrets(), false
	if newest := primaryOf(s.found); newest != nil && newest.RolloutState == types.DeploymentRolloutStateFailed {
		s.failed = true
		c.Fields = append(c.Fields, Field{
			Path: RolloutState, Before: string(newest.RolloutState),
			After: string(types.DeploymentRolloutStateInProgress),
		})
		c.Reason = "ECS gave up on the deployment: " + aws.ToString(newest.RolloutStateReason)
	}
	switch {
	case s.stale:
		c.Reason = "the running tasks have the old credentials"
	case s.switchesExec():
		c.Reason = "a running task keeps what ECS Exec may do in it"
	}
	if s.stale || s.failed || s.switchesExec() {
		c.Fields = append(c.Fields, Field{Path: forceNewDeployment, After: "true"})
	}
}

// The paths of the Fields that tell of a service whose tasks are only started anew, the one
// where ECS has given up before the other.
const (
	RolloutState       = "rolloutState"
	forceNewDeployment = "forceNewDeployment"
)

// OnlyStartsAnew reports whether a change of the service leaves it as it is and starts its
// tasks anew.
func (c Change) OnlyStartsAnew() bool {
	return c.Kind == KindService && c.Action == Update && !slices.ContainsFunc(c.Fields, func(f Field) bool {
		return f.Path != RolloutState && f.Path != forceNewDeployment
	})
}

// subnets are those of the service that is there.
func (s *service) subnets() []string {
	if s.found == nil {
		return nil
	}
	return contentOfService(s.found, s.w.spec).Subnets
}

func (s *service) fields() []Field {
	return compare("", contentOfService(s.found, s.w.spec), s.wanted())
}

// switchesExec reports whether ECS Exec is switched on or off now. That alone starts no
// deployment (API_UpdateService), and tasks that run keep what they were started with.
func (s *service) switchesExec() bool {
	return s.found.EnableExecuteCommand != s.w.spec.ExecutesCommands()
}

// secretSlack covers clocks that count whole seconds: a secret and a service made
// within it belong together.
const secretSlack = 2 * time.Second

// staleSecrets reports whether a secret changes now or has changed since the service
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
