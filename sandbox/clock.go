package sandbox

import (
	"time"

	"ecsctl/sandbox/internal/clock"
)

// Clock tells the services of a sandbox the time.
type Clock = clock.Clock

// HeldClock makes a clock that begins now and stands still until Advance moves it. Tasks,
// services, health checks, quotas and latencies of a sandbox that has it wait for that too; the
// programs in containers and the callers have the time of this machine.
func HeldClock() *Clock { return clock.Held(time.Now()) }
