package prefectapi

import (
	"encoding/json"
	"slices"
)

var deploymentFields = map[string]kind{
	"name": text1, "flow_id": uuid1, "paused": flag, "schedules": list, "concurrency_limit": whole,
	"concurrency_options":         dict,
	"global_concurrency_limit_id": uuid, "enforce_parameter_schema": flag, "parameter_openapi_schema": dict,
	"parameters": dict,
	"tags":       list, "labels": dict, "pull_steps": list, "work_queue_name": text, "work_pool_name": text,
	"storage_document_id":        uuid,
	"infrastructure_document_id": uuid, "description": text, "path": text, "version": text, "entrypoint": text,
	"job_variables": dict, "version_info": dict,
	// Prefect 2 alone:
	"infra_overrides": dict, "is_schedule_active": flag, "manifest_path": text, "schedule": dict,
}

func (a *API) deploymentRoutes() {
	a.handle("POST /deployments/", a.createDeployment)
	a.handle("GET /deployments/{id}",
		a.withDeployment(func(d *deployment, _ *request) (answer, error) { return ok(a.showDeployment(d)) }))
	a.handle("GET /deployments/name/{flow}/{name}", a.readDeploymentByName)
	a.handle("DELETE /deployments/{id}", a.withDeployment(a.deleteDeployment))
	a.handle("PATCH /deployments/{id}", a.withDeploymentOr("Deployment not found.", a.updateDeployment))
	a.handle("POST /deployments/filter", a.filterDeployments)
	a.handle("POST /deployments/count", a.countDeployments)
	a.handle("POST /deployments/{id}/create_flow_run", a.withDeployment(a.createRunOf))
	a.handle("POST /deployments/{id}/pause_deployment", a.withDeployment(pauseDeployment(true)))
	a.handle("POST /deployments/{id}/resume_deployment", a.withDeployment(pauseDeployment(false)))
}

func (a *API) withDeployment(serve func(*deployment, *request) (answer, error)) func(*request) (answer, error) {
	return a.withDeploymentOr("Deployment not found", serve)
}

func (a *API) withDeploymentOr(missing string, serve func(*deployment, *request) (answer, error)) func(
	*request) (answer, error) {
	return func(r *request) (answer, error) {
		id, err := a.pathID(r)
		if err != nil {
			return answer{}, err
		}
		if d := a.deploymentByID(id); d != nil {
			return serve(d, r)
		}
		return answer{}, notFound("%s", missing)
	}
}

func pauseDeployment(paused bool) func(*deployment, *request) (answer, error) {
	return func(d *deployment, _ *request) (answer, error) {
		d.Paused = paused
		return ok(nil)
	}
}

func (a *API) createDeployment(r *request) (answer, error) {
	var wanted deployment
	if err := r.body.read(schema{fields: deploymentFields, required: []string{"name", "flow_id"}},
		&wanted); err != nil {
		return answer{}, err
	}
	if err := checkName(wanted.Name); err != nil {
		return answer{}, err
	}
	if err := a.takeSchedules(&wanted, r.body); err != nil {
		return answer{}, err
	}
	queueID, err := a.queueFor(&wanted)
	if err != nil {
		return answer{}, err
	}
	if a.flowByID(wanted.FlowID) == nil {
		return answer{}, conflict("Data integrity conflict. This usually means a unique or foreign key constraint " +
			"was violated. See server logs for details.")
	}
	if d := a.sameDeployment(wanted); d != nil {
		return a.replaceDeployment(d, wanted, r.body, queueID)
	}
	d := &wanted
	d.ID, d.limitID, d.Created, d.WorkQueueID = newID(), newID(), moment{a.now()}, queueID
	d.Updated = d.Created
	a.deployments = append(a.deployments, d)
	return created(a.showDeployment(d))
}

func (a *API) sameDeployment(wanted deployment) *deployment {
	for _, d := range a.deployments {
		if d.FlowID == wanted.FlowID && d.Name == wanted.Name {
			return d
		}
	}
	return nil
}

// replaceDeployment: Prefect 2 forgets all that is not given again; Prefect 3 the
// parameters.
func (a *API) replaceDeployment(d *deployment, wanted deployment, b body, queueID string) (answer, error) {
	if a.isPrefect2() {
		wanted.ID, wanted.limitID, wanted.Created, wanted.LastPolled, wanted.WorkQueueID = d.ID, d.limitID, d.Created,
			d.LastPolled, d.WorkQueueID
		*d = wanted
	} else {
		d.Parameters = nil
		if err := json.Unmarshal(b.raw, d); err != nil {
			return answer{}, err
		}
		if b.has("schedules") {
			d.schedules = wanted.schedules
		}
	}
	d.Updated = moment{a.now()}
	if queueID != "" {
		d.WorkQueueID = queueID
	}
	return ok(a.showDeployment(d))
}

func (a *API) queueFor(d *deployment) (string, error) {
	if d.PoolName == nil {
		if d.QueueName != nil {
			return "", notImplemented("work queue without a pool")
		}
		return "", nil
	}
	p, err := a.findPool(*d.PoolName)
	if err != nil {
		return "", err
	}
	if d.QueueName != nil && *d.QueueName != "" {
		return a.ensureQueue(p, *d.QueueName).ID, nil
	}
	return p.queues[0].ID, nil
}

func (a *API) readDeploymentByName(r *request) (answer, error) {
	f := a.flowByName(r.PathValue("flow"))
	for _, d := range a.deployments {
		if f != nil && d.FlowID == f.ID && d.Name == r.PathValue("name") {
			return ok(a.showDeployment(d))
		}
	}
	return answer{}, notFound("Deployment not found")
}

func (a *API) deleteDeployment(d *deployment, _ *request) (answer, error) {
	a.deployments = slices.DeleteFunc(a.deployments, func(other *deployment) bool { return other == d })
	// Runs that have begun outlive it.
	a.runs = slices.DeleteFunc(a.runs, func(run *flowRun) bool {
		return run.DeploymentID == d.ID &&
			run.stateType() == scheduled
	})
	return done()
}
