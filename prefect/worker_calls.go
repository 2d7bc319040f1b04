package prefect

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"
)

// Heartbeat tells that a worker is alive.
type Heartbeat struct {
	Name            string
	IntervalSeconds int // the server counts the worker as gone after three of them; 0 is its default of 30 s
	// Metadata is for Cloud (integrations and their versions); servers ignore it.
	Metadata json.RawMessage
	// WantID asks for the worker's id, which only Cloud gives.
	WantID bool
}

// Heartbeat records a heartbeat in the pool, or returns ErrNotFound when there is no such
// pool. The id is empty unless it was asked for and the API gives ids.
func (c *Client) Heartbeat(ctx context.Context, pool string, beat Heartbeat) (id string, err error) {
	body := map[string]any{"name": beat.Name}
	if beat.IntervalSeconds > 0 {
		body["heartbeat_interval_seconds"] = beat.IntervalSeconds
	}
	// Only Cloud has a use for these.
	if c.cloud && beat.Metadata != nil {
		body["metadata"] = beat.Metadata
	}
	if c.cloud && beat.WantID {
		body["return_id"] = true
	}
	var answer text
	if err := c.do(ctx, query(body, "work_pools", pool, "workers", "heartbeat"), &answer); err != nil {
		return "", fmt.Errorf("failed to send the heartbeat of worker %q to work pool %q: %w", beat.Name, pool, err)
	}
	return string(answer), nil
}

// text is an answer that may be empty or a bare word instead of JSON.
type text string

func (t *text) setRaw(raw []byte) { *t = text(strings.Trim(strings.TrimSpace(string(raw)), `"`)) }

// ScheduledFlowRun is a flow run that waits for a worker.
type ScheduledFlowRun struct {
	WorkPoolID  string  `json:"work_pool_id"`
	WorkQueueID string  `json:"work_queue_id"`
	FlowRun     FlowRun `json:"flow_run"`
}

// ScheduledQuery says which scheduled runs are asked for.
type ScheduledQuery struct {
	WorkQueueNames  []string // nil is all queues; a name that does not exist is ErrNotFound
	ScheduledBefore time.Time
	Limit           int // 0 is the server's
}

// ScheduledFlowRuns returns the runs that workers of the pool may start, in the order of
// queue priority and scheduled time, within the limits of pool and queues. Asking is
// also what keeps the queues READY.
func (c *Client) ScheduledFlowRuns(ctx context.Context, pool string, q ScheduledQuery) ([]ScheduledFlowRun, error) {
	body := map[string]any{}
	if q.WorkQueueNames != nil {
		body["work_queue_names"] = q.WorkQueueNames
	}
	if !q.ScheduledBefore.IsZero() {
		body["scheduled_before"] = q.ScheduledBefore.UTC()
	}
	if q.Limit > 0 {
		body["limit"] = q.Limit
	}
	var runs []ScheduledFlowRun
	if err := c.do(ctx, query(body, "work_pools", pool, "get_scheduled_flow_runs"), &runs); err != nil {
		return nil, fmt.Errorf("failed to ask work pool %q for scheduled flow runs: %w", pool, err)
	}
	return runs, nil
}
