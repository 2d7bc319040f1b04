package fault

import (
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

// ReasonTexts are the failures of RunTask, as ECS words them.
var ReasonTexts = map[Reason]string{
	NoCapacity: "Capacity is unavailable at this time. Please try again later or in a different availability zone",
	NoMemory:   "RESOURCE:MEMORY",
	NoCPU:      "RESOURCE:CPU",
	NoENI:      "RESOURCE:ENI",
	NoAgent:    "AGENT",
	NoVCPUs:    ecs.VCPULimitReached,
}
