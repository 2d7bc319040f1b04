package prefect

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
)

// FlowRunStates returns all states that a flow run has had, the oldest first. A run that
// does not exist has none.
func (c *Client) FlowRunStates(ctx context.Context, flowRunID string) ([]State, error) {
	var states []State
	k := call{method: http.MethodGet, path: []string{"flow_run_states", ""},
		query: url.Values{"flow_run_id": {flowRunID}}}
	if err := c.do(ctx, k, &states); err != nil {
		return nil, fmt.Errorf("failed to read the states of flow run %q: %w", flowRunID, err)
	}
	slices.SortStableFunc(states, func(a, b State) int { return a.Timestamp.Compare(b.Timestamp) })
	return states, nil
}

// FlowRunPages hands the flow runs that match to visit page by page, so that however
// many there are only one page is held. An error of visit ends it.
func (c *Client) FlowRunPages(ctx context.Context, f FlowRunFilter, visit func([]FlowRun) error) error {
	body := f.wire()
	size := pageSize
	for seen := 0; ; {
		body["offset"] = seen
		limit := size
		if f.Limit > 0 {
			limit = min(limit, f.Limit-seen)
		}
		body["limit"] = limit
		var page []FlowRun
		err := c.do(ctx, query(body, "flow_runs", "filter"), &page)
		if errors.Is(err, ErrTooLarge) && limit > 1 {
			size = limit / 2 // runs with much in them come in smaller pages
			continue
		}
		if err != nil {
			return fmt.Errorf("failed to list flow runs: %w", err)
		}
		got := len(page)
		if err := visit(slices.DeleteFunc(page, func(run FlowRun) bool { return !f.matches(&run) })); err != nil {
			return err
		}
		if seen += got; got < limit || seen == f.Limit {
			return nil
		}
	}
}

// matches reports whether a run is one that was asked for, as far as it says: what is done with a run of another pool,
// or in another state, cannot be taken back, so that the server's word alone does not do.
func (f FlowRunFilter) matches(run *FlowRun) bool {
	in := func(list []string, value string) bool {
		return len(list) == 0 || value == "" || slices.Contains(list, value)
	}
	return in(f.IDs, run.ID) && in(f.WorkPoolNames, run.WorkPoolName) && in(f.WorkQueueNames, run.WorkQueueName) &&
		f.matchesState(run)
}

func (f FlowRunFilter) matchesState(run *FlowRun) bool {
	if run.StateType == "" || run.StateName == "" {
		return true
	}
	named, typed := slices.Contains(f.StateNames, run.StateName), slices.Contains(f.StateTypes, run.StateType)
	if f.EitherState && len(f.StateNames) > 0 && len(f.StateTypes) > 0 {
		return named || typed
	}
	return (named || len(f.StateNames) == 0) && (typed || len(f.StateTypes) == 0)
}
