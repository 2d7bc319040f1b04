package worker

import (
	"encoding/json"
	"time"

	"ecsctl/prefect"
)

// candidate is a scheduled run that a poll has found.
type candidate struct {
	run     prefect.FlowRun
	stateID string    // of the scheduled state that it is launched for
	found   time.Time // what is read for its sake must not be older than this
}

func newCandidate(run prefect.FlowRun, found time.Time) candidate {
	return candidate{run: run, stateID: stateID(&run), found: found}
}

func (c candidate) ref() runRef { return runRef{c.run.ID, c.run.Name} }

// stateID is the id of the run's state, which some answers have beside it alone.
func stateID(run *prefect.FlowRun) string {
	if run.State != nil && run.State.ID != "" {
		return run.State.ID
	}
	var wire struct {
		StateID string `json:"state_id"`
	}
	_ = json.Unmarshal(run.Raw(), &wire) // it was decoded before
	return wire.StateID
}
