package sandbox

import (
	"time"

	"ecsctl/sandbox/internal/ecs"
)

// Reason is why ECS has no room for a task.
type Reason string

// The reasons that ECS gives. NoCapacity is Fargate's own; RESOURCE and AGENT are those of
// container instances. docs/aws-notes.md has the sources.
const (
	NoCapacity Reason = "capacity" // the default
	NoMemory   Reason = "memory"
	NoCPU      Reason = "cpu"
	NoENI      Reason = "eni"
	NoAgent    Reason = "agent"
	NoVCPUs    Reason = "vcpus" // the account's quota
)

var reasonTexts = map[Reason]string{
	NoCapacity: "Capacity is unavailable at this time. Please try again later or in a different availability zone",
	NoMemory:   "RESOURCE:MEMORY",
	NoCPU:      "RESOURCE:CPU",
	NoENI:      "RESOURCE:ENI",
	NoAgent:    "AGENT",
	NoVCPUs:    ecs.VCPULimitReached,
}

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
		RoleUnseen:  func() bool { return s.faults.take("iam", RoleOperation, Unseen).fault != nil },
		RoleDelay:   func() time.Duration { return max(s.opts.IAMDelay, s.faults.longest("iam", RoleOperation)) },
		LaunchQuota: func(n int) bool { return s.quotas.allow(fargate, launches, n) },
		VCPUQuota:   s.quotas.vcpus,
	}
}
