package prefectapi

import (
	"encoding/json"
	"time"
)

type deployment struct {
	ID          string          `json:"-"`
	Created     moment          `json:"-"`
	Updated     moment          `json:"-"`
	LastPolled  moment          `json:"-"`
	WorkQueueID string          `json:"-"`
	QueueName   *string         `json:"work_queue_name"`
	PoolName    *string         `json:"work_pool_name"`
	Name        string          `json:"name"`
	FlowID      string          `json:"flow_id"`
	Version     *string         `json:"version"`
	Description *string         `json:"description"`
	Paused      bool            `json:"paused"`
	Limit       *count          `json:"concurrency_limit"`
	Options     json.RawMessage `json:"concurrency_options"`
	Variables   json.RawMessage `json:"job_variables"`
	Overrides   json.RawMessage `json:"infra_overrides"` // the older name of job_variables
	Parameters  json.RawMessage `json:"parameters"`
	Schema      json.RawMessage `json:"parameter_openapi_schema"`
	Enforce     *bool           `json:"enforce_parameter_schema"`
	Tags        []string        `json:"tags"`
	Labels      json.RawMessage `json:"labels"`
	PullSteps   json.RawMessage `json:"pull_steps"`
	Path        *string         `json:"path"`
	Entrypoint  *string         `json:"entrypoint"`
	limitID     string
	schedules   []*schedule
}

func (d *deployment) variables() json.RawMessage {
	if len(d.Variables) > 0 {
		return rawOr(d.Variables, "{}")
	}
	return rawOr(d.Overrides, "{}")
}

func (d *deployment) status(now time.Time) string {
	if now.Sub(d.LastPolled.Time) < polledWithin {
		return ready
	}
	return notReady
}

func (a *API) showDeployment(d *deployment) object {
	p, q := a.queueByID(d.WorkQueueID)
	var poolName, queueName any
	if p != nil {
		poolName, queueName = p.Name, q.Name
	}
	out := object{
		"id": d.ID, "created": d.Created, "updated": d.Updated, "name": d.Name, "version": d.Version,
		"description": d.Description, "flow_id": d.FlowID, "paused": d.Paused,
		"schedules":  a.showSchedules(d, d.schedules),
		"parameters": rawOr(d.Parameters, "{}"), "tags": orEmpty(d.Tags),
		"work_queue_name": queueName, "last_polled": d.LastPolled,
		"path": d.Path, "pull_steps": rawOr(d.PullSteps, "[]"), "entrypoint": d.Entrypoint, "storage_document_id": nil,
		"infrastructure_document_id": nil, "created_by": nil, "updated_by": nil, "work_pool_name": poolName,
		"status": d.status(a.now()), "enforce_parameter_schema": a.enforces(d),
	}
	if a.isPrefect2() {
		a.showDeployment2(out, d)
	} else {
		a.showDeployment3(out, d)
	}
	return out
}

// enforces: the default changed from Prefect 2 to 3.
func (a *API) enforces(d *deployment) bool {
	if d.Enforce != nil {
		return *d.Enforce
	}
	return !a.isPrefect2()
}

func (a *API) showDeployment2(out object, d *deployment) {
	out["infra_overrides"] = d.variables() // it takes job_variables and shows them under the older name alone
	out["parameter_openapi_schema"] = rawOr(d.Schema, "null")
	out["schedule"], out["manifest_path"] = nil, nil
	if latest := lastChangedFirst(d.schedules); len(latest) > 0 {
		out["schedule"] = latest[0].Schedule
	}
	out["is_schedule_active"] = !d.Paused
	out["pull_steps"] = rawOr(d.PullSteps, "null")
}

func (a *API) showDeployment3(out object, d *deployment) {
	out["job_variables"], out["parameter_openapi_schema"] = d.variables(), rawOr(d.Schema, "{}")
	out["labels"] = a.labels(d.Labels, "prefect.flow.id", d.FlowID)
	out["work_queue_id"] = orNull(d.WorkQueueID)
	out["concurrency_limit"], out["global_concurrency_limit"] = nil, nil // the former is deprecated, and always null
	out["concurrency_options"] = rawOr(d.Options, "null")
	if d.Limit != nil {
		out["global_concurrency_limit"] = object{
			"id": d.limitID, "created": d.Created, "updated": d.Created, "active": true,
			"name": "deployment:" + d.ID, "limit": *d.Limit, "active_slots": a.slotsOf(d), "slot_decay_per_second": 0.0,
		}
	}
}

// slotsOf counts the runs that hold a slot of the deployment's concurrency limit.
func (a *API) slotsOf(d *deployment) count {
	n := count(0)
	for _, run := range a.runs {
		if run.DeploymentID == d.ID && holdsSlot(run.stateType()) {
			n++
		}
	}
	return n
}

// labels adds what the server itself writes to those of the user.
func (a *API) labels(own json.RawMessage, pairs ...string) object {
	out := object{}
	_ = json.Unmarshal(rawOr(own, "{}"), &out) // the schema has let objects through alone
	for i := 0; i+1 < len(pairs); i += 2 {
		out[pairs[i]] = pairs[i+1]
	}
	return out
}

func (a *API) deploymentByID(id string) *deployment {
	for _, d := range a.deployments {
		if d.ID == id {
			return d
		}
	}
	return nil
}
