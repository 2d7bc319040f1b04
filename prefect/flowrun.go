package prefect

import (
	"context"
	"encoding/json"
	"fmt"
	"time"
)

// FlowRun is a flow run as the API gives it.
type FlowRun struct {
	ID                     string          `json:"id"`
	Name                   string          `json:"name"`
	FlowID                 string          `json:"flow_id"`
	DeploymentID           string          `json:"deployment_id"`
	WorkQueueID            string          `json:"work_queue_id"`
	WorkQueueName          string          `json:"work_queue_name"`
	WorkPoolID             string          `json:"work_pool_id"`
	WorkPoolName           string          `json:"work_pool_name"`
	Parameters             json.RawMessage `json:"parameters"`
	Tags                   []string        `json:"tags"`
	StateType              StateType       `json:"state_type"`
	StateName              string          `json:"state_name"`
	State                  *State          `json:"state"`
	RunCount               int             `json:"run_count"`
	ExpectedStartTime      *time.Time      `json:"expected_start_time"`
	NextScheduledStartTime *time.Time      `json:"next_scheduled_start_time"`
	StartTime              *time.Time      `json:"start_time"`
	EndTime                *time.Time      `json:"end_time"`
	InfrastructurePID      string          `json:"infrastructure_pid"`
	JobVariables           json.RawMessage `json:"job_variables"`
	IdempotencyKey         string          `json:"idempotency_key"`
	ParentTaskRunID        string          `json:"parent_task_run_id"`
	Policy                 FlowRunPolicy   `json:"empirical_policy"`

	raw json.RawMessage
}

// FlowRunPolicy is the part of a flow run's empirical_policy that a worker looks at.
type FlowRunPolicy struct {
	RetryType RetryType `json:"retry_type"`
}

// RetryType is by whom a run that is to be run again is: by the process that it is in, or
// by a worker.
type RetryType string

// RetryInProcess is the retry of a run by its own process: no worker gets the run while it is
// Scheduled.
const RetryInProcess RetryType = "in_process"

// UnmarshalJSON keeps the answer as it came beside the fields, for Raw.
func (r *FlowRun) UnmarshalJSON(data []byte) error {
	type plain FlowRun
	if err := json.Unmarshal(data, (*plain)(r)); err != nil {
		return err
	}
	r.raw = append(json.RawMessage(nil), data...)
	return nil
}

// Raw is the flow run as the API gave it, with every key.
func (r *FlowRun) Raw() json.RawMessage { return r.raw }

// ReadFlowRun returns a flow run, or ErrNotFound.
func (c *Client) ReadFlowRun(ctx context.Context, id string) (*FlowRun, error) {
	var run FlowRun
	if err := c.do(ctx, get("flow_runs", id), &run); err != nil {
		return nil, fmt.Errorf("failed to read flow run %q: %w", id, err)
	}
	return &run, nil
}

// FlowRunUpdate holds what changes of a flow run; nil fields stay.
type FlowRunUpdate struct {
	Name              *string         `json:"name,omitempty"`
	InfrastructurePID *string         `json:"infrastructure_pid,omitempty"`
	Tags              []string        `json:"tags,omitempty"`
	JobVariables      json.RawMessage `json:"job_variables,omitempty"`
}

// UpdateFlowRun changes a flow run, or returns ErrNotFound.
func (c *Client) UpdateFlowRun(ctx context.Context, id string, update FlowRunUpdate) error {
	if err := c.do(ctx, patch(update, "flow_runs", id), nil); err != nil {
		return fmt.Errorf("failed to change flow run %q: %w", id, err)
	}
	return nil
}

// LabelFlowRun adds labels to a flow run, or returns ErrNotFound. Servers of Prefect 2 have
// none.
func (c *Client) LabelFlowRun(ctx context.Context, id string, labels map[string]string) error {
	if err := c.do(ctx, patch(labels, "flow_runs", id, "labels"), nil); err != nil {
		return fmt.Errorf("failed to label flow run %q: %w", id, err)
	}
	return nil
}

// DeleteFlowRun deletes a flow run, or returns ErrNotFound.
func (c *Client) DeleteFlowRun(ctx context.Context, id string) error {
	if err := c.do(ctx, del("flow_runs", id), nil); err != nil {
		return fmt.Errorf("failed to delete flow run %q: %w", id, err)
	}
	return nil
}

// FlowRunFilter picks flow runs; empty fields do not filter.
type FlowRunFilter struct {
	IDs            []string
	Names          []string
	StateTypes     []StateType
	StateNames     []string
	EitherState    bool // a state of one of the types or with one of the names; default: both
	DeploymentIDs  []string
	WorkPoolNames  []string
	WorkQueueNames []string
	// ExpectedBefore and ExpectedAfter bound the expected start time.
	ExpectedBefore, ExpectedAfter time.Time
	// StartedAfter bounds the time at which it began to run.
	StartedAfter time.Time
	// Limit stops after that many runs; 0 is all of them.
	Limit int
	// Sort is such as EXPECTED_START_TIME_ASC or START_TIME_DESC; default ID_DESC.
	Sort string
}

// FilterFlowRuns returns the flow runs that match, page after page.
func (c *Client) FilterFlowRuns(ctx context.Context, f FlowRunFilter) ([]FlowRun, error) {
	var all []FlowRun
	err := c.FlowRunPages(ctx, f, func(page []FlowRun) error {
		all = append(all, page...)
		return nil
	})
	if err != nil {
		return nil, err
	}
	return all, nil
}

// CountFlowRuns returns how many flow runs match; Limit and Sort mean nothing to it.
func (c *Client) CountFlowRuns(ctx context.Context, f FlowRunFilter) (int, error) {
	body := f.wire()
	delete(body, "sort")
	var count int
	if err := c.do(ctx, query(body, "flow_runs", "count"), &count); err != nil {
		return 0, fmt.Errorf("failed to count flow runs: %w", err)
	}
	return count, nil
}

func (f FlowRunFilter) wire() map[string]any {
	runs := map[string]any{}
	addAny(runs, "id", f.IDs)
	addAny(runs, "name", f.Names)
	addAny(runs, "deployment_id", f.DeploymentIDs)
	state := map[string]any{}
	addAny(state, "type", f.StateTypes)
	addAny(state, "name", f.StateNames)
	if f.EitherState {
		state["operator"] = "or_"
	}
	if len(state) > 0 {
		runs["state"] = state
	}
	expected := map[string]any{}
	if !f.ExpectedBefore.IsZero() {
		expected["before_"] = f.ExpectedBefore.UTC()
	}
	if !f.ExpectedAfter.IsZero() {
		expected["after_"] = f.ExpectedAfter.UTC()
	}
	if len(expected) > 0 {
		runs["expected_start_time"] = expected
	}
	if !f.StartedAfter.IsZero() {
		runs["start_time"] = map[string]any{"after_": f.StartedAfter.UTC()}
	}
	pools, queues := map[string]any{}, map[string]any{}
	addAny(pools, "name", f.WorkPoolNames)
	addAny(queues, "name", f.WorkQueueNames)
	body := map[string]any{"flow_runs": runs, "work_pools": pools, "work_pool_queues": queues}
	if f.Sort != "" {
		body["sort"] = f.Sort
	}
	return body
}

func addAny[T any](filter map[string]any, key string, values []T) {
	if len(values) > 0 {
		filter[key] = map[string]any{"any_": values}
	}
}
