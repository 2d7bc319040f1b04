package prefect

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
)

// ServerVersion asks a self-hosted server for its version, such as 3.8.8.
func (c *Client) ServerVersion(ctx context.Context) (string, error) {
	var version string
	if err := c.call(ctx, http.MethodGet, nil, &version, "admin", "version"); err != nil {
		return "", fmt.Errorf("failed to ask the Prefect server for its version: %w", err)
	}
	return version, nil
}

// WorkerTemplate is the base job template that the server offers for a type of work
// pool. It returns ErrNotFound when the server has none.
func (c *Client) WorkerTemplate(ctx context.Context, workerType string) (json.RawMessage, error) {
	// Collection name -> worker type -> metadata.
	var collections map[string]map[string]struct {
		Template json.RawMessage `json:"default_base_job_configuration"`
	}
	if err := c.call(ctx, http.MethodGet, nil, &collections, "collections", "views", "aggregate-worker-metadata"); err != nil {
		return nil, fmt.Errorf("failed to read the worker metadata: %w", err)
	}
	for _, workers := range collections {
		if worker, ok := workers[workerType]; ok && len(worker.Template) > 0 {
			return worker.Template, nil
		}
	}
	return nil, fmt.Errorf("the server offers no template for work pools of type %q: %w", workerType, ErrNotFound)
}
