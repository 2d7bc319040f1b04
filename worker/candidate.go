package worker

import (
	"time"

	"ecsctl/prefect"
	"ecsctl/worker/runlog"
)

// candidate is a scheduled run that a poll has found.
type candidate struct {
	run     prefect.FlowRun
	pool    string    // id of the work pool that gave it; empty when not known
	claim   string    // id of the Pending state that the run was claimed with, once it is
	state   string    // id of the last state that it is known to have got for its launch
	resumed bool      // claimed by a worker that is gone, which may have launched it
	foreign time.Time // when, by our clock, a worker of another kind has claimed it; zero otherwise
	claimed time.Time // when this worker made the claim or went on with it
	found   time.Time // what is read for its sake must not be older than this

	standing *standing // while it is launched
}

func newCandidate(run prefect.FlowRun, found time.Time) candidate {
	return candidate{run: run, found: found, pool: run.WorkPoolID}
}

func (c candidate) ref() runlog.Run { return runlog.Run{ID: c.run.ID, Name: c.run.Name} }
