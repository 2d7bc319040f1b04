package prefectapi

import (
	"encoding/json"
	"slices"
)

type flow struct {
	ID      string          `json:"-"`
	Created moment          `json:"-"`
	Name    string          `json:"name"`
	Tags    []string        `json:"tags"`
	Labels  json.RawMessage `json:"labels"`
}

func (a *API) showFlow(f *flow) object {
	out := object{"id": f.ID, "created": f.Created, "updated": f.Created, "name": f.Name, "tags": orEmpty(f.Tags)}
	if !a.isPrefect2() {
		out["labels"] = rawOr(f.Labels, "{}")
	}
	return out
}

func (a *API) flowByID(id string) *flow {
	for _, f := range a.flows {
		if f.ID == id {
			return f
		}
	}
	return nil
}

func (a *API) flowByName(name string) *flow {
	for _, f := range a.flows {
		if f.Name == name {
			return f
		}
	}
	return nil
}

func (a *API) flowRoutes() {
	a.handle("POST /flows/", a.createFlow)
	a.handle("GET /flows/{id}", a.withFlow(func(f *flow) (answer, error) { return ok(a.showFlow(f)) }))
	a.handle("DELETE /flows/{id}", a.withFlow(a.deleteFlow))
	a.handle("GET /flows/name/{name}", func(r *request) (answer, error) {
		if f := a.flowByName(r.PathValue("name")); f != nil {
			return ok(a.showFlow(f))
		}
		return answer{}, notFound("Flow not found")
	})
	a.handle("POST /flows/filter", a.filterFlows)
}

func (a *API) withFlow(serve func(*flow) (answer, error)) func(*request) (answer, error) {
	return func(r *request) (answer, error) {
		id, err := a.pathID(r)
		if err != nil {
			return answer{}, err
		}
		if f := a.flowByID(id); f != nil {
			return serve(f)
		}
		return answer{}, notFound("Flow not found")
	}
}

func (a *API) createFlow(r *request) (answer, error) {
	f := &flow{ID: newID(), Created: moment{a.now()}}
	s := schema{fields: map[string]kind{"name": text1, "tags": list, "labels": dict}, required: []string{"name"}}
	if err := r.body.read(s, f); err != nil {
		return answer{}, err
	}
	if err := checkName(f.Name); err != nil {
		return answer{}, err
	}
	if existing := a.flowByName(f.Name); existing != nil {
		return ok(a.showFlow(existing))
	}
	a.flows = append(a.flows, f)
	return created(a.showFlow(f))
}

func (a *API) deleteFlow(f *flow) (answer, error) {
	a.flows = slices.DeleteFunc(a.flows, func(other *flow) bool { return other == f })
	a.deployments = slices.DeleteFunc(a.deployments, func(d *deployment) bool { return d.FlowID == f.ID })
	a.runs = slices.DeleteFunc(a.runs, func(run *flowRun) bool { return run.FlowID == f.ID })
	return done()
}

func (a *API) filterFlows(r *request) (answer, error) {
	var q struct {
		Flows filter `json:"flows"`
		page
	}
	if err := r.body.read(pageSchema("flows"), &q); err != nil {
		return answer{}, err
	}
	matching, err := match(a.flows, q.Flows, "flows", flowTests(func(f *flow) *flow { return f }))
	if err != nil {
		return answer{}, err
	}
	return show(matching, q.page, a.showFlow)
}

// flowTests are the conditions on a flow of rows that have one.
func flowTests[T any](of func(T) *flow) map[string]test[T] {
	return map[string]test[T]{
		"id":   anyOf(func(row T) string { return of(row).ID }),
		"name": anyOf(func(row T) string { return of(row).Name }),
	}
}
