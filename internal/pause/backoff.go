package pause

import (
	"math/rand/v2"
	"time"
)

// share is the part of a backoff by which it may be longer or shorter.
const share = 0.2

// Backoff is the time before repetition n, from 0: doubled from first to most, with a
// fifth of jitter.
func Backoff(n int, first, most time.Duration) time.Duration {
	wait := most
	if doubled := first << n; n < 20 && doubled < most { // beyond it the shift passes any limit
		wait = doubled
	}
	return Jittered(wait, share)
}

// Jittered is d, longer or shorter by up to a share of it.
func Jittered(d time.Duration, share float64) time.Duration {
	return time.Duration(float64(d) * (1 + share*(2*rand.Float64()-1)))
}
