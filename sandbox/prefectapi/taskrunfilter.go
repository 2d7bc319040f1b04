package prefectapi

import (
	"cmp"
	"slices"
)

// matchingTasks picks task runs by conditions on themselves and on what they belong to.
func (a *API) matchingTasks(r *request) ([]*taskRun, page, error) {
	var q struct {
		Tasks       filter `json:"task_runs"`
		Runs        filter `json:"flow_runs"`
		Flows       filter `json:"flows"`
		Deployments filter `json:"deployments"`
		page
	}
	if err := r.body.read(pageSchema("task_runs", "flow_runs", "flows", "deployments"), &q); err != nil {
		return nil, page{}, err
	}
	tasks, err := match(a.tasks, q.Tasks, "task_runs", a.taskTests())
	if err != nil {
		return nil, page{}, err
	}
	for _, step := range []struct {
		filter filter
		where  string
		tests  map[string]test[*flowRun]
	}{
		{q.Runs, "flow_runs", a.runTests()},
		{q.Flows, "flows", flowTests(func(run *flowRun) *flow { return a.flowByID(run.FlowID) })},
		{q.Deployments, "deployments", a.deploymentOfRunTests()},
	} {
		if len(step.filter) == 0 {
			continue
		}
		runs, err := match(a.runs, step.filter, step.where, step.tests)
		if err != nil {
			return nil, page{}, err
		}
		tasks = slices.DeleteFunc(tasks, func(t *taskRun) bool { return !slices.Contains(runs, a.runOfTask(t)) })
	}
	return tasks, q.page, nil
}

func (a *API) taskTests() map[string]test[*taskRun] {
	return map[string]test[*taskRun]{
		"id":          anyOf(func(t *taskRun) string { return t.ID }),
		"name":        anyOf(func(t *taskRun) string { return t.Name }),
		"flow_run_id": anyOf(func(t *taskRun) string { return value(t.FlowRunID) }),
		"state":       stateTest(func(t *taskRun) *state { return t.state() }, "task_runs.state"),
		"start_time":  between(func(t *taskRun) moment { return t.started }),
		"end_time":    between(func(t *taskRun) moment { return t.ended }),
	}
}

func (a *API) filterTasks(r *request) (answer, error) {
	matching, p, err := a.matchingTasks(r)
	if err != nil {
		return answer{}, err
	}
	err = sortBy(matching, p.Sort, map[string]func(x, y *taskRun) int{
		"ID_DESC":                       func(x, y *taskRun) int { return cmp.Compare(y.ID, x.ID) },
		"NAME_ASC":                      func(x, y *taskRun) int { return cmp.Compare(x.Name, y.Name) },
		"NAME_DESC":                     func(x, y *taskRun) int { return cmp.Compare(y.Name, x.Name) },
		"EXPECTED_START_TIME_ASC":       func(x, y *taskRun) int { return x.expected.Compare(y.expected.Time) },
		"EXPECTED_START_TIME_DESC":      func(x, y *taskRun) int { return y.expected.Compare(x.expected.Time) },
		"NEXT_SCHEDULED_START_TIME_ASC": func(x, y *taskRun) int { return x.next.Compare(y.next.Time) },
		"END_TIME_DESC":                 func(x, y *taskRun) int { return y.ended.Compare(x.ended.Time) },
	})
	if err != nil {
		return answer{}, err
	}
	return show(matching, p, a.showTask)
}

func (a *API) countTasks(r *request) (answer, error) {
	matching, _, err := a.matchingTasks(r)
	if err != nil {
		return answer{}, err
	}
	return ok(len(matching))
}
