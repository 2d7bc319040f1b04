package worker

import (
	"context"
	"log/slog"
	"slices"
	"sync"
	"time"

	"ecsctl/prefect"
)

// freshPoll is how old what a poll has found may be before the run is looked at again.
const freshPoll = 2 * time.Second

// recheckBatch is how many of the runs whose turn is next are looked at in one call: about
// what is launched until the answer is too old in its turn.
const recheckBatch = 48

// recheck looks again at runs that have waited for their turn since a poll found them. One
// call serves them all: a read for each would cost a busy server a quarter of its launches.
type recheck struct {
	api   *prefect.Client
	table *table

	mu  sync.Mutex // held while it looks, so that the others wait for the answer
	at  time.Time
	due map[string]bool // the runs of the last look: whether they were still scheduled
}

// isDue tells whether a run is still to be launched.
func (r *recheck) isDue(ctx context.Context, log *slog.Logger, run runRef) (bool, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if due, seen := r.due[run.id]; seen && time.Since(r.at) <= freshPoll {
		return due, nil
	}
	ids, at := r.next(run), time.Now()
	var scheduled []prefect.FlowRun
	err := insist(ctx, log, "looking at the flow runs again", func(ctx context.Context) (err error) {
		at = time.Now()
		scheduled, err = r.api.FilterFlowRuns(ctx, prefect.FlowRunFilter{IDs: ids, StateTypes: []prefect.StateType{prefect.Scheduled}})
		return err
	})
	if err != nil {
		return false, err
	}
	r.at, r.due = at, make(map[string]bool, len(ids))
	for _, id := range ids {
		r.due[id] = slices.ContainsFunc(scheduled, func(f prefect.FlowRun) bool { return f.ID == id })
	}
	return r.due[run.id], nil
}

// next returns the run and those whose turn is soon, which are the ones that wait longest.
func (r *recheck) next(run runRef) []string {
	ids := []string{run.id}
	for _, entry := range r.table.inPhase(claiming) {
		if len(ids) == recheckBatch {
			break
		}
		if entry.run.id != run.id {
			ids = append(ids, entry.run.id)
		}
	}
	return ids
}
