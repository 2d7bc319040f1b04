package prefectapi

import "encoding/json"

// matchingRuns picks runs by conditions on themselves and on what they belong to.
func (a *API) matchingRuns(r *request) ([]*flowRun, page, error) {
	var q struct {
		Runs        filter `json:"flow_runs"`
		Flows       filter `json:"flows"`
		Deployments filter `json:"deployments"`
		Pools       filter `json:"work_pools"`
		Queues      filter `json:"work_pool_queues"`
		Tasks       filter `json:"task_runs"`
		page
	}
	if err := r.body.read(pageSchema("flow_runs", "flows", "deployments", "work_pools", "work_pool_queues",
		"task_runs"), &q); err != nil {
		return nil, page{}, err
	}
	queueOf := func(run *flowRun) (*pool, *queue) { return a.queueByID(run.WorkQueueID) }
	queueTest := func(read func(*queue) string) test[*flowRun] {
		return anyOf(func(run *flowRun) string {
			if _, q := queueOf(run); q != nil {
				return read(q)
			}
			return ""
		})
	}
	runs := a.runs
	for _, step := range []struct {
		filter filter
		where  string
		tests  map[string]test[*flowRun]
	}{
		{q.Runs, "flow_runs", a.runTests()},
		{q.Flows, "flows", flowTests(func(run *flowRun) *flow { return a.flowByID(run.FlowID) })},
		{q.Deployments, "deployments", a.deploymentOfRunTests()},
		{q.Pools, "work_pools", poolTests(queueOf)},
		{q.Queues, "work_pool_queues", map[string]test[*flowRun]{
			"id":   queueTest(func(q *queue) string { return q.ID }),
			"name": queueTest(func(q *queue) string { return q.Name }),
		}},
		{q.Tasks, "task_runs", nil},
	} {
		var err error
		if runs, err = match(runs, step.filter, step.where, step.tests); err != nil {
			return nil, page{}, err
		}
	}
	return append([]*flowRun(nil), runs...), q.page, nil
}

// deploymentOfRunTests are the conditions on the deployment of a run that may have one.
func (a *API) deploymentOfRunTests() map[string]test[*flowRun] {
	return map[string]test[*flowRun]{
		"id": anyOf(func(run *flowRun) string { return run.DeploymentID }),
		"name": anyOf(func(run *flowRun) string {
			if d := a.deploymentByID(run.DeploymentID); d != nil {
				return d.Name
			}
			return ""
		}),
	}
}

func (a *API) runTests() map[string]test[*flowRun] {
	return map[string]test[*flowRun]{
		"id":                 anyOf(func(r *flowRun) string { return r.ID }),
		"name":               anyOf(func(r *flowRun) string { return r.Name }),
		"deployment_id":      anyOf(func(r *flowRun) string { return r.DeploymentID }),
		"idempotency_key":    anyOf(func(r *flowRun) string { return value(r.IdempotencyKey) }),
		"parent_task_run_id": anyOf(func(r *flowRun) string { return value(r.ParentTaskRun) }),
		"work_queue_name": anyOf(func(r *flowRun) string {
			if _, q := a.queueByID(r.WorkQueueID); q != nil {
				return q.Name
			}
			return ""
		}),
		"state":                     stateTest(func(r *flowRun) *state { return r.state() }, "flow_runs.state"),
		"expected_start_time":       between(func(r *flowRun) moment { return r.expected }),
		"next_scheduled_start_time": between(func(r *flowRun) moment { return r.next }),
		"start_time":                between(func(r *flowRun) moment { return r.started }),
		"end_time":                  between(func(r *flowRun) moment { return r.ended }),
	}
}

// stateTest is the conditions on the state of rows that have one.
func stateTest[T any](of func(T) *state, where string) test[T] {
	read := func(part func(*state) string) func(T) string {
		return func(row T) string {
			if s := of(row); s != nil {
				return part(s)
			}
			return ""
		}
	}
	tests := map[string]test[T]{
		"type": anyOf(read(func(s *state) string { return string(s.Type) })),
		"name": anyOf(read(func(s *state) string { return s.Name })),
	}
	return func(raw json.RawMessage) (func(T) bool, error) {
		var conditions filter
		if json.Unmarshal(raw, &conditions) != nil {
			return nil, invalid("model_attributes_type", "Input should be a valid dictionary", raw, "body", where)
		}
		meets := meetsAll[T]
		if string(conditions["operator"]) == `"or_"` {
			meets = meetsAny[T]
			delete(conditions, "operator")
		}
		checks, err := readFilter(conditions, where, tests)
		return func(row T) bool { return meets(row, checks) }, err
	}
}

func value(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}
