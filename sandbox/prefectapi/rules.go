package prefectapi

import (
	"fmt"
	"math"
	"slices"
	"time"
)

// rule looks at a transition of a run; nil lets it pass to the next rule.
type rule func(a *API, run *flowRun, from, to *state) *verdict

// flowRules are in the order of prefect/server/orchestration/core_policy.py,
// CoreFlowPolicy. The first that objects decides.
var flowRules = []rule{
	preventDuplicates,
	keepFinal,
	onlyCancelledAfterCancelling,
	cancelWithoutInfrastructure,
	preventPending,
	secureSlot,
	markLateOnce,
	pauseRunning,
	leavePause,
	copyScheduledTime,
	waitForScheduledTime,
	retryFailed,
}

// forcedRules are those that force does not skip (MinimalFlowPolicy).
var forcedRules = []rule{cancelWithoutInfrastructure}

func (a *API) judge(run *flowRun, to *state, force bool) verdict {
	rules := flowRules
	if force {
		rules = forcedRules
	}
	if from := run.state(); from != nil {
		if to.Details.LeaseID == nil {
			to.Details.LeaseID = from.Details.LeaseID // it stays with the run as long as the run goes on
		}
		for _, r := range rules {
			if v := r(a, run, from, to); v != nil {
				return *v
			}
		}
	}
	return verdict{status: "ACCEPT"}
}

func reject(instead *state, format string, args ...any) *verdict {
	return &verdict{status: "REJECT", reason: fmt.Sprintf(format, args...), state: instead}
}

func abort(format string, args ...any) *verdict {
	return &verdict{status: "ABORT", reason: fmt.Sprintf(format, args...)}
}

// preventDuplicates knows a proposal that is sent again after its answer was lost.
func preventDuplicates(_ *API, _ *flowRun, from, to *state) *verdict {
	was, is := from.Details.TransitionID, to.Details.TransitionID
	if was == nil || is == nil || *was != *is {
		return nil
	}
	return reject(nil, "This run has already made this state transition.")
}

func keepFinal(_ *API, run *flowRun, from, to *state) *verdict {
	if !from.Type.final() {
		return nil
	}
	switch {
	case to.Type == cancelling || to.Type == suspended || to.Type == crashed:
		return abort("Run is already in terminal state %s.", from.Type)
	case from.Type == completed && !to.Type.final() && hasResult(from):
		return reject(nil, "Run is already COMPLETED.")
	case to.Type == scheduled && run.DeploymentID == "":
		return abort("Cannot reschedule a run without an associated deployment.")
	}
	if !to.Type.final() {
		run.Policy.Resuming, run.Policy.PauseKeys, run.Policy.RetryType = nil, nil, nil
	}
	if to.Type == scheduled {
		again := "reschedule"
		run.Policy.RetryType = &again
	}
	return nil
}

// hasResult: the state's data points to a result that was kept.
func hasResult(s *state) bool {
	var data struct {
		Type string `json:"type"`
	}
	return isObject(s.Data, &data) && data.Type != "unpersisted"
}

// onlyCancelledAfterCancelling holds for Cancelled runs as well on Prefect 2.
func onlyCancelledAfterCancelling(a *API, _ *flowRun, from, to *state) *verdict {
	bound := from.Type == cancelling || (a.isPrefect2() && from.Type == cancelled)
	if !bound || to.Type == cancelled {
		return nil
	}
	return reject(nil, "Cannot transition flows that are cancelling to a state other than Cancelled.")
}

// cancelWithoutInfrastructure: there is nothing to stop, so the run is Cancelled at once.
func cancelWithoutInfrastructure(a *API, run *flowRun, from, to *state) *verdict {
	if to.Type != cancelling {
		return nil
	}
	switch {
	case from.Type == scheduled && (value(run.Infrastructure) == "" || from.Name == "Resuming"):
		return reject(a.newState(cancelled, ""), "Scheduled flow run has no infrastructure to terminate.")
	case from.Type == suspended && from.Details.PauseReschedule:
		return reject(a.newState(cancelled, ""), "Suspended flow run has no infrastructure to terminate.")
	}
	return nil
}

// preventPending keeps two workers from submitting the same run. Prefect 3 lets a pending
// run go on to another name, as Submitting.
func preventPending(a *API, _ *flowRun, from, to *state) *verdict {
	if to.Type != pending || !slices.Contains([]stateType{pending, cancelling, running, cancelled}, from.Type) {
		return nil
	}
	if !a.isPrefect2() && from.Type == pending && to.Name != from.Name && to.Name != "Pending" {
		to.Details.ScheduledTime, to.Details.LeaseID = from.Details.ScheduledTime, from.Details.LeaseID
		return nil
	}
	return abort("This run is in a %s state and cannot transition to a PENDING state.", from.Type)
}

func markLateOnce(_ *API, _ *flowRun, from, to *state) *verdict {
	switch {
	case to.Type != scheduled || to.Name != "Late":
		return nil
	case from.Type != scheduled:
		return reject(nil, "Only scheduled flows can be marked late.")
	case from.Name == "Late":
		return reject(nil, "This flow run is already marked late.")
	}
	return nil
}

func copyScheduledTime(_ *API, _ *flowRun, from, to *state) *verdict {
	if from.Type == scheduled && to.Type == pending && to.Details.ScheduledTime.IsZero() {
		to.Details.ScheduledTime = from.Details.ScheduledTime
	}
	return nil
}

func waitForScheduledTime(a *API, _ *flowRun, from, to *state) *verdict {
	if to.Type != running || (from.Type != scheduled && from.Type != pending) || from.Details.ScheduledTime.IsZero() {
		return nil
	}
	delay := int(math.Round(from.Details.ScheduledTime.Sub(a.now()).Seconds()))
	if delay <= 0 {
		return nil
	}
	return &verdict{status: "WAIT", delay: delay, reason: "Scheduled time is in the future"}
}

func retryFailed(a *API, run *flowRun, from, to *state) *verdict {
	if from.Type != running || to.Type != failed {
		return nil
	}
	if run.Policy.Retries == nil || run.runCount > *run.Policy.Retries {
		run.Policy.RetryType = nil
		return nil
	}
	itself := "in_process"
	run.Policy.RetryType = &itself
	again := a.newState(scheduled, "AwaitingRetry")
	again.Message, again.Data = to.Message, to.Data
	if run.Policy.RetryDelay != nil {
		again.Details.ScheduledTime = moment{a.now().Add(time.Duration(*run.Policy.RetryDelay) * time.Second)}
	}
	return reject(again, "Retrying")
}
