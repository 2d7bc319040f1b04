package prefectapi

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"time"
)

func (a *API) flowRunRoutes() {
	a.handle("POST /flow_runs/", a.createRun)
	a.handle("GET /flow_runs/{id}",
		a.withRun(func(run *flowRun, _ *request) (answer, error) { return ok(a.showRun(run)) }))
	a.handle("PATCH /flow_runs/{id}", a.withRun(a.updateRun))
	a.handle("DELETE /flow_runs/{id}", a.withRun(a.deleteRun))
	a.handle("PATCH /flow_runs/{id}/labels", a.withRun(a.labelRun))
	a.handle("POST /flow_runs/{id}/set_state", a.setState)
	a.handle("POST /flow_runs/{id}/resume", a.withRun(a.resumeRun))
	a.handle("POST /flow_runs/filter", a.filterRuns)
	a.handle("POST /flow_runs/count", a.countRuns)
	a.handle("GET /flow_run_states/", a.runStates)
}

func (a *API) withRun(serve func(*flowRun, *request) (answer, error)) func(*request) (answer, error) {
	return func(r *request) (answer, error) {
		id, err := a.pathID(r)
		if err != nil {
			return answer{}, err
		}
		if run := a.runByID(id); run != nil {
			return serve(run, r)
		}
		return answer{}, notFound("Flow run not found")
	}
}

var runFields = map[string]kind{
	"state": dict, "name": text, "parameters": dict, "context": dict, "infrastructure_document_id": uuid,
	"empirical_policy": dict,
	"tags":             list, "idempotency_key": text, "labels": dict, "parent_task_run_id": uuid,
	"work_queue_name": text, "job_variables": dict,
}

func runSchema(more map[string]kind, required ...string) schema {
	fields := maps.Clone(runFields)
	maps.Copy(fields, more)
	return schema{fields: fields, required: required}
}

// createRunOf makes a run of a deployment.
func (a *API) createRunOf(d *deployment, r *request) (answer, error) {
	var wanted flowRun
	if err := r.body.read(runSchema(map[string]kind{"enforce_parameter_schema": flag}), &wanted); err != nil {
		return answer{}, err
	}
	if existing := a.sameRun(d.FlowID, wanted.IdempotencyKey); existing != nil {
		return ok(a.showRun(existing))
	}
	var query struct {
		QueueName *string `json:"work_queue_name"`
	}
	_ = json.Unmarshal(rawOr(r.body.raw, "{}"), &query) // it has just been decoded
	wanted.FlowID, wanted.DeploymentID, wanted.WorkQueueID, wanted.Version = d.FlowID, d.ID, d.WorkQueueID, d.Version
	wanted.QueueName = d.QueueName
	if query.QueueName != nil && *query.QueueName != "" {
		wanted.QueueName = query.QueueName
		p, _ := a.queueByID(d.WorkQueueID)
		if p == nil {
			return answer{}, refuse(400, "Cannot create flow run in work queue %s because deployment %s is not "+
				"associated with a work pool. Please remove work_pool_name and try again.", *query.QueueName, d.ID)
		}
		wanted.WorkQueueID = a.ensureQueue(p, *query.QueueName).ID
	}
	wanted.Parameters = mergeObjects(d.Parameters, wanted.Parameters)
	wanted.Tags = union(d.Tags, wanted.Tags)
	first := a.newState(scheduled, "")
	return a.addRun(&wanted, r.body, first)
}

// createRun makes a run of a flow, as a client does that runs it itself.
func (a *API) createRun(r *request) (answer, error) {
	var wanted flowRun
	if err := r.body.read(runSchema(map[string]kind{"flow_id": uuid1, "flow_version": text, "deployment_id": uuid},
		"flow_id"), &wanted); err != nil {
		return answer{}, err
	}
	var of struct {
		FlowID       string `json:"flow_id"`
		DeploymentID string `json:"deployment_id"`
	}
	_ = json.Unmarshal(r.body.raw, &of) // it has just been decoded
	if a.flowByID(of.FlowID) == nil {
		return answer{}, conflict("Data integrity conflict. This usually means a unique or foreign key constraint " +
			"was violated. See server logs for details.")
	}
	if existing := a.sameRun(of.FlowID, wanted.IdempotencyKey); existing != nil {
		return ok(a.showRun(existing))
	}
	wanted.FlowID, wanted.DeploymentID = of.FlowID, of.DeploymentID
	return a.addRun(&wanted, r.body, a.newState(pending, ""))
}

func (a *API) addRun(run *flowRun, b body, first *state) (answer, error) {
	run.ID, run.Created = newID(), moment{a.now()}
	if run.Name == "" {
		run.Name = fmt.Sprintf("sandbox-run-%d", len(a.runs)+1)
	}
	if given := rawOr(b.fields["state"], ""); len(given) > 0 {
		s, err := a.readState(given)
		if err != nil {
			return answer{}, err
		}
		first = s
	}
	a.enter(run, first)
	run.Updated = run.Created
	a.runs = append(a.runs, run)
	return created(a.showRun(run))
}

// sameRun is the run of the flow that was made with the key before.
func (a *API) sameRun(flowID string, key *string) *flowRun {
	for _, run := range a.runs {
		if key != nil && run.FlowID == flowID && run.IdempotencyKey != nil && *run.IdempotencyKey == *key {
			return run
		}
	}
	return nil
}

func mergeObjects(base, over json.RawMessage) json.RawMessage {
	out := map[string]json.RawMessage{}
	for _, raw := range []json.RawMessage{base, over} {
		_ = json.Unmarshal(rawOr(raw, "{}"), &out) // the schema has let objects through alone
	}
	raw, err := json.Marshal(out)
	if err != nil {
		return over
	}
	return raw
}

func union(lists ...[]string) []string {
	out := slices.Concat(lists...)
	slices.Sort(out)
	return slices.Compact(out)
}

func (a *API) updateRun(run *flowRun, r *request) (answer, error) {
	s := schema{fields: map[string]kind{
		"name": text, "flow_version": text, "parameters": dict, "empirical_policy": dict, "tags": list,
		"infrastructure_pid": text, "job_variables": dict,
	}}
	if err := r.body.read(s, &flowRun{}); err != nil {
		return answer{}, err
	}
	if err := json.Unmarshal(rawOr(r.body.raw, "{}"), run); err != nil {
		return answer{}, err
	}
	run.Updated = moment{a.now()}
	return done()
}

func (a *API) labelRun(run *flowRun, r *request) (answer, error) {
	if r.body.fields == nil {
		return answer{}, invalid("dict_type", "Input should be a valid dictionary", nil, "body")
	}
	run.Labels = mergeObjects(run.Labels, r.body.raw)
	return done()
}

func (a *API) deleteRun(run *flowRun, _ *request) (answer, error) {
	a.forgetRuns(func(other *flowRun) bool { return other == run })
	return done()
}

// forgetRuns deletes runs, and their tasks with them.
func (a *API) forgetRuns(gone func(*flowRun) bool) {
	a.forgetTasks(func(t *taskRun) bool {
		run := a.runOfTask(t)
		return run != nil && gone(run)
	})
	a.runs = slices.DeleteFunc(a.runs, gone)
}

func (a *API) filterRuns(r *request) (answer, error) {
	matching, p, err := a.matchingRuns(r)
	if err != nil {
		return answer{}, err
	}
	if err := sortRuns(matching, p.Sort); err != nil {
		return answer{}, err
	}
	return show(matching, p, a.showRun)
}

func (a *API) countRuns(r *request) (answer, error) {
	matching, _, err := a.matchingRuns(r)
	if err != nil {
		return answer{}, err
	}
	return ok(len(matching))
}

func (a *API) runStates(r *request) (answer, error) {
	run := a.runByID(r.URL.Query().Get("flow_run_id"))
	out := []any{}
	if run != nil {
		for _, s := range run.states {
			out = append(out, a.showState(s))
		}
	}
	return ok(out)
}

// dueBefore reports whether a scheduled run is due, for a poll that may name no time.
func (run *flowRun) dueBefore(limit time.Time) bool {
	return run.stateType() == scheduled && (limit.IsZero() || !run.next.After(limit))
}
