package worker

import (
	"time"

	"ecsctl/prefect"
)

// launchClaim is the claim that a run's last launch was for.
type launchClaim struct {
	id     string         // of the Pending state
	since  time.Time      //
	mark   mark           // of the worker that made it
	marked bool           // that worker is ecsctl's
	before *prefect.State // that it was made in; nil when there was none
}

// claimIn finds the last claim in the states of a run, oldest first: the first of the
// Pending states in a row. What came after it (Submitting, Running, Cancelling, ...) does
// not matter, unless the run was scheduled anew.
func claimIn(states []prefect.State) (launchClaim, bool) {
	found := -1
	for i := len(states) - 1; i >= 0; i-- {
		if states[i].Type == prefect.Scheduled || found >= 0 && states[i].Type != prefect.Pending {
			break
		}
		if states[i].Type == prefect.Pending {
			found = i
		}
	}
	if found < 0 {
		return launchClaim{}, false
	}
	c := launchClaim{id: states[found].ID, since: states[found].Timestamp}
	if found > 0 {
		c.before = &states[found-1]
	}
	c.mark, c.marked = readMark(states[found].Details.TransitionID)
	return c, true
}
