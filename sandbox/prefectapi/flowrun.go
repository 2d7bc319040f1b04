package prefectapi

import (
	"cmp"
	"encoding/json"
	"maps"
)

type flowRun struct {
	ID             string          `json:"-"`
	Created        moment          `json:"-"`
	Updated        moment          `json:"-"`
	FlowID         string          `json:"-"`
	DeploymentID   string          `json:"-"`
	Version        *string         `json:"-"` // the deployment's, when the run was made
	WorkQueueID    string          `json:"-"`
	QueueName      *string         `json:"-"` // only where a name was asked for
	Name           string          `json:"name"`
	Parameters     json.RawMessage `json:"parameters"`
	Context        json.RawMessage `json:"context"`
	Policy         policy          `json:"empirical_policy"`
	Tags           []string        `json:"tags"`
	Labels         json.RawMessage `json:"labels"`
	IdempotencyKey *string         `json:"idempotency_key"`
	ParentTaskRun  *string         `json:"parent_task_run_id"`
	FlowVersion    *string         `json:"flow_version"`
	Infrastructure *string         `json:"infrastructure_pid"`
	Variables      json.RawMessage `json:"job_variables"`

	course
	inputs []*runInput
}

// policy is a flow run's empirical_policy.
type policy struct {
	MaxRetries        int      `json:"max_retries"`
	RetryDelaySeconds float64  `json:"retry_delay_seconds"`
	Retries           *int     `json:"retries"`
	RetryDelay        *int     `json:"retry_delay"`
	PauseKeys         []string `json:"pause_keys"`
	Resuming          *bool    `json:"resuming"`
	RetryType         *string  `json:"retry_type"`
}

// enter puts the run into a state, with all that a transition changes
// (prefect/server/orchestration/global_policy.py).
func (a *API) enter(run *flowRun, s *state) {
	s.Details.FlowRunID, s.Details.TaskRunID = run.ID, run.ParentTaskRun
	counts := run.Policy.Resuming == nil || !*run.Policy.Resuming
	if s.Type == running || s.Type.final() {
		run.Policy.Resuming = nil
	}
	before := run.state()
	run.take(s, counts, !a.isPrefect2())
	run.Updated = s.Timestamp
	a.tellOfState(run, before, s)
	a.tellParent(run, s)
	a.watchCancelling(run, s)
}

// showRun writes a run; the worker's view of it has no pool and no state.
func (a *API) showRun(run *flowRun) object {
	out := a.showRunCore(run)
	p, q := a.queueByID(run.WorkQueueID)
	out["work_pool_id"], out["work_pool_name"] = nil, nil
	if p != nil {
		out["work_pool_id"], out["work_pool_name"], out["work_queue_name"] = p.ID, p.Name, q.Name
	}
	out["state"] = a.showState(run.state())
	return out
}

func (a *API) showRunCore(run *flowRun) object {
	out := object{
		"id": run.ID, "created": run.Created, "updated": run.Updated, "name": run.Name, "flow_id": run.FlowID,
		"deployment_id": orNull(run.DeploymentID), "deployment_version": run.Version,
		"work_queue_id": orNull(run.WorkQueueID), "work_queue_name": run.QueueName, "flow_version": run.FlowVersion,
		"parameters": rawOr(run.Parameters, "{}"), "idempotency_key": run.IdempotencyKey,
		"context":          rawOr(run.Context, "{}"),
		"empirical_policy": run.Policy.shown(), "tags": orEmpty(run.Tags), "parent_task_run_id": run.ParentTaskRun,
		"state":          nil,
		"auto_scheduled": false, "infrastructure_document_id": nil, "infrastructure_pid": run.Infrastructure,
		"created_by": nil, "job_variables": rawOr(run.Variables, "{}"),
	}
	maps.Copy(out, run.show(a.now()))
	if !a.isPrefect2() {
		pairs := []string{"prefect.flow.id", run.FlowID}
		if run.DeploymentID != "" {
			pairs = append(pairs, "prefect.deployment.id", run.DeploymentID)
		}
		out["labels"] = a.labels(run.Labels, pairs...)
	}
	return out
}

func (p policy) shown() policy {
	p.PauseKeys = orEmpty(p.PauseKeys)
	if p.Resuming == nil {
		p.Resuming = new(bool)
	}
	return p
}

func (a *API) runByID(id string) *flowRun {
	for _, run := range a.runs {
		if run.ID == id {
			return run
		}
	}
	return nil
}

// sortRuns knows the orders that clients ask for.
func sortRuns(runs []*flowRun, by string) error {
	value := func(of func(*flowRun) moment, sign int) func(x, y *flowRun) int {
		return func(x, y *flowRun) int { return sign * of(x).Compare(of(y).Time) }
	}
	expected := func(r *flowRun) moment { return firstOf(r.started, r.expected, !r.started.IsZero()) }
	orders := map[string]func(x, y *flowRun) int{
		"ID_DESC":                       func(x, y *flowRun) int { return cmp.Compare(y.ID, x.ID) },
		"NAME_ASC":                      func(x, y *flowRun) int { return cmp.Compare(x.Name, y.Name) },
		"NAME_DESC":                     func(x, y *flowRun) int { return cmp.Compare(y.Name, x.Name) },
		"START_TIME_ASC":                value(expected, 1),
		"START_TIME_DESC":               value(expected, -1),
		"EXPECTED_START_TIME_ASC":       value(func(r *flowRun) moment { return r.expected }, 1),
		"EXPECTED_START_TIME_DESC":      value(func(r *flowRun) moment { return r.expected }, -1),
		"NEXT_SCHEDULED_START_TIME_ASC": value(func(r *flowRun) moment { return r.next }, 1),
		"END_TIME_DESC":                 value(func(r *flowRun) moment { return r.ended }, -1),
	}
	return sortBy(runs, cmp.Or(by, "ID_DESC"), orders)
}
