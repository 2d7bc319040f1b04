package ecs

import (
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"ecsctl/sandbox/internal/process"
)

const unhealthyReason = "Task failed container health checks"

// checked containers have a health check that is not switched off.
func checked(cd types.ContainerDefinition) bool {
	return cd.HealthCheck != nil && len(cd.HealthCheck.Command) > 0 && cd.HealthCheck.Command[0] != "NONE"
}

// probe runs a container's health check for as long as the container runs.
func (s *Service) probe(t *task, c *container) {
	interval := seconds(c.health.Interval, 30)
	retries := int(aws.ToInt32(c.health.Retries))
	if retries == 0 {
		retries = 3
	}
	retries = max(retries, s.cfg.HealthRetries)
	grace := s.cfg.Clock.Now().Add(seconds(c.health.StartPeriod, 0))
	failures := 0
	for s.sleep(c, interval) {
		if s.healthy(c) {
			failures = 0
			s.setHealth(t, c, types.HealthStatusHealthy)
			continue
		}
		if s.cfg.Clock.Now().After(grace) {
			failures++
		}
		if failures >= retries {
			s.setHealth(t, c, types.HealthStatusUnhealthy)
		}
	}
}

func seconds(n *int32, def int32) time.Duration {
	if n != nil {
		def = *n
	}
	return time.Duration(def) * time.Second
}

// sleep is false when the container ended meanwhile.
func (s *Service) sleep(c *container, d time.Duration) bool {
	timer := s.cfg.Clock.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-c.process.Done():
		return false
	}
}

func (s *Service) healthy(c *container) bool {
	args := c.health.Command[1:]
	if c.health.Command[0] == "CMD-SHELL" {
		args = slices.Concat([]string{"/bin/sh", "-c"}, args)
	}
	args, err := c.resolve(args)
	if err != nil {
		return false
	}
	check, err := process.Start(process.Spec{
		Args: args, Env: c.spec.Env, Dir: c.spec.Dir, Root: c.spec.Root, Guard: s.cfg.Guard,
	})
	if err != nil {
		return false
	}
	timer := s.cfg.Clock.NewTimer(seconds(c.health.Timeout, 5))
	defer timer.Stop()
	select {
	case <-check.Done():
		return check.ExitCode() == 0
	case <-timer.C:
	case <-c.process.Done():
	}
	check.Kill()
	<-check.Done()
	return false
}

// setHealth also lets a service replace the task, as ECS does; a task of RunTask goes on.
func (s *Service) setHealth(t *task, c *container, status types.HealthStatus) {
	s.mu.Lock()
	defer s.mu.Unlock()
	t.api.Containers[c.index].HealthStatus = status
	t.api.HealthStatus = t.health()
	t.api.Version++
	if t.api.HealthStatus == types.HealthStatusHealthy && t.deployment != nil {
		t.deployment.failed = 0 // resetOnHealthyTask, which is the default
	}
	if t.api.HealthStatus == types.HealthStatusUnhealthy && t.service != nil && t.wanted() {
		t.service.say("(task %s) failed container health checks.", t.id())
		s.requestStop(t, types.TaskStopCodeServiceSchedulerInitiated, unhealthyReason)
	}
	s.poke()
}

// health of a task is that of its essential containers.
func (t *task) health() types.HealthStatus {
	out := types.HealthStatusUnknown
	for i, cd := range t.definition.api.ContainerDefinitions {
		if !checked(cd) || !*cd.Essential {
			continue
		}
		switch t.api.Containers[i].HealthStatus {
		case types.HealthStatusUnhealthy:
			return types.HealthStatusUnhealthy
		case types.HealthStatusUnknown:
			return types.HealthStatusUnknown
		default:
			out = types.HealthStatusHealthy
		}
	}
	return out
}

// ready tasks run and have passed their health checks, if they have any.
func (t *task) ready() bool {
	hasChecks := slices.ContainsFunc(t.definition.api.ContainerDefinitions, checked)
	return t.running() && t.wanted() && (!hasChecks || t.api.HealthStatus == types.HealthStatusHealthy)
}
