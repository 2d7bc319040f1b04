package prefectapi

import (
	"slices"
	"strings"
)

// pauseRunning lets only running runs be paused or suspended, each pause once.
func pauseRunning(_ *API, run *flowRun, from, to *state) *verdict {
	if to.Type != suspended {
		return nil
	}
	verb := "pause"
	if to.Name == "Suspended" {
		verb = "suspend"
	}
	if from.Type != running {
		return reject(nil, "Cannot %s flows that are not currently running.", verb)
	}
	key := value(to.Details.PauseKey)
	if key == "" {
		key = newID()
	}
	switch {
	case slices.Contains(run.Policy.PauseKeys, key):
		return reject(nil, "This %s has already fired.", verb)
	case to.Details.PauseReschedule && run.ParentTaskRun != nil:
		return abort("Cannot %s subflows.", verb)
	case to.Details.PauseReschedule && run.DeploymentID == "":
		return abort("Cannot %s flows without a deployment.", verb)
	}
	run.Policy.PauseKeys = append(run.Policy.PauseKeys, key)
	return nil
}

// leavePause lets a paused run go on, be cancelled or end, until the pause times out.
func leavePause(a *API, run *flowRun, from, to *state) *verdict {
	if from.Type != suspended {
		return nil
	}
	if to.Type == pending {
		return reject(nil, "This run cannot transition to the %s state from the %s state.", a.enumName(to.Type),
			a.enumName(from.Type))
	}
	name := strings.ToLower(to.Name)
	if from.Details.PauseReschedule && run.DeploymentID == "" {
		return reject(nil, "Cannot reschedule a %s flow run without a deployment.", name)
	}
	limit := from.Details.PauseTimeout
	if to.Type != cancelling && !limit.IsZero() && limit.Before(a.now()) {
		lost := a.newState(failed, "")
		message := "The flow was " + name + " and never resumed."
		lost.Message = &message
		return reject(lost, "The flow run pause has timed out and can no longer resume.")
	}
	yes := true
	run.Policy.Resuming = &yes
	return nil
}

// enumName is how Python writes a state type into a text.
func (a *API) enumName(t stateType) string { return "StateType." + string(t) }
