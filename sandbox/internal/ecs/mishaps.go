package ecs

import (
	"fmt"
	"math"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
)

// VCPULimitReached is why a task cannot be placed when the account's quota is used up.
const VCPULimitReached = "You’ve reached the limit on the number of vCPUs you can run concurrently"

// Mishaps are what goes wrong with tasks by request, and what limits the account. All
// are called with the service's lock held.
type Mishaps struct {
	// Placement is why a task cannot be placed, "" when it can, by RunTask or by a "Service".
	Placement func(operation string) (reason string)
	// Start is what befalls the pull of a task's images.
	Start func() (slow time.Duration, noImage bool)
	// Spot is asked for each task that runs on Spot capacity: whether it is interrupted,
	// after how long, and how long it then has at most (0: as its stopTimeout says).
	Spot func() (after, warning time.Duration, ok bool)
	// TaskUnseen is how old a task must be for calls to find it.
	TaskUnseen func() time.Duration
	// RoleUnseen is asked for each call that names a role: whether ECS cannot assume it yet.
	RoleUnseen func() bool
	// Unlinked is asked for each call that needs ECS's service-linked role: whether ECS cannot
	// assume it yet, or at all.
	Unlinked func() bool
	// ProviderFails is asked when a capacity provider of Managed Instances is to become what was wanted.
	ProviderFails func() bool
	// RoleDelay is how old a role must be for ECS to see it.
	RoleDelay func() time.Duration
	// LaunchQuota takes as many tokens as there are tasks to start; false when it is empty.
	LaunchQuota func(tasks int) bool
	// VCPUQuota is how many vCPUs may run at once.
	VCPUQuota func(spot bool) float64
}

const (
	spotProvider = "FARGATE_SPOT"
	spotReason   = "Your Spot Task was interrupted."
)

// checkLinked refuses what ECS does by its own role in the account, while it has none.
func (s *Service) checkLinked() error {
	if s.cfg.Mishaps.Unlinked() {
		return invalid("Unable to assume the service linked role. Please verify that the ECS service linked role " +
			"exists.")
	}
	return nil
}

// refusedPlacement is why one more task cannot be placed, "" when it can.
func (s *Service) refusedPlacement(operation string, spec taskSpec) string {
	if reason := s.cfg.Mishaps.Placement(operation); reason != "" {
		return reason
	}
	if spec.lacksGPU() {
		return noGPU
	}
	spot := spec.provider == spotProvider
	limit := s.cfg.Mishaps.VCPUQuota(spot)
	if math.IsInf(limit, 1) || s.runningVCPUs(spot)+spec.vcpus() <= limit {
		return ""
	}
	return VCPULimitReached
}

// vcpus is the size of a task; it has been checked before.
func (spec taskSpec) vcpus() float64 {
	text := spec.definition.api.Cpu
	if spec.overrides != nil && spec.overrides.Cpu != nil {
		text = spec.overrides.Cpu
	}
	units, _ := cpuUnits(aws.ToString(text))
	return float64(units) / 1024
}

func (s *Service) runningVCPUs(spot bool) float64 {
	total := 0.0
	for _, c := range s.clusters {
		for _, t := range c.tasks {
			if t.live() && t.onSpot() == spot {
				units, _ := cpuUnits(aws.ToString(t.api.Cpu))
				total += float64(units) / 1024
			}
		}
	}
	return total
}

func (t *task) onSpot() bool { return aws.ToString(t.api.CapacityProviderName) == spotProvider }

// failure is a task of RunTask that was not placed. What container instances lack is
// said of one of them.
func (s *Service) failure(c *cluster, reason string) types.Failure {
	f := types.Failure{Reason: &reason}
	if reason == "AGENT" || len(reason) > 9 && reason[:9] == "RESOURCE:" {
		f.Arn = aws.String(s.arn(fmt.Sprintf("container-instance/%s/%s", c.name, newID())))
	}
	return f
}

// Interrupt asks for each Spot task that runs already whether it is interrupted.
func (s *Service) Interrupt() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, c := range s.clusters {
		for _, t := range c.tasks {
			if t.running() && t.wanted() {
				s.meetSpot(t)
			}
		}
	}
}

// meetSpot sets off the interruption of a task that has begun to run, if there is to
// be one: the event and SIGTERM come first, SIGKILL at the end of the warning.
func (s *Service) meetSpot(t *task) {
	if !t.onSpot() || t.interrupted || s.closed() {
		return
	}
	after, warning, ok := s.cfg.Mishaps.Spot()
	if !ok {
		return
	}
	t.interrupted = true
	s.engine.tasks.Go(func() {
		if s.pause(t, after) != nil {
			return // it has stopped by itself
		}
		s.mu.Lock()
		defer s.mu.Unlock()
		t.warning = warning
		s.requestStop(t, types.TaskStopCodeSpotInterruption, spotReason)
	})
}

// pullMishap makes the images come late, or not at all, when that was asked for.
func (s *Service) pullMishap(t *task) error {
	s.mu.Lock()
	slow, noImage := s.cfg.Mishaps.Start()
	s.mu.Unlock()
	if err := s.pause(t, slow); err != nil {
		return err
	}
	if !noImage {
		return nil
	}
	first := t.definition.api.ContainerDefinitions[0]
	reason := "CannotPullContainerError: pull image manifest has been retried 5 time(s): failed to resolve ref " +
		*first.Image + ": failed to do request: i/o timeout"
	return &startError{reason: reason, container: *first.Name, detail: reason}
}
