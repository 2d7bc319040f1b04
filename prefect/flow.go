package prefect

import (
	"context"
	"encoding/json"
	"fmt"
)

// Flow is a flow as the API gives it.
type Flow struct {
	ID   string   `json:"id"`
	Name string   `json:"name"`
	Tags []string `json:"tags"`

	raw json.RawMessage
}

// UnmarshalJSON keeps the answer as it came beside the fields, for Raw.
func (f *Flow) UnmarshalJSON(data []byte) error {
	type plain Flow
	if err := json.Unmarshal(data, (*plain)(f)); err != nil {
		return err
	}
	f.raw = append(json.RawMessage(nil), data...)
	return nil
}

// Raw is the flow as the API gave it, with every key.
func (f *Flow) Raw() json.RawMessage { return f.raw }

// ReadFlow returns a flow, or ErrNotFound.
func (c *Client) ReadFlow(ctx context.Context, id string) (*Flow, error) {
	var flow Flow
	if err := c.do(ctx, get("flows", id), &flow); err != nil {
		return nil, fmt.Errorf("failed to read flow %q: %w", id, err)
	}
	return &flow, nil
}

// CreateFlow makes a flow; one that exists under the name is returned instead.
func (c *Client) CreateFlow(ctx context.Context, name string, tags ...string) (*Flow, error) {
	body := map[string]any{"name": name}
	if len(tags) > 0 {
		body["tags"] = tags
	}
	var flow Flow
	if err := c.do(ctx, query(body, "flows", ""), &flow); err != nil {
		return nil, fmt.Errorf("failed to create flow %q: %w", name, err)
	}
	return &flow, nil
}

// DeleteFlow deletes a flow with its deployments and runs, or returns ErrNotFound.
func (c *Client) DeleteFlow(ctx context.Context, id string) error {
	if err := c.do(ctx, del("flows", id), nil); err != nil {
		return fmt.Errorf("failed to delete flow %q: %w", id, err)
	}
	return nil
}
