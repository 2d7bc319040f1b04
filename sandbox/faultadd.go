package sandbox

import (
	"time"

	"ecsctl/sandbox/internal/ecs"
)

// AddFault arms a fault. Of several that match a call the oldest takes effect, and the
// latency of all. A fault that ParseFault would refuse has no effect.
func (s *Server) AddFault(f Fault) {
	s.faults.add(f)
	if f.Kind == Spot {
		s.ecs.Interrupt()
	}
}

// ClearFaults disarms all faults.
func (s *Server) ClearFaults() { s.faults.clear() }

// AddQuota sets a quota, beside those that hold already.
func (s *Server) AddQuota(q Quota) { s.quotas.add(q) }

// ClearQuotas lifts all quotas.
func (s *Server) ClearQuotas() { s.quotas.clear() }

// mishaps are what the faults and quotas mean for ECS.
func (s *Server) mishaps() ecs.Mishaps {
	return ecs.Mishaps{
		Placement: func(operation string) string {
			e := s.faults.take("ecs", operation, Capacity)
			switch {
			case e.fault == nil:
				return ""
			case e.fault.Reason == "":
				return reasonTexts[NoCapacity]
			default:
				return reasonTexts[e.fault.Reason]
			}
		},
		Start: func() (slow time.Duration, noImage bool) {
			e := s.faults.take("ecs", TaskOperation, Latency, PullFailure)
			return e.delay, e.fault != nil
		},
		Spot: func() (after, warning time.Duration, ok bool) {
			e := s.faults.take("ecs", TaskOperation, Spot)
			if e.fault == nil {
				return 0, 0, false
			}
			return e.fault.After + e.delay, e.fault.Warning, true
		},
		RoleDelay:   func() time.Duration { return max(s.opts.IAMDelay, s.faults.longest("iam", RoleOperation)) },
		LaunchQuota: func(n int) bool { return s.quotas.allow(fargate, launches, n) },
		VCPUQuota:   s.quotas.vcpus,
	}
}
