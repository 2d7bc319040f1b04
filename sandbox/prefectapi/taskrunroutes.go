package prefectapi

import (
	"cmp"
	"encoding/json"
	"net/http"
	"slices"
)

func (a *API) taskRunRoutes() {
	a.handle("POST /task_runs/", a.createTask)
	a.handle("GET /task_runs/{id}", a.withTask("Task not found", func(t *taskRun, _ *request) (answer, error) {
		return ok(a.showTask(t))
	}))
	a.handle("PATCH /task_runs/{id}", a.withTask("Task run not found", a.renameTask))
	a.handle("DELETE /task_runs/{id}", a.withTask("Task not found", func(t *taskRun, _ *request) (answer, error) {
		a.forgetTasks(func(other *taskRun) bool { return other == t })
		return done()
	}))
	a.handle("POST /task_runs/{id}/set_state", a.setTaskState)
	a.handle("POST /task_runs/filter", a.filterTasks)
	a.handle("POST /task_runs/count", a.countTasks)
	a.handle("GET /task_run_states/", a.taskStates)
}

func (a *API) withTask(missing string, serve func(*taskRun, *request) (answer, error)) func(*request) (answer, error) {
	return func(r *request) (answer, error) {
		id, err := a.pathID(r)
		if err != nil {
			return answer{}, err
		}
		if t := a.taskByID(id); t != nil {
			return serve(t, r)
		}
		return answer{}, notFound("%s", missing)
	}
}

func (a *API) taskSchema() schema {
	s := schema{fields: map[string]kind{
		"id": uuid, "state": dict, "name": text, "flow_run_id": uuid, "task_key": text1, "dynamic_key": text1,
		"cache_key":        text,
		"cache_expiration": instant, "task_version": text, "empirical_policy": dict, "tags": list, "task_inputs": dict,
		"labels": dict,
	}, required: []string{"task_key", "dynamic_key"}}
	if a.isPrefect2() {
		delete(s.fields, "labels")
	}
	return s
}

func (a *API) createTask(r *request) (answer, error) {
	t := &taskRun{ID: newID(), Created: moment{a.now()}}
	if err := r.body.read(a.taskSchema(), t); err != nil {
		return answer{}, err
	}
	if t.FlowRunID != nil && a.runOfTask(t) == nil {
		return answer{}, conflict("Data integrity conflict. This usually means a unique or foreign key constraint " +
			"was violated. See server logs for details.")
	}
	if same := a.sameTask(t); same != nil {
		return ok(a.showTask(same))
	}
	var wanted struct {
		ID    string          `json:"id"`
		State json.RawMessage `json:"state"`
	}
	_ = json.Unmarshal(r.body.raw, &wanted) // it has just been decoded
	t.ID, t.Name = cmp.Or(wanted.ID, t.ID), cmp.Or(t.Name, "sandbox-"+t.TaskKey)
	first := a.newState(pending, "")
	if given := rawOr(wanted.State, ""); len(given) > 0 {
		s, err := a.readState(given)
		if err != nil {
			return answer{}, err
		}
		first = s
	}
	a.tasks = append(a.tasks, t)
	a.enterTask(t, first)
	t.Updated = t.Created
	return created(a.showTask(t))
}

// sameTask is the run that was made with the same keys before.
func (a *API) sameTask(t *taskRun) *taskRun {
	for _, other := range a.tasks {
		if value(other.FlowRunID) == value(t.FlowRunID) && other.TaskKey == t.TaskKey &&
			other.DynamicKey == t.DynamicKey {
			return other
		}
	}
	return nil
}

func (a *API) renameTask(t *taskRun, r *request) (answer, error) {
	if err := r.body.read(schema{fields: map[string]kind{"name": text}}, t); err != nil {
		return answer{}, err
	}
	t.Updated = moment{a.now()}
	return done()
}

func (a *API) forgetTasks(gone func(*taskRun) bool) { a.tasks = slices.DeleteFunc(a.tasks, gone) }

func (a *API) setTaskState(r *request) (answer, error) {
	id, err := a.pathID(r)
	if err != nil {
		return answer{}, err
	}
	proposed, force, err := a.readProposal(r)
	if err != nil {
		return answer{}, err
	}
	t := a.taskByID(id)
	if t == nil {
		return answer{}, &refusal{http.StatusNotFound,
			object{"exception_message": "Task run with id " + id + " not found"}}
	}
	v := a.judgeTask(t, proposed, force)
	return a.follow(v, proposed, &t.course, func(s *state) {
		a.enterTask(t, s)
		a.afterTask(t, s)
	})
}

func (a *API) taskStates(r *request) (answer, error) {
	out := []any{}
	if t := a.taskByID(r.URL.Query().Get("task_run_id")); t != nil {
		for _, s := range t.states {
			out = append(out, a.showState(s))
		}
	}
	return ok(out)
}
