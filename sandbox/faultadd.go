package sandbox

import (
	"time"

	"ecsctl/sandbox/fault"
	"ecsctl/sandbox/internal/ecs"
)

// AddFault arms a fault. Of several that match a call the oldest takes effect, and the
// latency of all. A fault that ParseFault would refuse has no effect.
func (s *Server) AddFault(f fault.Fault) {
	s.faults.Add(f)
	if f.Kind == fault.Spot {
		s.ecs.Interrupt()
	}
}

// SetLag changes Options.Lag; with 0 all that was late is seen.
func (s *Server) SetLag(calls int) { s.lag.Set(calls) }

// Faults are those that are armed, and not used up.
func (s *Server) Faults() []fault.Fault { return s.faults.Armed() }

// ClearFaults disarms all faults.
func (s *Server) ClearFaults() { s.faults.Clear() }

// AddQuota sets a quota, beside those that hold already.
func (s *Server) AddQuota(q fault.Quota) { s.quotas.Add(q) }

// ClearQuotas lifts all quotas.
func (s *Server) ClearQuotas() { s.quotas.Clear() }

// mishaps are what the faults and quotas mean for ECS.
func (s *Server) mishaps() ecs.Mishaps {
	return ecs.Mishaps{
		Placement: func(operation string) string {
			e := s.faults.Take("ecs", operation, fault.Capacity)
			switch {
			case e.Fault == nil:
				return ""
			case e.Fault.Reason == "":
				return fault.ReasonTexts[fault.NoCapacity]
			default:
				return fault.ReasonTexts[e.Fault.Reason]
			}
		},
		Start: func() (slow time.Duration, noImage bool) {
			e := s.faults.Take("ecs", fault.TaskOperation, fault.Latency, fault.PullFailure)
			return e.Delay, e.Fault != nil
		},
		Spot: func() (after, warning time.Duration, ok bool) {
			e := s.faults.Take("ecs", fault.TaskOperation, fault.Spot)
			if e.Fault == nil {
				return 0, 0, false
			}
			return e.Fault.After + e.Delay, e.Fault.Warning, true
		},
		TaskUnseen: func() time.Duration { return s.faults.Longest("ecs", fault.TaskOperation, fault.Unseen) },
		RoleUnseen: func() bool { return s.faults.Take("iam", fault.RoleOperation, fault.Unseen).Fault != nil },
		Unlinked:   func() bool { return s.faults.Take("iam", fault.LinkedRoleOperation, fault.Unseen).Fault != nil },
		ProviderFails: func() bool {
			return s.faults.Take("ecs", fault.ProviderOperation, fault.ServerError).Fault != nil
		},
		RoleDelay: func() time.Duration {
			return max(s.opts.IAMDelay, s.faults.Longest("iam", fault.RoleOperation, fault.Latency))
		},
		LaunchQuota: func(n int) bool { return s.quotas.Allow(fault.Fargate, fault.Launches, n) },
		VCPUQuota:   s.quotas.Vcpus,
	}
}
