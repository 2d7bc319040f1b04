package prefectapi

import (
	"time"
)

// taskRule looks at a transition of a task run; nil lets it pass to the next rule.
type taskRule func(a *API, t *taskRun, from, to *state) *verdict

// taskRules are in the order of prefect/server/orchestration/core_policy.py,
// CoreTaskPolicy. The first that objects decides.
var taskRules = []taskRule{
	takeFromCache,
	keepFinalTask,
	onlyInRunningFlow,
	secureTagSlots,
	func(a *API, _ *taskRun, from, to *state) *verdict { return copyScheduledTime(a, nil, from, to) },
	func(a *API, _ *taskRun, from, to *state) *verdict { return waitForScheduledTime(a, nil, from, to) },
	retryFailedTask,
	renameRerun,
}

func (a *API) judgeTask(t *taskRun, to *state, force bool) verdict {
	if from := t.state(); from != nil && !force {
		for _, r := range taskRules {
			if v := r(a, t, from, to); v != nil {
				return *v
			}
		}
	}
	return verdict{status: "ACCEPT"}
}

// takeFromCache spares a task that has a result under the same key.
func takeFromCache(a *API, _ *taskRun, _, to *state) *verdict {
	key := to.Details.CacheKey
	if to.Type != running || key == nil || to.Details.RefreshCache != nil && *to.Details.RefreshCache {
		return nil
	}
	kept := a.cache[*key]
	if kept == nil || !kept.Details.CacheExpiration.IsZero() && kept.Details.CacheExpiration.Before(a.now()) {
		return nil
	}
	cached := a.newState(completed, "Cached")
	cached.Message, cached.Data = kept.Message, kept.Data
	return reject(cached, "Retrieved state from cache")
}

func keepFinalTask(a *API, t *taskRun, from, to *state) *verdict {
	if !from.Type.final() {
		return nil
	}
	switch {
	case to.Type == cancelling || to.Type == suspended || to.Type == crashed:
		return abort("Run is already %s.", from.Type)
	case from.Type == completed && hasResult(from):
		return reject(nil, "This run is already completed.")
	}
	if !to.Type.final() {
		t.runCount = 0
	}
	if run := a.runOfTask(t); to.Type == running && run != nil && t.flowRunCount < run.runCount {
		to.Name = "Retrying"
	}
	return nil
}

func onlyInRunningFlow(a *API, t *taskRun, _, to *state) *verdict {
	run := a.runOfTask(t)
	if to.Type != running || run == nil || run.stateType() == running {
		return nil
	}
	if run.stateType() != suspended {
		return abort("The enclosing flow must be running to begin task execution.")
	}
	pause := run.state().Details
	wait := a.newState(suspended, "NotReady")
	wait.Details.PauseTimeout, wait.Details.PauseReschedule = pause.PauseTimeout, pause.PauseReschedule
	return reject(wait, "The flow is paused, new tasks can execute after resuming flow run: %s.", run.ID)
}

func retryFailedTask(a *API, t *taskRun, from, to *state) *verdict {
	if from.Type != running || to.Type != failed || t.Policy.Retries == nil || t.runCount > *t.Policy.Retries {
		return nil
	}
	if to.Details.Retriable != nil && !*to.Details.Retriable {
		return nil
	}
	again := a.newState(scheduled, "AwaitingRetry")
	again.Message, again.Data = to.Message, to.Data
	again.Details.ScheduledTime = moment{a.now().Add(time.Duration(t.Policy.delay(t.runCount)) * time.Second)}
	return reject(again, "Retrying")
}

func renameRerun(_ *API, t *taskRun, from, to *state) *verdict {
	if to.Type != running || t.runCount == 0 {
		return nil
	}
	to.Name = "Rerunning"
	if from.Name == "AwaitingRetry" {
		to.Name = "Retrying"
	}
	return nil
}

// afterTask is what a transition that was asked for has for consequences.
func (a *API) afterTask(t *taskRun, s *state) {
	if s.Type != running {
		a.releaseTagSlots(t)
	}
	if run := a.runOfTask(t); s.Type == running && run != nil {
		t.flowRunCount = run.runCount
	}
	if s.Type == completed && s.Details.CacheKey != nil {
		a.cache[*s.Details.CacheKey] = s
	}
}
