package prefect

import (
	"context"
	"encoding/json"
	"fmt"
)

// WorkPool is a work pool as the API gives it. The template is kept as it came.
type WorkPool struct {
	ID               string          `json:"id"`
	Name             string          `json:"name"`
	Type             string          `json:"type"`
	Description      string          `json:"description"`
	IsPaused         bool            `json:"is_paused"`
	ConcurrencyLimit *int            `json:"concurrency_limit"`
	Status           string          `json:"status"` // READY, NOT_READY or PAUSED
	DefaultQueueID   string          `json:"default_queue_id"`
	BaseJobTemplate  json.RawMessage `json:"base_job_template"`
	// Storage says where the bundles of flows are; Prefect 2 has none.
	Storage json.RawMessage `json:"storage_configuration"`
}

// WorkPoolCreate is what a new work pool is made from. The server refuses names with
// any of / % & > < and names that begin with "prefect".
type WorkPoolCreate struct {
	Name             string          `json:"name"`
	Type             string          `json:"type"`
	Description      string          `json:"description,omitempty"`
	BaseJobTemplate  json.RawMessage `json:"base_job_template,omitempty"`
	IsPaused         bool            `json:"is_paused,omitempty"`
	ConcurrencyLimit *int            `json:"concurrency_limit,omitempty"`
}

// WorkPoolUpdate holds what changes of a work pool; absent fields stay.
type WorkPoolUpdate struct {
	Description      *string         `json:"description,omitempty"`
	BaseJobTemplate  json.RawMessage `json:"base_job_template,omitempty"`
	IsPaused         *bool           `json:"is_paused,omitempty"`
	ConcurrencyLimit *int            `json:"concurrency_limit,omitempty"`
	Storage          any             `json:"storage_configuration,omitempty"`
}

// ReadWorkPool returns a pool by its name, or ErrNotFound.
func (c *Client) ReadWorkPool(ctx context.Context, name string) (*WorkPool, error) {
	var pool WorkPool
	if err := c.do(ctx, get("work_pools", name), &pool); err != nil {
		return nil, fmt.Errorf("failed to read work pool %q: %w", name, err)
	}
	return &pool, nil
}

// WorkPools lists the work pools of all types.
func (c *Client) WorkPools(ctx context.Context) ([]WorkPool, error) {
	return pages(func(offset int) ([]WorkPool, error) {
		var page []WorkPool
		if err := c.do(ctx, query(map[string]int{"offset": offset}, "work_pools", "filter"), &page); err != nil {
			return nil, fmt.Errorf("failed to list the work pools: %w", err)
		}
		return page, nil
	})
}

// CreateWorkPool makes a pool, or returns ErrConflict when the name is taken.
func (c *Client) CreateWorkPool(ctx context.Context, pool WorkPoolCreate) (*WorkPool, error) {
	var made WorkPool
	if err := c.do(ctx, post(pool, "work_pools", ""), &made); err != nil {
		return nil, fmt.Errorf("failed to create work pool %q: %w", pool.Name, err)
	}
	return &made, nil
}

// UpdateWorkPool changes a pool, or returns ErrNotFound.
func (c *Client) UpdateWorkPool(ctx context.Context, name string, update WorkPoolUpdate) error {
	if err := c.do(ctx, patch(update, "work_pools", name), nil); err != nil {
		return fmt.Errorf("failed to change work pool %q: %w", name, err)
	}
	return nil
}

// DeleteWorkPool deletes a pool with its queues, or returns ErrNotFound.
func (c *Client) DeleteWorkPool(ctx context.Context, name string) error {
	if err := c.do(ctx, del("work_pools", name), nil); err != nil {
		return fmt.Errorf("failed to delete work pool %q: %w", name, err)
	}
	return nil
}
