package worker

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"regexp"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
	"github.com/aws/smithy-go"

	"ecsctl/internal/awserr"
	"ecsctl/internal/pause"
	"ecsctl/prefect"
	"ecsctl/worker/awsaccess"
	"ecsctl/worker/runlog"
)

// The names of the Scheduled states that a run waits in.
const (
	awaitingCapacity = "AwaitingCapacity" // ours
	awaitingRetry    = "AwaitingRetry"    // Prefect's
	isLate           = "Late"             // Prefect's, for any that is due
	awaitingSlot     = "AwaitingConcurrencySlot"
)

const (
	firstPutOff = 10 * time.Second
	mostPutOff  = 2 * time.Minute
)

// putOff is the stage that gives a run back which cannot be launched now: it becomes
// Scheduled again. So it waits on the server, where its state says what for; it holds
// no place of this worker, any worker may take it next, and none can lose it.
type putOff struct {
	api    *prefect.Client
	report *report
	wait   time.Duration // the most that a run waits for capacity
	first  time.Duration // before the second try; doubled with each
	again  int           // how often a run is launched anew after AWS has ended its task
}

// afterLaunch looks at a launch that failed. over says that the run was given back, or
// is left as it is for the next worker; otherwise the failure is final.
func (p *putOff) afterLaunch(ctx context.Context, log *slog.Logger, run runlog.Run, s still,
	failure error) (over bool, err error) {
	var halted *haltedError
	var unsure *unsureError
	switch {
	case errors.Is(failure, errPoolAnew):
		return true, p.schedule(ctx, log, run, "Scheduled", awsaccess.Sentence(failure), p.api.Now(), s)
	case isCapacity(failure):
		return p.forCapacity(ctx, log, run, s, awsaccess.Sentence(failure))
	case errors.As(failure, &halted) && errors.As(failure, &unsure):
		log.WarnContext(ctx, "the worker stops and cannot tell whether the ECS task was launched: the next worker "+
			"finds out", "error", failure)
		return true, nil
	case errors.As(failure, &halted):
		return true, p.schedule(ctx, log, run, "Scheduled",
			"The worker that had claimed the run has stopped before AWS took the task: "+awsaccess.Sentence(failure)+
				".", p.api.Now(), s)
	}
	return false, nil
}

// forCapacity schedules the run for another try, unless it has waited long enough.
func (p *putOff) forCapacity(ctx context.Context, log *slog.Logger, run runlog.Run, s still,
	reason string) (over bool, err error) {
	if p.wait <= 0 {
		return false, nil
	}
	states, err := p.history(ctx, log, run)
	if err != nil {
		return true, err
	}
	if n := len(states); n == 0 || states[n-1].Type != prefect.Pending {
		return true, nil // cancelled or deleted meanwhile, or it runs after all
	}
	times, since := waited(states, p.api.Now())
	end := since.Add(p.wait)
	at := p.api.Now().Add(pause.Backoff(times, p.first, max(p.first, mostPutOff)))
	if at.After(end) {
		log.ErrorContext(ctx, "ECS had no capacity for the task in time", "waited",
			p.api.Since(since).Round(time.Second), "tries", times+1)
		return false, nil
	}
	message := fmt.Sprintf("Waiting for capacity in ECS (try %d, the next at %s, the last by %s): %s.",
		times+1, clock(at), clock(end), reason)
	return true, p.schedule(ctx, log, run, awaitingCapacity, message, at, s)
}

func clock(t time.Time) string { return t.UTC().Format("15:04:05 MST") }

// waited tells how often a run has been put off in a row because AWS had no capacity, and
// since when. Claims, and what the server makes of a run that waits, do not end the row.
func waited(states []prefect.State, now time.Time) (times int, since time.Time) {
	since = now
	for i := len(states) - 1; i >= 0; i-- {
		switch s := states[i]; {
		case s.Type == prefect.Scheduled && s.Name == awaitingCapacity:
			times, since = times+1, s.Timestamp
		case s.Type == prefect.Pending, s.Type == prefect.Scheduled && (s.Name == isLate || s.Name == awaitingSlot):
		default:
			return times, since
		}
	}
	return times, since
}

// afterStop looks at a task that has ended without its run. over says that the run is
// to be launched anew.
func (p *putOff) afterStop(ctx context.Context, log *slog.Logger, e ending, run *prefect.FlowRun,
	s still) (over bool, err error) {
	switch {
	case run.StateType == prefect.Pending && capacityStop(e.task):
		return p.forCapacity(ctx, log, e.entry.run, s, e.reason)
	case p.again > 0 && infrastructureStop(e.task):
		return p.afterInterruption(ctx, log, e, run, s)
	}
	return false, nil
}

func (p *putOff) afterInterruption(ctx context.Context, log *slog.Logger, e ending, run *prefect.FlowRun,
	still still) (over bool, err error) {
	states, err := p.history(ctx, log, e.entry.run)
	if err != nil {
		return true, err
	}
	if n := len(states); n == 0 || run.State == nil || states[n-1].ID != run.State.ID {
		return true, errNotOver // it has changed since it was judged: another look will tell
	}
	times := 0
	for _, s := range states {
		if _, ours := readMark(s.Details.TransitionID); ours && s.Type == prefect.Scheduled && s.Name == awaitingRetry {
			times++
		}
	}
	if times >= p.again {
		return false, nil
	}
	message := fmt.Sprintf("AWS ended the task, so the run is launched anew (%d of %d times): %s.", times+1,
		p.again, e.reason)
	if run.Policy.RetryType == prefect.RetryInProcess {
		// No worker would be given it: the server takes back who retries a run when it leaves a final state.
		if err := p.report.crashed(ctx, log, e.entry.run, e.reason, still); err != nil {
			return true, err
		}
	}
	return true, p.schedule(ctx, log, e.entry.run, awaitingRetry, message, p.api.Now(), still)
}

func (p *putOff) history(ctx context.Context, log *slog.Logger, run runlog.Run) (states []prefect.State, err error) {
	err = insist(ctx, log, "reading the states of the flow run", func(ctx context.Context) (err error) {
		states, err = p.api.FlowRunStates(ctx, run.ID)
		return err
	})
	return states, err
}

func (p *putOff) schedule(ctx context.Context, log *slog.Logger, run runlog.Run, name, message string, at time.Time,
	s still) error {
	result, err := p.report.set(ctx, log, run, prefect.StateProposal{
		Type: prefect.Scheduled, Name: name, Message: message, ScheduledTime: at,
	}, s)
	if err == nil && result != nil && result.Status == prefect.Accept {
		log.WarnContext(ctx, message)
	}
	return err
}

// capacityText matches what ECS says when there is no room for a task now but may be
// later, where it has no code for it: Fargate and Fargate Spot, the account's limit of
// vCPUs or tasks, a capacity provider that has to start instances first.
var capacityText = regexp.MustCompile(
	`(?i)^capacity is unavailable|reached the limit on the number of (vcpus|tasks)|no container instances? (were|was) found in your (cluster|capacity provider)|^no active instances|^empty capacity provider`)

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
	return t != nil && t.StartedAt == nil && t.StopCode == types.TaskStopCodeTaskFailedToStart &&
		capacityText.MatchString(aws.ToString(t.StoppedReason))
}

// infrastructureStop reports whether a task ended for a reason that lies with AWS and not
// with the flow: Spot took its capacity back, or its host ended.
func infrastructureStop(t *types.Task) bool {
	return t != nil && (t.StopCode == types.TaskStopCodeSpotInterruption ||
		t.StopCode == types.TaskStopCodeTerminationNotice ||
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
	out.CapacityProviderStrategy = []types.CapacityProviderStrategyItem{
		{CapacityProvider: aws.String(fargateProvider), Weight: 1}}
	return &out
}
