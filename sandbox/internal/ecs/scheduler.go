package ecs

import (
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
)

// maxBackoff limits how often the delay before a replacement is doubled.
const maxBackoff = 6

// reconcile brings one service a step nearer to what it should be and returns when
// to look again; s.mu is held.
func (s *Service) reconcile(sv *service, now time.Time) time.Time {
	switch sv.status {
	case draining:
		return s.drain(sv, now)
	case active:
		s.stopSurplus(sv)
		s.stopOld(sv)
		at := s.startMissing(sv, now)
		sv.forgetOld()
		if steady := s.settle(sv, now); steady.Before(at) {
			return steady
		}
		return at
	default:
		return later(now)
	}
}

func later(now time.Time) time.Time { return now.Add(time.Hour) }

// drain ends a deleted service once its last task has stopped.
func (s *Service) drain(sv *service, now time.Time) time.Time {
	live := sv.tasks(func(*task) bool { return true })
	for _, t := range live {
		s.requestStop(t, types.TaskStopCodeServiceSchedulerInitiated, "Scaling activity initiated by (deployment "+
			t.deployment.id+")")
	}
	if len(live) > 0 {
		return later(now)
	}
	if sv.emptySince.IsZero() {
		sv.emptySince = now
	}
	if end := sv.emptySince.Add(s.cfg.DrainDelay); now.Before(end) {
		return end
	}
	sv.status = inactive
	s.cfg.Lag.Changed("services of " + sv.cluster.name)
	return later(now)
}

func (sv *service) of(d *deployment) []*task {
	return sv.tasks(func(t *task) bool { return t.deployment == d && t.wanted() })
}

// startMissing keeps within maximumPercent and behind the delay after failures. A task that is failing has its place
// until it has stopped: then it counts, for that delay and for the circuit breaker.
func (s *Service) startMissing(sv *service, now time.Time) time.Time {
	d := sv.primary()
	missing := int(sv.desired) - len(sv.tasks(func(t *task) bool {
		return t.deployment == d && (t.wanted() || t.failing())
	}))
	room := int(sv.desired)*int(*sv.base.DeploymentConfiguration.MaximumPercent)/100 - len(sv.tasks((*task).wanted))
	n := min(missing, room)
	switch {
	case n <= 0 || d.state == types.DeploymentRolloutStateFailed:
		return later(now)
	case now.Before(d.nextStart):
		return d.nextStart
	}
	if err := s.checkRoles(d.definition, nil); err != nil {
		sv.say("failed to launch a task with (error %v).", err)
		return s.backOff(sv, d, now)
	}
	for range n {
		spec := s.serviceTask(sv, d)
		if !s.cfg.Mishaps.LaunchQuota(1) {
			sv.say("operations are being throttled. Will try again later.")
			return s.tryLater(d, now)
		}
		if reason := s.refusedPlacement("Service", spec); reason != "" {
			sv.say("was unable to place a task. Reason: %s. For more information, see the Troubleshooting section of "+
				"the Amazon ECS Developer Guide.", reason)
			return s.tryLater(d, now)
		}
		t := s.addTask(sv.cluster, spec)
		sv.say("has started 1 tasks: (task %s).", t.id())
	}
	return later(now)
}

// tryLater waits for room, which is no failure of the deployment.
func (s *Service) tryLater(d *deployment, now time.Time) time.Time {
	d.nextStart = now.Add(s.cfg.RestartDelay)
	return d.nextStart
}

func (s *Service) serviceTask(sv *service, d *deployment) taskSpec {
	var tags []types.Tag
	switch sv.base.PropagateTags {
	case types.PropagateTagsService:
		tags = sv.tags
	case types.PropagateTagsTaskDefinition:
		tags = d.definition.tags
	}
	if sv.base.EnableECSManagedTags {
		tags = withManagedTags(tags, sv.cluster.name, sv.name)
	}
	return taskSpec{
		definition: d.definition, network: d.network, tags: tags, provider: d.provider,
		group: "service:" + sv.name, startedBy: d.id, service: sv, deployment: d,
		exec: sv.base.EnableExecuteCommand,
	}
}

// stopSurplus ends tasks above the desired count, the youngest first.
func (s *Service) stopSurplus(sv *service) {
	tasks := sv.of(sv.primary())
	for len(tasks) > int(sv.desired) {
		last := len(tasks) - 1
		s.scaleIn(sv, tasks[last])
		tasks = tasks[:last]
	}
}

// stopOld ends tasks of earlier deployments as soon as enough others run.
func (s *Service) stopOld(sv *service) {
	lower := (int(sv.desired)*int(*sv.base.DeploymentConfiguration.MinimumHealthyPercent) + 99) / 100
	healthy := len(sv.tasks((*task).ready))
	for _, t := range sv.tasks(func(t *task) bool { return t.deployment != sv.primary() && t.wanted() }) {
		switch {
		case !t.ready():
			s.scaleIn(sv, t)
		case healthy > lower:
			s.scaleIn(sv, t)
			healthy--
		}
	}
}

func (s *Service) scaleIn(sv *service, t *task) {
	s.requestStop(t, types.TaskStopCodeServiceSchedulerInitiated, "Scaling activity initiated by (deployment "+
		sv.primary().id+")")
	sv.say("has stopped 1 running tasks: (task %s).", t.id())
}

// forgetOld drops earlier deployments that have no tasks any more.
func (sv *service) forgetOld() {
	primary := sv.primary()
	sv.deployments = slices.DeleteFunc(sv.deployments, func(d *deployment) bool {
		return d != primary && len(sv.tasks(func(t *task) bool { return t.deployment == d })) == 0
	})
}

// settle completes a deployment whose tasks have all run for a while.
func (s *Service) settle(sv *service, now time.Time) time.Time {
	d := sv.primary()
	running := sv.tasks(func(t *task) bool { return t.deployment == d && t.ready() })
	if d.state != types.DeploymentRolloutStateInProgress || len(running) != int(sv.desired) || len(sv.deployments) > 1 {
		d.steadySince = time.Time{}
		return later(now)
	}
	if d.steadySince.IsZero() {
		d.steadySince = now
	}
	if at := d.steadySince.Add(s.cfg.SteadyDelay); now.Before(at) && sv.desired > 0 {
		return at
	}
	d.state = types.DeploymentRolloutStateCompleted
	d.reason = "ECS deployment " + d.id + " completed."
	d.updated, d.failures, d.failed = now, 0, 0
	sv.lastGood = d.definition
	sv.say("(deployment %s) deployment completed.", d.id)
	sv.say("has reached a steady state.")
	return later(now)
}

// taskStopped is called for every stopped task of a service.
func (s *Service) taskStopped(t *task) {
	sv, d := t.service, t.deployment
	if !t.failing() || sv.status != active || s.closed() {
		return
	}
	d.steadySince = time.Time{}
	s.backOff(sv, d, s.cfg.Clock.Now())
	s.breakCircuit(sv, d)
}

// failing tasks stop, or have stopped, for what counts as a failure of their deployment.
func (t *task) failing() bool {
	switch t.api.StopCode {
	case "", types.TaskStopCodeUserInitiated, types.TaskStopCodeSpotInterruption:
		return false
	case types.TaskStopCodeServiceSchedulerInitiated:
		return *t.api.StoppedReason == unhealthyReason
	}
	return true
}

// backOff counts a failure and returns when the next task may start.
func (s *Service) backOff(sv *service, d *deployment, now time.Time) time.Time {
	d.nextStart = now.Add(s.cfg.RestartDelay << min(d.failures, maxBackoff))
	d.failures++
	d.failed++
	if d.failures == 3 {
		sv.say("is unable to consistently start tasks successfully. For more information, see the Troubleshooting " +
			"section of the Amazon ECS Developer Guide.")
	}
	return d.nextStart
}

// breakCircuit fails a deployment after as many failures as half its tasks, at least 3,
// at most 200, in a row, and goes back to the last one that worked if it is told to.
func (s *Service) breakCircuit(sv *service, d *deployment) {
	breaker := sv.base.DeploymentConfiguration.DeploymentCircuitBreaker
	threshold := min(max(3, (int(sv.desired)+1)/2), 200)
	if !breaker.Enable || d != sv.primary() || d.state != types.DeploymentRolloutStateInProgress ||
		d.failed < threshold {
		return
	}
	d.state = types.DeploymentRolloutStateFailed
	d.reason = "ECS deployment circuit breaker: tasks failed to start."
	d.updated = s.cfg.Clock.Now()
	sv.say("(deployment %s) deployment failed: tasks failed to start.", d.id)
	if breaker.Rollback && sv.lastGood != nil && sv.lastGood != d.definition {
		s.rollBack(sv, d)
	}
}

func (s *Service) rollBack(sv *service, failed *deployment) {
	back, err := s.newDeployment(sv.cluster, sv.lastGood.arn(), sv.base.LaunchType, sv.base.CapacityProviderStrategy,
		sv.base.NetworkConfiguration)
	if err != nil {
		sv.say("failed to roll back to %s: %v", aws.ToString(sv.lastGood.api.TaskDefinitionArn), err)
		return
	}
	back.reason = "ECS deployment circuit breaker: rolling back to deploymentId " + back.id + "."
	sv.say("rolling back to deployment %s.", back.id)
	sv.deployments = slices.Insert(sv.deployments, 0, back)
}
