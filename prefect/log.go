package prefect

import (
	"context"
	"fmt"
	"time"
)

// Levels of log lines, as Python has them.
const (
	LevelDebug   = 10
	LevelInfo    = 20
	LevelWarning = 30
	LevelError   = 40
)

// Log is a line that is shown with a flow run.
type Log struct {
	Name      string    `json:"name"` // the logger's, such as prefect.flow_runs.worker
	Level     int       `json:"level"`
	Message   string    `json:"message"`
	Timestamp time.Time `json:"timestamp"`
	FlowRunID string    `json:"flow_run_id,omitempty"`
	// WorkerID is for Cloud alone.
	WorkerID string `json:"worker_id,omitempty"`
}

// CreateLogs stores log lines. The server bounds a batch to 4 MB or so
// (PREFECT_LOGGING_TO_API_BATCH_SIZE); splitting is up to the caller. A batch that got
// no answer is not sent again: the lines would be there twice.
func (c *Client) CreateLogs(ctx context.Context, logs []Log) error {
	if len(logs) == 0 {
		return nil
	}
	if err := c.do(ctx, post(logs, "logs", ""), nil); err != nil {
		return fmt.Errorf("failed to store %d log lines: %w", len(logs), err)
	}
	return nil
}

// LastFlowRunLogs returns the latest log lines of a flow run, newest first: one page.
func (c *Client) LastFlowRunLogs(ctx context.Context, flowRunID string) ([]Log, error) {
	var page []Log
	body := map[string]any{
		"logs": map[string]any{"flow_run_id": map[string]any{"any_": []string{flowRunID}}},
		"sort": "TIMESTAMP_DESC",
	}
	if err := c.do(ctx, query(body, "logs", "filter"), &page); err != nil {
		return nil, fmt.Errorf("failed to read the logs of flow run %q: %w", flowRunID, err)
	}
	return page, nil
}

// FlowRunLogs returns the log lines of a flow run in order.
func (c *Client) FlowRunLogs(ctx context.Context, flowRunID string) ([]Log, error) {
	return c.FlowRunLogsAfter(ctx, flowRunID, 0)
}

// FlowRunLogsAfter returns the log lines of a flow run in order, without the first ones, which the caller has read
// before: so many.
func (c *Client) FlowRunLogsAfter(ctx context.Context, flowRunID string, before int) ([]Log, error) {
	return pages(func(offset int) ([]Log, error) {
		var page []Log
		body := map[string]any{
			"logs":   map[string]any{"flow_run_id": map[string]any{"any_": []string{flowRunID}}},
			"sort":   "TIMESTAMP_ASC",
			"offset": before + offset,
		}
		if err := c.do(ctx, query(body, "logs", "filter"), &page); err != nil {
			return nil, fmt.Errorf("failed to read the logs of flow run %q: %w", flowRunID, err)
		}
		return page, nil
	})
}
