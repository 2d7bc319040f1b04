package fault

import (
	"context"
	"hash/fnv"
	"math/rand/v2"
	"time"

	"ecsctl/sandbox/internal/clock"
)

// draw is the chance of one call. It depends on nothing but seed, operation and how often
// that was called, so that a run can be repeated however its calls interleave.
type draw struct{ *rand.Rand }

func newDraw(seed uint64, key string, n uint64) draw {
	h := fnv.New64a()
	_, _ = h.Write([]byte(key)) // never fails
	return draw{rand.New(rand.NewPCG(seed, h.Sum64()+n*0x9e3779b97f4a7c15))}
}

// most limits a delay of the exponential distribution, in multiples of its mean.
const most = 10

func (f *armedFault) delay(d draw) time.Duration {
	switch {
	case f.Random:
		return min(time.Duration(d.ExpFloat64()*float64(f.Latency)), most*f.Latency)
	case f.LatencyTo > f.Latency:
		return f.Latency + time.Duration(d.Int64N(int64(f.LatencyTo-f.Latency)+1))
	default:
		return f.Latency
	}
}

// kind resolves Chaos.
func (f *armedFault) kind(d draw) Kind {
	if f.Kind != Chaos {
		return f.Kind
	}
	kinds := []Kind{Throttle, ServerError, DropBefore, DropAfter}
	return kinds[d.IntN(len(kinds))]
}

// CallKinds are the kinds that befall calls.
var CallKinds = []Kind{Throttle, ServerError, AccessDenied, ExpiredToken, Latency, DropBefore, DropAfter,
	Chaos, Conflict, Limit, Unfiltered, TagPolicy}

// Refuses reports whether the call is answered with an error.
func (e Effect) Refuses() bool {
	return e.Fault != nil && (e.Kind >= Throttle && e.Kind <= ExpiredToken || e.Kind == Conflict ||
		e.Kind == Limit)
}

// Wait spends the latency; false when the client has gone meanwhile.
func (e Effect) Wait(ctx context.Context, clk *clock.Clock) bool {
	if e.Delay == 0 {
		return true
	}
	timer := clk.NewTimer(e.Delay)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}
