package prefect

import (
	"context"
	"fmt"
)

// WorkQueue is a queue of a work pool.
type WorkQueue struct {
	ID               string `json:"id"`
	Name             string `json:"name"`
	Description      string `json:"description"`
	IsPaused         bool   `json:"is_paused"`
	ConcurrencyLimit *int   `json:"concurrency_limit"`
	Priority         int    `json:"priority"` // 1 is served first
	WorkPoolID       string `json:"work_pool_id"`
	Status           string `json:"status"`
}

// WorkQueueCreate is what a queue is made from.
type WorkQueueCreate struct {
	Name             string `json:"name"`
	Description      string `json:"description,omitempty"`
	IsPaused         bool   `json:"is_paused,omitempty"`
	ConcurrencyLimit *int   `json:"concurrency_limit,omitempty"`
	Priority         int    `json:"priority,omitempty"` // default: after all others
}

// WorkQueueUpdate holds what changes of a queue; nil fields stay.
type WorkQueueUpdate struct {
	Description      *string `json:"description,omitempty"`
	IsPaused         *bool   `json:"is_paused,omitempty"`
	ConcurrencyLimit *int    `json:"concurrency_limit,omitempty"`
	Priority         *int    `json:"priority,omitempty"`
}

// ReadWorkQueue returns a queue of a pool by its name, or ErrNotFound.
func (c *Client) ReadWorkQueue(ctx context.Context, pool, name string) (*WorkQueue, error) {
	var queue WorkQueue
	if err := c.do(ctx, get("work_pools", pool, "queues", name), &queue); err != nil {
		return nil, fmt.Errorf("failed to read work queue %q of pool %q: %w", name, pool, err)
	}
	return &queue, nil
}

// WorkQueues lists the queues of a pool.
func (c *Client) WorkQueues(ctx context.Context, pool string) ([]WorkQueue, error) {
	return pages(func(offset int) ([]WorkQueue, error) {
		var page []WorkQueue
		body := map[string]int{"offset": offset}
		if err := c.do(ctx, query(body, "work_pools", pool, "queues", "filter"), &page); err != nil {
			return nil, fmt.Errorf("failed to list the work queues of pool %q: %w", pool, err)
		}
		return page, nil
	})
}

// CreateWorkQueue makes a queue, or returns ErrConflict when the pool has one of that name.
func (c *Client) CreateWorkQueue(ctx context.Context, pool string, queue WorkQueueCreate) (*WorkQueue, error) {
	var made WorkQueue
	if err := c.do(ctx, post(queue, "work_pools", pool, "queues"), &made); err != nil {
		return nil, fmt.Errorf("failed to create work queue %q of pool %q: %w", queue.Name, pool, err)
	}
	return &made, nil
}

// UpdateWorkQueue changes a queue, or returns ErrNotFound.
func (c *Client) UpdateWorkQueue(ctx context.Context, pool, name string, update WorkQueueUpdate) error {
	if err := c.do(ctx, patch(update, "work_pools", pool, "queues", name), nil); err != nil {
		return fmt.Errorf("failed to change work queue %q of pool %q: %w", name, pool, err)
	}
	return nil
}
