package prefect

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"ecsctl/internal/uuid"
)

// Deployment is a deployment as the API gives it.
type Deployment struct {
	ID            string          `json:"id"`
	Name          string          `json:"name"`
	FlowID        string          `json:"flow_id"`
	Updated       *time.Time      `json:"updated"`
	Version       string          `json:"version"`
	Path          string          `json:"path"`
	Entrypoint    string          `json:"entrypoint"`
	Paused        bool            `json:"paused"`
	Parameters    json.RawMessage `json:"parameters"`
	PullSteps     json.RawMessage `json:"pull_steps"`
	JobVariables  json.RawMessage `json:"job_variables"`
	Tags          []string        `json:"tags"`
	WorkPoolName  string          `json:"work_pool_name"`
	WorkQueueName string          `json:"work_queue_name"`
	Status        string          `json:"status"`

	raw json.RawMessage
}

// UnmarshalJSON keeps the answer as it came beside the fields, for Raw. Prefect 2 gives
// the job variables under their older name alone.
func (d *Deployment) UnmarshalJSON(data []byte) error {
	type plain Deployment
	wire := struct {
		*plain
		InfraOverrides json.RawMessage `json:"infra_overrides"`
	}{plain: (*plain)(d)}
	if err := json.Unmarshal(data, &wire); err != nil {
		return err
	}
	if len(d.JobVariables) == 0 {
		d.JobVariables = wire.InfraOverrides
	}
	d.raw = append(json.RawMessage(nil), data...)
	return nil
}

// Raw is the deployment as the API gave it, with every key.
func (d *Deployment) Raw() json.RawMessage { return d.raw }

// ReadDeployment returns a deployment by its id, or ErrNotFound.
func (c *Client) ReadDeployment(ctx context.Context, id string) (*Deployment, error) {
	var d Deployment
	if err := c.do(ctx, get("deployments", id), &d); err != nil {
		return nil, fmt.Errorf("failed to read deployment %q: %w", id, err)
	}
	return &d, nil
}

// ReadDeploymentByName returns a deployment by the names of its flow and itself, or
// ErrNotFound.
func (c *Client) ReadDeploymentByName(ctx context.Context, flow, name string) (*Deployment, error) {
	var d Deployment
	if err := c.do(ctx, get("deployments", "name", flow, name), &d); err != nil {
		return nil, fmt.Errorf("failed to read deployment %q: %w", flow+"/"+name, err)
	}
	return &d, nil
}

// DeploymentCreate is what a deployment is made from.
type DeploymentCreate struct {
	Name          string          `json:"name"`
	FlowID        string          `json:"flow_id"`
	WorkPoolName  string          `json:"work_pool_name,omitempty"`
	WorkQueueName string          `json:"work_queue_name,omitempty"`
	Version       string          `json:"version,omitempty"`
	Path          string          `json:"path,omitempty"`
	Entrypoint    string          `json:"entrypoint,omitempty"`
	Parameters    json.RawMessage `json:"parameters,omitempty"`
	PullSteps     json.RawMessage `json:"pull_steps,omitempty"`
	JobVariables  json.RawMessage `json:"job_variables,omitempty"`
	Tags          []string        `json:"tags,omitempty"`
	// ConcurrencyLimit is for Prefect 3 alone.
	ConcurrencyLimit *int `json:"concurrency_limit,omitempty"`
}

// CreateDeployment makes a deployment, or changes the one of that flow and name. It
// returns ErrNotFound when there is no such work pool.
func (c *Client) CreateDeployment(ctx context.Context, d DeploymentCreate) (*Deployment, error) {
	var made Deployment
	if err := c.do(ctx, query(d, "deployments", ""), &made); err != nil {
		return nil, fmt.Errorf("failed to create deployment %q: %w", d.Name, err)
	}
	return &made, nil
}

// Deployments lists the deployments of a work pool; "" is of all.
func (c *Client) Deployments(ctx context.Context, pool string) ([]Deployment, error) {
	return pages(func(offset int) ([]Deployment, error) {
		body := map[string]any{"sort": "NAME_ASC", "offset": offset}
		if pool != "" {
			body["work_pools"] = map[string]any{"name": map[string]any{"any_": []string{pool}}}
		}
		var page []Deployment
		if err := c.do(ctx, query(body, "deployments", "filter"), &page); err != nil {
			return nil, fmt.Errorf("failed to list the deployments of work pool %q: %w", pool, err)
		}
		return page, nil
	})
}

// CountDeployments returns how many deployments a work pool has.
func (c *Client) CountDeployments(ctx context.Context, pool string) (int, error) {
	body := map[string]any{"work_pools": map[string]any{"name": map[string]any{"any_": []string{pool}}}}
	var count int
	if err := c.do(ctx, query(body, "deployments", "count"), &count); err != nil {
		return 0, fmt.Errorf("failed to count the deployments of work pool %q: %w", pool, err)
	}
	return count, nil
}

// DeleteDeployment deletes a deployment, or returns ErrNotFound.
func (c *Client) DeleteDeployment(ctx context.Context, id string) error {
	if err := c.do(ctx, del("deployments", id), nil); err != nil {
		return fmt.Errorf("failed to delete deployment %q: %w", id, err)
	}
	return nil
}

// FlowRunCreate is what a flow run of a deployment is made from.
type FlowRunCreate struct {
	Name           string          `json:"name,omitempty"`
	Parameters     json.RawMessage `json:"parameters,omitempty"`
	JobVariables   json.RawMessage `json:"job_variables,omitempty"`
	Tags           []string        `json:"tags,omitempty"`
	WorkQueueName  string          `json:"work_queue_name,omitempty"`
	IdempotencyKey string          `json:"idempotency_key,omitempty"` // default: one of its own
	// ScheduledTime is when the run is to start; zero is now.
	ScheduledTime time.Time `json:"-"`
}

// CreateFlowRun makes a flow run of a deployment. Its idempotency key makes its retries
// safe.
func (c *Client) CreateFlowRun(ctx context.Context, deploymentID string, f FlowRunCreate) (*FlowRun, error) {
	if f.IdempotencyKey == "" {
		f.IdempotencyKey = uuid.New()
	}
	body := struct {
		FlowRunCreate
		State any `json:"state,omitempty"`
	}{FlowRunCreate: f}
	if !f.ScheduledTime.IsZero() {
		body.State = map[string]any{
			"type": Scheduled, "state_details": map[string]any{"scheduled_time": f.ScheduledTime.UTC()},
		}
	}
	var run FlowRun
	if err := c.do(ctx, query(body, "deployments", deploymentID, "create_flow_run"), &run); err != nil {
		return nil, fmt.Errorf("failed to create a flow run of deployment %q: %w", deploymentID, err)
	}
	return &run, nil
}
