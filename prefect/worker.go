package prefect

import (
	"context"
	"fmt"
	"slices"
	"time"
)

// Worker is a worker of a pool, as its heartbeats tell.
type Worker struct {
	ID                       string    `json:"id"`
	Created                  time.Time `json:"created"` // its first heartbeat
	Name                     string    `json:"name"`
	WorkPoolID               string    `json:"work_pool_id"`
	Status                   string    `json:"status"` // ONLINE or OFFLINE
	LastHeartbeatTime        time.Time `json:"last_heartbeat_time"`
	HeartbeatIntervalSeconds *int      `json:"heartbeat_interval_seconds"`
}

// Online reports whether the server counts the worker as alive.
func (w Worker) Online() bool { return w.Status == "ONLINE" }

// Workers lists the workers of a pool, the latest heartbeat first.
func (c *Client) Workers(ctx context.Context, pool string) ([]Worker, error) {
	return c.filterWorkers(ctx, pool, map[string]any{})
}

// OnlineWorkers lists those workers of a pool that the server counts as alive. Prefect 2
// leaves the condition out of account (2.20.26), and Prefect 3 compares it with a status
// that a service of its own sets now and then; the status in the answer is always right.
func (c *Client) OnlineWorkers(ctx context.Context, pool string) ([]Worker, error) {
	online := map[string]any{"status": map[string]any{"any_": []string{"ONLINE"}}}
	workers, err := c.filterWorkers(ctx, pool, map[string]any{"workers": online})
	return slices.DeleteFunc(workers, func(w Worker) bool { return !w.Online() }), err
}

func (c *Client) filterWorkers(ctx context.Context, pool string, body map[string]any) ([]Worker, error) {
	return pages(func(offset int) ([]Worker, error) {
		var page []Worker
		body["offset"] = offset
		if err := c.do(ctx, query(body, "work_pools", pool, "workers", "filter"), &page); err != nil {
			return nil, fmt.Errorf("failed to list the workers of pool %q: %w", pool, err)
		}
		return page, nil
	})
}

// pageSize is the server's default and greatest limit (PREFECT_API_DEFAULT_LIMIT).
const pageSize = 200

// pages collects the pages of a listing until one is not full.
func pages[T any](read func(offset int) ([]T, error)) ([]T, error) {
	var all []T
	for {
		page, err := read(len(all))
		if err != nil {
			return nil, err
		}
		all = append(all, page...)
		if len(page) < pageSize {
			return all, nil
		}
	}
}
