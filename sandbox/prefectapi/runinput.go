package prefectapi

import (
	"slices"
	"strings"
)

// runInput is a value that was sent to a flow run.
type runInput struct {
	ID      string  `json:"-"`
	Created moment  `json:"-"`
	Key     string  `json:"key"`
	Value   string  `json:"value"`
	Sender  *string `json:"sender"`
}

func (a *API) runInputRoutes() {
	a.handle("POST /flow_runs/{id}/input", a.withRun(a.createInput))
	a.handle("POST /flow_runs/{id}/input/filter", a.withRun(filterInputs))
	a.handle("GET /flow_runs/{id}/input/{key}", a.withRun(func(run *flowRun, r *request) (answer, error) {
		if i := run.input(r.PathValue("key")); i != nil {
			return ok(plain(i.Value))
		}
		return answer{}, notFound("Flow run input not found")
	}))
	a.handle("DELETE /flow_runs/{id}/input/{key}", a.withRun(func(run *flowRun, r *request) (answer, error) {
		i := run.input(r.PathValue("key"))
		if i == nil {
			return answer{}, notFound("Flow run input not found")
		}
		run.inputs = slices.DeleteFunc(run.inputs, func(other *runInput) bool { return other == i })
		return done()
	}))
}

func (run *flowRun) input(key string) *runInput {
	for _, i := range run.inputs {
		if i.Key == key {
			return i
		}
	}
	return nil
}

func (a *API) createInput(run *flowRun, r *request) (answer, error) {
	i := &runInput{ID: newID(), Created: moment{a.now()}}
	s := schema{fields: map[string]kind{"key": text1, "value": text1, "sender": text},
		required: []string{"key", "value"}}
	if err := r.body.read(s, i); err != nil {
		return answer{}, err
	}
	if run.input(i.Key) != nil {
		return answer{}, conflict("A flow run input with this key already exists.")
	}
	run.inputs = append(run.inputs, i)
	return created(nil)
}

// filterInputs gives one, unless more are asked for.
func filterInputs(run *flowRun, r *request) (answer, error) {
	var q struct {
		Prefix string   `json:"prefix"`
		Except []string `json:"exclude_keys"`
		page
	}
	s := schema{fields: map[string]kind{"prefix": text1, "limit": whole, "exclude_keys": list},
		required: []string{"prefix"}}
	if err := r.body.read(s, &q); err != nil {
		return answer{}, err
	}
	if q.Limit == nil {
		one := count(1)
		q.Limit = &one
	}
	matching := slices.DeleteFunc(slices.Clone(run.inputs), func(i *runInput) bool {
		return !strings.HasPrefix(i.Key, q.Prefix) || slices.Contains(q.Except, i.Key)
	})
	return show(matching, q.page, func(i *runInput) object {
		return object{"id": i.ID, "created": i.Created, "updated": i.Created, "flow_run_id": run.ID, "key": i.Key,
			"value": i.Value, "sender": i.Sender}
	})
}
