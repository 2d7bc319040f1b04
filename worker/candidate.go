package worker

import (
	"time"

	"ecsctl/prefect"
)

// candidate is a scheduled run that a poll has found.
type candidate struct {
	run     prefect.FlowRun
	claim   string    // id of the Pending state that the run was claimed with, once it is
	resumed bool      // claimed by a worker that is gone, which may have launched it
	foreign time.Time // when a worker of another kind has claimed it; zero otherwise
	claimed time.Time // when the claim was last known to stand
	found   time.Time // what is read for its sake must not be older than this
}

func newCandidate(run prefect.FlowRun, found time.Time) candidate {
	return candidate{run: run, found: found}
}

func (c candidate) ref() runRef { return runRef{c.run.ID, c.run.Name} }
