package worker

import (
	"context"
	"fmt"
	"maps"

	awsmiddleware "github.com/aws/aws-sdk-go-v2/aws/middleware"
	"github.com/aws/smithy-go/middleware"
	"golang.org/x/time/rate"
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
		"RunTask":                {20, 100},
		"RegisterTaskDefinition": {1, 20},
		"DescribeTasks":          {20, 100},
		"StopTask":               {40, 100},
		"DescribeTaskDefinition": {20, 100},
		"ListTaskDefinitions":    {20, 50},
	}
}

// limits are the token buckets of one account and region.
type limits map[string]*rate.Limiter

func newLimits(rates map[string]Rate) limits {
	out := limits{}
	for action, r := range maps.All(rates) {
		out[action] = rate.NewLimiter(rate.Limit(r.PerSecond), r.Burst)
	}
	return out
}

// addTo makes every attempt of a call wait for a token, retries by the SDK included,
// and counts it.
func (l limits) addTo(m *metrics) func(*middleware.Stack) error {
	return func(stack *middleware.Stack) error {
		return stack.Finalize.Insert(middleware.FinalizeMiddlewareFunc("ecsctl:limit",
			func(ctx context.Context, in middleware.FinalizeInput, next middleware.FinalizeHandler) (middleware.FinalizeOutput, middleware.Metadata, error) {
				action := awsmiddleware.GetOperationName(ctx)
				if bucket := l[action]; bucket != nil {
					if err := bucket.Wait(ctx); err != nil {
						return middleware.FinalizeOutput{}, middleware.Metadata{}, fmt.Errorf("failed to wait for the rate of %s: %w", action, err)
					}
				}
				out, metadata, err := next.HandleFinalize(ctx, in)
				m.awsCalled(action, err)
				return out, metadata, err
			}), "Retry", middleware.After)
	}
}
