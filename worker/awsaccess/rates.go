package awsaccess

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	awsmiddleware "github.com/aws/aws-sdk-go-v2/aws/middleware"
	"github.com/aws/smithy-go/middleware"
	"golang.org/x/time/rate"

	"ecsctl/internal/awserr"
)

// Rate is a token bucket: so many calls a second, and so many at once.
type Rate struct {
	PerSecond float64
	Burst     int
}

// DefaultRates are AWS's default quotas for the actions that a worker uses often
// (Amazon ECS API request rates; launching on Fargate). An action without a rate is
// not slowed down.
func DefaultRates() map[string]Rate {
	return map[string]Rate{
		"RunTask":                {20, 95}, // of 100: calls that left evenly may arrive bunched
		"RegisterTaskDefinition": {1, 20},
		"DescribeTasks":          {20, 50},
		"ListTasks":              {20, 50},
		"StopTask":               {40, 100},
		"DescribeTaskDefinition": {20, 50},
		"ListTaskDefinitions":    {20, 50},
		"GetLogEvents":           {10, 10}, // of CloudWatch Logs; a guess below its fixed quota
	}
}

// ParseRate reads ACTION=N/s[,burst=M], as in RunTask=40/s,burst=200. The burst is the
// rate itself, rounded up, unless it is given.
func ParseRate(text string) (action string, r Rate, err error) {
	action, value, _ := strings.Cut(text, "=")
	if _, known := DefaultRates()[action]; !known {
		return "", r, fmt.Errorf("the rate %q does not begin with one of %s", text,
			strings.Join(slices.Sorted(maps.Keys(DefaultRates())), ", "))
	}
	perSecond, burst, given := strings.Cut(value, ",")
	number, ok := strings.CutSuffix(perSecond, "/s")
	if r.PerSecond, err = strconv.ParseFloat(number, 64); err != nil || !ok ||
		!(r.PerSecond > 0 && r.PerSecond <= 1e6) {
		return "", r, fmt.Errorf("the rate %q is not of the form ACTION=N/s,burst=M", text)
	}
	r.Burst = max(1, int(r.PerSecond+0.999))
	if !given {
		return action, r, nil
	}
	number, ok = strings.CutPrefix(burst, "burst=")
	if r.Burst, err = strconv.Atoi(number); err != nil || !ok || r.Burst < 1 {
		return "", r, fmt.Errorf("the rate %q is not of the form ACTION=N/s,burst=M", text)
	}
	return action, r, nil
}

const (
	// throttledFactor is what a throttled call leaves of the rate of its action.
	throttledFactor = 0.7
	// slowest is the smallest part of its rate that an action is slowed down to.
	slowest = 1.0 / 16
	// slowestCall is the least a second, so that no call waits for long.
	slowestCall = 0.2
	// Recovers is the time in which a rate that was slowed down to nothing is whole again.
	Recovers = 2 * time.Minute
	// Storm is the time in which throttled calls count as one: they were under way
	// together.
	Storm = time.Second
)

// Bucket is the token bucket of one action in one account and region. A throttled
// call makes it slower for everybody who shares it; from then on it gets faster again.
type Bucket struct {
	whole   Rate // the account's
	limiter *rate.Limiter

	mu        sync.Mutex
	base      Rate    // this worker's part
	share     float64 // of the base rate, at the time of the last change
	throttled time.Time
	changed   time.Time
}

// NewBucket returns a bucket of that rate.
func NewBucket(r Rate) *Bucket {
	return &Bucket{whole: r, base: r, limiter: rate.NewLimiter(rate.Limit(r.PerSecond), r.Burst), share: 1}
}

// Wait waits for the next token.
func (b *Bucket) Wait(ctx context.Context) error {
	b.set(time.Now(), func(share float64) float64 { return share })
	return b.limiter.Wait(ctx)
}

// Throttle notes that AWS wanted fewer calls.
func (b *Bucket) Throttle(now time.Time) {
	b.mu.Lock()
	again := now.Sub(b.throttled) < Storm
	if !again {
		b.throttled = now
	}
	b.mu.Unlock()
	if !again {
		b.set(now, func(share float64) float64 { return max(slowest, share*throttledFactor) })
	}
}

func (b *Bucket) set(now time.Time, change func(share float64) float64) {
	b.mu.Lock()
	defer b.mu.Unlock()
	share := b.share
	if share == 1 && change(1) == 1 {
		return
	}
	if !b.changed.IsZero() {
		share = min(1, share+float64(now.Sub(b.changed))/float64(Recovers))
	}
	b.share, b.changed = change(share), now
	b.apply(now)
}

// Divide leaves this worker its part of the rate.
func (b *Bucket) Divide(workers int, now time.Time) {
	b.mu.Lock()
	defer b.mu.Unlock()
	part := Rate{b.whole.PerSecond / float64(workers), max(1, b.whole.Burst/workers)}
	if part != b.base {
		b.base = part
		b.apply(now)
	}
}

// apply makes the limiter what the fields say; b.mu is held.
func (b *Bucket) apply(now time.Time) {
	b.limiter.SetLimitAt(now, rate.Limit(max(b.base.PerSecond*b.share, min(slowestCall, b.base.PerSecond))))
	// A full bucket would let the next storm through at once.
	b.limiter.SetBurstAt(now, max(1, int(float64(b.base.Burst)*b.share)))
}

// Called hears of each attempted call of AWS.
type Called func(action string, err error)

// limits are the token buckets of one account and region.
type limits map[string]*Bucket

func newLimits(rates map[string]Rate) limits {
	out := limits{}
	for action, r := range maps.All(rates) {
		out[action] = NewBucket(r)
	}
	return out
}

func (l limits) Divide(workers int) {
	now := time.Now()
	for _, b := range l {
		b.Divide(workers, now)
	}
}

// addTo makes every attempt of a call wait for a token, retries by the SDK included,
// and counts it.
func (l limits) addTo(called Called) func(*middleware.Stack) error {
	return func(stack *middleware.Stack) error {
		return stack.Finalize.Insert(middleware.FinalizeMiddlewareFunc("ecsctl:limit",
			func(ctx context.Context, in middleware.FinalizeInput,
				next middleware.FinalizeHandler) (middleware.FinalizeOutput, middleware.Metadata, error) {
				action := awsmiddleware.GetOperationName(ctx)
				bucket := l[action]
				if bucket != nil {
					if err := bucket.Wait(ctx); err != nil {
						return middleware.FinalizeOutput{}, middleware.Metadata{},
							fmt.Errorf("failed to wait for the rate of %s: %w", action, err)
					}
				}
				if err := checkBeforeSending(ctx); err != nil {
					return middleware.FinalizeOutput{}, middleware.Metadata{}, err
				}
				out, metadata, err := next.HandleFinalize(ctx, in)
				if bucket != nil && awserr.Throttled(err) {
					bucket.Throttle(time.Now())
				}
				if called != nil {
					called(action, err)
				}
				return out, metadata, err
			}), "Retry", middleware.After)
	}
}
