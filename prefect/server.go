package prefect

import (
	"context"
	"encoding/json"
	"fmt"
)

// Health returns nil when the server answers and says that it is well.
func (c *Client) Health(ctx context.Context) error {
	var well bool
	if err := c.do(ctx, get("health"), &well); err != nil {
		return fmt.Errorf("failed to ask the Prefect server for its health: %w", err)
	}
	if !well {
		return fmt.Errorf("the Prefect server at %s says that it is not healthy", c.base)
	}
	return nil
}

// ServerVersion asks a server for its version, such as 3.8.8. Cloud has none to ask for.
func (c *Client) ServerVersion(ctx context.Context) (string, error) {
	var version string
	if err := c.do(ctx, get("admin", "version"), &version); err != nil {
		return "", fmt.Errorf("failed to ask the Prefect server for its version: %w", err)
	}
	return version, nil
}

// WorkerTemplate is the base job template that the server offers for a type of work
// pool, byte for byte. It returns ErrNotFound when the server has none.
func (c *Client) WorkerTemplate(ctx context.Context, workerType string) (json.RawMessage, error) {
	// Collection name -> worker type -> metadata. Collections differ in shape from server
	// to server, so each is decoded only as far as it is looked at.
	var collections map[string]map[string]json.RawMessage
	if err := c.do(ctx, get("collections", "views", "aggregate-worker-metadata"), &collections); err != nil {
		return nil, fmt.Errorf("failed to read the worker metadata: %w", err)
	}
	for _, workers := range collections {
		var metadata struct {
			Template json.RawMessage `json:"default_base_job_configuration"`
		}
		if json.Unmarshal(workers[workerType], &metadata) == nil && len(metadata.Template) > 0 {
			return metadata.Template, nil
		}
	}
	return nil, fmt.Errorf("the Prefect server at %s offers no template for work pools of type %q: %w", c.base,
		workerType, ErrNotFound)
}
