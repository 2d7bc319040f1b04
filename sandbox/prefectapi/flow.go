package prefectapi

import (
	"cmp"
	"encoding/json"
	"slices"
)

type flow struct {
	ID      string          `json:"-"`
	Created moment          `json:"-"`
	Updated moment          `json:"-"`
	Name    string          `json:"name"`
	Tags    []string        `json:"tags"`
	Labels  json.RawMessage `json:"labels"`
}

func (a *API) showFlow(f *flow) object {
	out := object{"id": f.ID, "created": f.Created, "updated": f.Updated, "name": f.Name, "tags": orEmpty(f.Tags)}
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
	a.handle("GET /flows/{id}", a.withFlow(func(f *flow, _ *request) (answer, error) { return ok(a.showFlow(f)) }))
	a.handle("PATCH /flows/{id}", a.withFlow(a.updateFlow))
	a.handle("DELETE /flows/{id}", a.withFlow(a.deleteFlow))
	a.handle("POST /flows/count", a.countFlows)
	a.handle("GET /flows/name/{name}", func(r *request) (answer, error) {
		if f := a.flowByName(r.PathValue("name")); f != nil {
			return ok(a.showFlow(f))
		}
		return answer{}, notFound("Flow not found")
	})
	a.handle("POST /flows/filter", a.filterFlows)
}

func (a *API) withFlow(serve func(*flow, *request) (answer, error)) func(*request) (answer, error) {
	return func(r *request) (answer, error) {
		id, err := a.pathID(r)
		if err != nil {
			return answer{}, err
		}
		if f := a.flowByID(id); f != nil {
			return serve(f, r)
		}
		return answer{}, notFound("Flow not found")
	}
}

func (a *API) createFlow(r *request) (answer, error) {
	f := &flow{ID: newID(), Created: moment{a.now()}}
	f.Updated = f.Created
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

func (a *API) updateFlow(f *flow, r *request) (answer, error) {
	if err := r.body.read(schema{fields: map[string]kind{"tags": list}}, f); err != nil {
		return answer{}, err
	}
	f.Updated = moment{a.now()}
	return done()
}

func (a *API) deleteFlow(f *flow, _ *request) (answer, error) {
	a.flows = slices.DeleteFunc(a.flows, func(other *flow) bool { return other == f })
	a.deployments = slices.DeleteFunc(a.deployments, func(d *deployment) bool { return d.FlowID == f.ID })
	a.forgetRuns(func(run *flowRun) bool { return run.FlowID == f.ID })
	return done()
}

func (a *API) filterFlows(r *request) (answer, error) {
	matching, p, err := a.matchingFlows(r)
	if err != nil {
		return answer{}, err
	}
	return show(matching, p, a.showFlow)
}

func (a *API) countFlows(r *request) (answer, error) {
	matching, _, err := a.matchingFlows(r)
	if err != nil {
		return answer{}, err
	}
	return ok(len(matching))
}

func (a *API) matchingFlows(r *request) ([]*flow, page, error) {
	var q struct {
		Flows filter `json:"flows"`
		page
	}
	if err := r.body.read(pageSchema("flows"), &q); err != nil {
		return nil, page{}, err
	}
	matching, err := match(a.flows, q.Flows, "flows", flowTests(func(f *flow) *flow { return f }))
	if err == nil {
		err = sortBy(matching, q.Sort, map[string]func(x, y *flow) int{
			"NAME_ASC":     func(x, y *flow) int { return cmp.Compare(x.Name, y.Name) },
			"NAME_DESC":    func(x, y *flow) int { return cmp.Compare(y.Name, x.Name) },
			"CREATED_DESC": func(x, y *flow) int { return y.Created.Compare(x.Created.Time) },
			"UPDATED_DESC": func(x, y *flow) int { return y.Updated.Compare(x.Updated.Time) },
		})
	}
	return matching, q.page, err
}

// flowTests are the conditions on a flow of rows that have one.
func flowTests[T any](of func(T) *flow) map[string]test[T] {
	return map[string]test[T]{
		"id":   anyOf(func(row T) string { return of(row).ID }),
		"name": anyOf(func(row T) string { return of(row).Name }),
	}
}
