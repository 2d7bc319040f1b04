package prefectapi

import (
	"cmp"
	"encoding/json"
	"regexp"
	"slices"
	"strings"
)

type variable struct {
	ID      string          `json:"-"`
	Created moment          `json:"-"`
	Updated moment          `json:"-"`
	Name    string          `json:"name"`
	Value   json.RawMessage `json:"value"`
	Tags    []string        `json:"tags"`
}

var variableName = regexp.MustCompile(`^[a-z0-9_-]+$`)

func (a *API) variableRoutes() {
	a.handle("POST /variables/", a.createVariable)
	a.handle("GET /variables/name/{name}",
		a.withVariable(func(v *variable, _ *request) (answer, error) { return ok(showVariable(v)) }))
	a.handle("PATCH /variables/name/{name}", a.withVariable(a.updateVariable))
	a.handle("DELETE /variables/name/{name}", a.withVariable(a.deleteVariable))
	a.handle("GET /variables/{id}",
		a.withVariable(func(v *variable, _ *request) (answer, error) { return ok(showVariable(v)) }))
	a.handle("PATCH /variables/{id}", a.withVariable(a.updateVariable))
	a.handle("DELETE /variables/{id}", a.withVariable(a.deleteVariable))
	a.handle("POST /variables/filter", a.filterVariables)
	a.handle("POST /variables/count", a.countVariables)
}

func (a *API) withVariable(serve func(*variable, *request) (answer, error)) func(*request) (answer, error) {
	return func(r *request) (answer, error) {
		for _, v := range a.variables {
			if v.Name == r.PathValue("name") || v.ID == strings.ToLower(r.PathValue("id")) {
				return serve(v, r)
			}
		}
		return answer{}, notFound("Variable not found.")
	}
}

func (a *API) deleteVariable(v *variable, _ *request) (answer, error) {
	a.variables = slices.DeleteFunc(a.variables, func(other *variable) bool { return other == v })
	return done()
}

// variableSchema: Prefect 2 has texts alone.
func (a *API) variableSchema(required ...string) schema {
	value := anything
	if a.isPrefect2() {
		value = text1
	}
	return schema{fields: map[string]kind{"name": text1, "value": value, "tags": list}, required: required}
}

func (a *API) createVariable(r *request) (answer, error) {
	v := &variable{ID: newID(), Created: moment{a.now()}}
	v.Updated = v.Created
	if err := r.body.read(a.variableSchema("name", "value"), v); err != nil {
		return answer{}, err
	}
	if !variableName.MatchString(v.Name) {
		return answer{}, invalid("value_error",
			"Value error, Variable name must only contain lowercase letters, numbers, and dashes or underscores.",
			v.Name, "body", "name")
	}
	if slices.ContainsFunc(a.variables, func(other *variable) bool { return other.Name == v.Name }) {
		return answer{}, a.variableExists(v.Name)
	}
	a.variables = append(a.variables, v)
	return created(showVariable(v))
}

func (a *API) variableExists(name string) error {
	if a.isPrefect2() {
		return conflict("Data integrity conflict. This usually means a unique or foreign key constraint was " +
			"violated. See server logs for details.")
	}
	return conflict("A variable with the name '%s' already exists.", name)
}

func (a *API) updateVariable(v *variable, r *request) (answer, error) {
	if err := r.body.read(a.variableSchema(), &variable{}); err != nil {
		return answer{}, err
	}
	if err := json.Unmarshal(rawOr(r.body.raw, "{}"), v); err != nil {
		return answer{}, err
	}
	v.Updated = moment{a.now()}
	return done()
}

func (a *API) filterVariables(r *request) (answer, error) {
	matching, p, err := a.matchingVariables(r)
	if err != nil {
		return answer{}, err
	}
	return show(matching, p, showVariable)
}

func (a *API) countVariables(r *request) (answer, error) {
	matching, _, err := a.matchingVariables(r)
	if err != nil {
		return answer{}, err
	}
	return ok(len(matching))
}

func (a *API) matchingVariables(r *request) ([]*variable, page, error) {
	var q struct {
		Variables filter `json:"variables"`
		page
	}
	if err := r.body.read(pageSchema("variables"), &q); err != nil {
		return nil, page{}, err
	}
	matching, err := match(a.variables, q.Variables, "variables", map[string]test[*variable]{
		"id":   anyOf(func(v *variable) string { return v.ID }),
		"name": anyOf(func(v *variable) string { return v.Name }),
	})
	if err == nil {
		err = sortBy(matching, q.Sort, map[string]func(x, y *variable) int{
			"NAME_ASC":     func(x, y *variable) int { return cmp.Compare(x.Name, y.Name) },
			"NAME_DESC":    func(x, y *variable) int { return cmp.Compare(y.Name, x.Name) },
			"CREATED_DESC": func(x, y *variable) int { return y.Created.Compare(x.Created.Time) },
			"UPDATED_DESC": func(x, y *variable) int { return y.Updated.Compare(x.Updated.Time) },
		})
	}
	return matching, q.page, err
}

func showVariable(v *variable) object {
	return object{"id": v.ID, "created": v.Created, "updated": v.Updated, "name": v.Name,
		"value": rawOr(v.Value, "null"), "tags": orEmpty(v.Tags)}
}
