package worker

import (
	"errors"
	"regexp"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
	"github.com/aws/smithy-go"

	"ecsctl/internal/awserr"
)

// capacityText matches what ECS says when there is no room for a task now but may be
// later, where it has no code for it: Fargate and Fargate Spot, the account's limit of
// vCPUs or tasks, a capacity provider that has to start instances first.
var capacityText = regexp.MustCompile(`(?i)^capacity is unavailable|reached the limit on the number of (vcpus|tasks)|no container instances? (were|was) found in your (cluster|capacity provider)|^no active instances|^empty capacity provider`)

// isCapacity reports whether a launch was refused because AWS had no capacity.
func isCapacity(err error) bool {
	var refused *refusedError
	if errors.As(err, &refused) {
		return refused.passing()
	}
	var api smithy.APIError
	return errors.As(err, &api) && !awserr.Throttled(err) && capacityText.MatchString(api.ErrorMessage())
}

// passing: RESOURCE:MEMORY and its like, or an agent that is not connected, go by.
func (e *refusedError) passing() bool {
	return strings.HasPrefix(e.reason, "RESOURCE:") || e.reason == "AGENT" || capacityText.MatchString(e.reason)
}

// capacityStop reports whether a task was stopped before it started, because there was no
// capacity for it after all.
func capacityStop(t *types.Task) bool {
	return t != nil && t.StartedAt == nil && t.StopCode == types.TaskStopCodeTaskFailedToStart && capacityText.MatchString(aws.ToString(t.StoppedReason))
}

// infrastructureStop reports whether a task ended for a reason that lies with AWS and not
// with the flow: Spot took its capacity back, or its host ended.
func infrastructureStop(t *types.Task) bool {
	return t != nil && (t.StopCode == types.TaskStopCodeSpotInterruption || t.StopCode == types.TaskStopCodeTerminationNotice ||
		t.StopCode == types.TaskStopCodeInfrastructureHealth)
}

const (
	fargateProvider     = "FARGATE"
	fargateSpotProvider = "FARGATE_SPOT"
)

// usesSpot: a part of the strategy is Fargate Spot.
func usesSpot(in *ecs.RunTaskInput) bool {
	for _, item := range in.CapacityProviderStrategy {
		if aws.ToString(item.CapacityProvider) == fargateSpotProvider {
			return true
		}
	}
	return false
}

// onDemand is the request for Fargate on demand alone.
func onDemand(in *ecs.RunTaskInput, token string) *ecs.RunTaskInput {
	out := *in
	out.ClientToken = &token
	out.CapacityProviderStrategy = []types.CapacityProviderStrategyItem{{CapacityProvider: aws.String(fargateProvider), Weight: 1}}
	return &out
}
