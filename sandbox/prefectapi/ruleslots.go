package prefectapi

import (
	"encoding/json"
	"time"
)

// slotWait is how long a run waits for a slot of its deployment
// (PREFECT_SERVER_DEPLOYMENTS_CONCURRENCY_SLOT_WAIT_SECONDS).
const slotWait = 30 * time.Second

// secureSlot holds a run back that its deployment's concurrency limit has no slot for.
// Prefect 2 has no such limits.
func secureSlot(a *API, run *flowRun, from, to *state) *verdict {
	d := a.deploymentByID(run.DeploymentID)
	if a.isPrefect2() || to.Type != pending || holdsSlot(from.Type) || d == nil || d.Limit == nil {
		return nil
	}
	if *d.Limit == 0 {
		return abort("The deployment concurrency limit is 0. The flow will deadlock if submitted again.")
	}
	if a.slotsOf(d) < *d.Limit {
		lease := newID()
		to.Details.LeaseID = &lease
		return nil
	}
	const reason = "Deployment concurrency limit reached."
	if d.cancelsNew() {
		instead := a.newState(cancelled, "")
		message := reason
		instead.Message = &message
		return reject(instead, reason)
	}
	instead := a.newState(scheduled, "AwaitingConcurrencySlot")
	instead.Details.ScheduledTime = moment{a.now().Add(slotWait)}
	return reject(instead, reason)
}

func (d *deployment) cancelsNew() bool {
	var options struct {
		Strategy string `json:"collision_strategy"`
	}
	return isObject(d.Options, &options) && options.Strategy == "CANCEL_NEW"
}

// isObject decodes a JSON object; anything else is none.
func isObject(raw json.RawMessage, into any) bool {
	return len(raw) > 0 && raw[0] == '{' && json.Unmarshal(raw, into) == nil
}
