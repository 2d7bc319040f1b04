package prefect

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"time"
)

// WorkPool is a work pool as the API gives it. The template is kept as it came.
type WorkPool struct {
	ID              string          `json:"id"`
	Name            string          `json:"name"`
	Type            string          `json:"type"`
	Description     string          `json:"description"`
	IsPaused        bool            `json:"is_paused"`
	BaseJobTemplate json.RawMessage `json:"base_job_template"`
}

// WorkPoolCreate is what a new work pool is made from.
type WorkPoolCreate struct {
	Name            string          `json:"name"`
	Type            string          `json:"type"`
	Description     string          `json:"description,omitempty"`
	BaseJobTemplate json.RawMessage `json:"base_job_template"`
}

// WorkPoolUpdate holds what changes of a work pool; absent fields stay.
type WorkPoolUpdate struct {
	BaseJobTemplate json.RawMessage `json:"base_job_template,omitempty"`
}

// ReadWorkPool returns a pool by its name, or ErrNotFound.
func (c *Client) ReadWorkPool(ctx context.Context, name string) (*WorkPool, error) {
	var pool WorkPool
	if err := c.call(ctx, http.MethodGet, nil, &pool, "work_pools", name); err != nil {
		return nil, fmt.Errorf("failed to read work pool %q: %w", name, err)
	}
	return &pool, nil
}

// CreateWorkPool makes a pool, or returns ErrConflict when the name is taken.
func (c *Client) CreateWorkPool(ctx context.Context, pool WorkPoolCreate) (*WorkPool, error) {
	var made WorkPool
	if err := c.call(ctx, http.MethodPost, pool, &made, "work_pools", ""); err != nil {
		return nil, fmt.Errorf("failed to create work pool %q: %w", pool.Name, err)
	}
	return &made, nil
}

// UpdateWorkPool changes a pool.
func (c *Client) UpdateWorkPool(ctx context.Context, name string, update WorkPoolUpdate) error {
	if err := c.call(ctx, http.MethodPatch, update, nil, "work_pools", name); err != nil {
		return fmt.Errorf("failed to change work pool %q: %w", name, err)
	}
	return nil
}

// DeleteWorkPool deletes a pool with its queues, or returns ErrNotFound.
func (c *Client) DeleteWorkPool(ctx context.Context, name string) error {
	if err := c.call(ctx, http.MethodDelete, nil, nil, "work_pools", name); err != nil {
		return fmt.Errorf("failed to delete work pool %q: %w", name, err)
	}
	return nil
}

// Worker is a worker of a pool, as its heartbeats tell.
type Worker struct {
	Name              string    `json:"name"`
	Status            string    `json:"status"` // ONLINE or OFFLINE
	LastHeartbeatTime time.Time `json:"last_heartbeat_time"`
}

// Online tells whether the server counts the worker as alive.
func (w Worker) Online() bool { return w.Status == "ONLINE" }

// Workers lists the workers of a pool, those heard of last first.
func (c *Client) Workers(ctx context.Context, pool string) ([]Worker, error) {
	var workers []Worker
	if err := c.call(ctx, http.MethodPost, struct{}{}, &workers, "work_pools", pool, "workers", "filter"); err != nil {
		return nil, fmt.Errorf("failed to list the workers of pool %q: %w", pool, err)
	}
	return workers, nil
}
