package prefect

import (
	"context"
	"encoding/json"
	"fmt"
)

// Variable is a named value kept by the server: any JSON on Prefect 3, a string on 2.
type Variable struct {
	ID    string          `json:"id"`
	Name  string          `json:"name"`
	Value json.RawMessage `json:"value"`
}

// ReadVariable returns a variable by its name, or ErrNotFound.
func (c *Client) ReadVariable(ctx context.Context, name string) (*Variable, error) {
	var v Variable
	if err := c.do(ctx, get("variables", "name", name), &v); err != nil {
		return nil, fmt.Errorf("failed to read variable %q: %w", name, err)
	}
	return &v, nil
}

// CreateVariable makes a variable, or returns ErrConflict when there is one of that name.
func (c *Client) CreateVariable(ctx context.Context, name string, value any) (*Variable, error) {
	var v Variable
	body := map[string]any{"name": name, "value": value}
	if err := c.do(ctx, post(body, "variables", ""), &v); err != nil {
		return nil, fmt.Errorf("failed to create variable %q: %w", name, err)
	}
	return &v, nil
}

// DeleteVariable deletes a variable by its name, or returns ErrNotFound.
func (c *Client) DeleteVariable(ctx context.Context, name string) error {
	if err := c.do(ctx, del("variables", "name", name), nil); err != nil {
		return fmt.Errorf("failed to delete variable %q: %w", name, err)
	}
	return nil
}
