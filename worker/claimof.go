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
	ran    bool           // the run was Running since
}

// claimIn finds the last claim in the states of a run, oldest first: the first of the
// Pending states in a row. What came after it (Submitting, Running, Cancelling, ...) does
// not matter, unless the run was scheduled anew; for a retry within its process it is not.
func claimIn(states []prefect.State) (launchClaim, bool) {
	found, ran := -1, false
	for i := len(states) - 1; i >= 0; i-- {
		if states[i].Type == prefect.Scheduled && !retriesItself(states, i) || found >= 0 && states[i].Type != prefect.Pending {
			break
		}
		if states[i].Type == prefect.Pending {
			found = i
		}
		ran = ran || states[i].Type == prefect.Running
	}
	if found < 0 {
		return launchClaim{}, false
	}
	c := launchClaim{id: states[found].ID, since: states[found].Timestamp, ran: ran}
	if found > 0 {
		c.before = &states[found-1]
	}
	c.mark, c.marked = readMark(states[found].Details.TransitionID)
	return c, true
}

// retriesItself: the state is one that the server gives a run that fails and has retries left.
// The process that runs it waits for them; the run is given to no worker.
func retriesItself(states []prefect.State, i int) bool {
	s := states[i]
	_, ours := readMark(s.Details.TransitionID)
	return s.Type == prefect.Scheduled && s.Name == awaitingRetry && !ours && i > 0 && states[i-1].Type == prefect.Running
}
