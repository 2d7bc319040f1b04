package worker

import (
	"context"
	"log/slog"
	"maps"
	"slices"
	"sync"
	"time"

	"ecsctl/prefect"
	"ecsctl/worker/runlog"
)

// freshPoll is how old what a poll has found may be before the run is looked at again.
const freshPoll = 2 * time.Second

// recheckBatch is how many of the runs whose turn is next are looked at in one call: about
// what is launched until the answer is too old in its turn.
const recheckBatch = 48

// recheck looks again at runs that have waited for their turn since a poll found them. One
// call serves many: a read for each would cost a busy server a quarter of its launches.
type recheck struct {
	api  *prefect.Client
	line *line

	looking chan struct{} // full while one looks, so that the others wait for the answer
	seen    map[string]sighting
}

func newRecheck(api *prefect.Client, l *line) *recheck {
	return &recheck{api: api, line: l, looking: make(chan struct{}, 1), seen: map[string]sighting{}}
}

// sighting is what a look has shown of a run.
type sighting struct {
	at  time.Time // when the look began
	due bool      // the run was still scheduled
}

func (s sighting) fresh() bool { return time.Since(s.at) <= freshPoll }

// isDue reports whether a run is still to be launched.
func (r *recheck) isDue(ctx context.Context, log *slog.Logger, run runlog.Run) (bool, error) {
	select {
	case r.looking <- struct{}{}:
		defer func() { <-r.looking }()
	case <-ctx.Done():
		return false, ctx.Err()
	}
	if s := r.seen[run.ID]; s.fresh() {
		return s.due, nil
	}
	if err := r.look(ctx, log, run.ID); err != nil {
		return false, err
	}
	return r.seen[run.ID].due, nil
}

// look reads the run and those whose turn is soon; r.looking is full.
func (r *recheck) look(ctx context.Context, log *slog.Logger, id string) error {
	maps.DeleteFunc(r.seen, func(_ string, s sighting) bool { return !s.fresh() })
	ids := append(r.unseen(), id)
	var at time.Time
	var scheduled []prefect.FlowRun
	err := insist(ctx, log, "looking at the flow runs again", func(ctx context.Context) (err error) {
		at = time.Now()
		scheduled, err = r.api.FilterFlowRuns(ctx, prefect.FlowRunFilter{
			IDs: ids, StateTypes: []prefect.StateType{prefect.Scheduled},
		})
		return err
	})
	if err != nil {
		return err
	}
	for _, id := range ids {
		r.seen[id] = sighting{at, slices.ContainsFunc(scheduled, func(f prefect.FlowRun) bool { return f.ID == id })}
	}
	return nil
}

func (r *recheck) unseen() []string {
	return slices.DeleteFunc(r.line.next(recheckBatch-1), func(id string) bool {
		_, seen := r.seen[id]
		return seen
	})
}

// passedRuns are runs that turned out to be another worker's, and when. The answer of a poll
// that began before that still has them as scheduled: to propose Pending once more
// would be of no use.
type passedRuns struct {
	mu sync.Mutex
	at map[string]time.Time
}

func (p *passedRuns) note(runID string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.at == nil {
		p.at = map[string]time.Time{}
	}
	now := time.Now()
	// No answer is older than its poll may take.
	maps.DeleteFunc(p.at, func(_ string, at time.Time) bool { return now.Sub(at) > pollTimeout })
	p.at[runID] = now
}

// since reports whether the run was passed on after that time.
func (p *passedRuns) since(runID string, began time.Time) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.at[runID].After(began)
}
