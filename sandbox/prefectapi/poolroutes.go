package prefectapi

import (
	"encoding/json"
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strings"
)

var poolFields = map[string]kind{
	"description": text, "is_paused": flag, "base_job_template": dict, "concurrency_limit": whole,
	"storage_configuration": dict,
}

func (a *API) poolSchema(create bool) schema {
	s := schema{fields: map[string]kind{}}
	for name, k := range poolFields {
		s.fields[name] = k
	}
	if a.isPrefect2() {
		delete(s.fields, "storage_configuration")
	}
	if create {
		s.fields["name"], s.fields["type"], s.required = text1, text1, []string{"name"}
	}
	return s
}

func (a *API) poolRoutes() {
	a.handle("POST /work_pools/", a.createPool)
	a.handle("GET /work_pools/{pool}", a.readPool)
	a.handle("PATCH /work_pools/{pool}", a.updatePool)
	a.handle("DELETE /work_pools/{pool}", a.deletePool)
	a.handle("POST /work_pools/filter", a.filterPools)
	a.handle("POST /work_pools/count", a.countPools)
}

func (a *API) createPool(r *request) (answer, error) {
	p := &pool{ID: newID(), Created: moment{a.now()}, Type: "prefect-agent"}
	p.Updated = p.Created
	if err := r.body.read(a.poolSchema(true), p); err != nil {
		return answer{}, err
	}
	if err := checkName(p.Name); err != nil {
		return answer{}, err
	}
	if err := checkTemplate(p.Template); err != nil {
		return answer{}, err
	}
	if isReserved(p.Name) {
		return answer{}, refuse(http.StatusForbidden,
			"Work pools starting with 'Prefect' are reserved for internal use.")
	}
	if _, err := a.findPool(p.Name); err == nil {
		return answer{}, conflict("A work pool with this name already exists.")
	}
	description := "The work pool's default queue."
	p.queues = []*queue{a.newQueue(p, "default", description)}
	a.pools = append(a.pools, p)
	return created(a.showPool(p))
}

func checkName(name string) error {
	if name != "" && !strings.ContainsAny(name, "/%&><") {
		return nil
	}
	return invalid("string_pattern_mismatch", "String should match pattern '^[^/%&><]+$'", name, "body", "name")
}

func isReserved(name string) bool { return strings.HasPrefix(strings.ToLower(name), "prefect") }

// checkTemplate: a base job template is empty or has both of its parts, with something in them.
func checkTemplate(template json.RawMessage) error {
	var parts map[string]json.RawMessage
	if json.Unmarshal(rawOr(template, "{}"), &parts) != nil || len(parts) == 0 {
		return nil
	}
	if isFilled(parts["job_configuration"]) && isFilled(parts["variables"]) {
		return checkDeclared(template, parts)
	}
	return invalid("value_error",
		"Value error, The `base_job_template` must contain both a `job_configuration` key and a `variables` key.",
		template, "body", "base_job_template")
}

var placeholderPattern = regexp.MustCompile(`\{\{\s*([\w.\-\[\]$]+)\s*\}\}`)

// checkDeclared: what a template uses it declares, by the very name.
func checkDeclared(template json.RawMessage, parts map[string]json.RawMessage) error {
	var variables struct{ Properties map[string]json.RawMessage }
	_ = json.Unmarshal(parts["variables"], &variables) // of another form it declares nothing
	missing := map[string]bool{}
	for _, found := range placeholderPattern.FindAllSubmatch(parts["job_configuration"], -1) {
		if name := string(found[1]); variables.Properties[name] == nil {
			missing[name] = true
		}
	}
	if len(missing) == 0 {
		return nil
	}
	return invalid("value_error", "Value error, The variables specified in the job configuration template must be "+
		"present as properties in the variables schema. Your job configuration uses the following undeclared "+
		"variable(s): "+strings.Join(slices.Sorted(maps.Keys(missing)), " ,")+".", template, "body",
		"base_job_template")
}

func isFilled(raw json.RawMessage) bool {
	var value map[string]json.RawMessage
	return json.Unmarshal(raw, &value) == nil && len(value) > 0
}

func (a *API) readPool(r *request) (answer, error) {
	p, err := a.findPool(r.PathValue("pool"))
	if err != nil {
		return answer{}, err
	}
	return ok(a.showPool(p))
}

func (a *API) updatePool(r *request) (answer, error) {
	var update pool
	if err := r.body.read(a.poolSchema(false), &update); err != nil {
		return answer{}, err
	}
	if err := checkTemplate(update.Template); err != nil {
		return answer{}, err
	}
	if isReserved(r.PathValue("pool")) && (r.body.has("description") || r.body.has("base_job_template")) {
		return answer{}, refuse(http.StatusForbidden, "Work pools starting with 'Prefect' are reserved for internal "+
			"use and can only be updated to set concurrency limits or pause.")
	}
	p, err := a.findPool(r.PathValue("pool"))
	if err != nil {
		return answer{}, err
	}
	if err := json.Unmarshal(rawOr(r.body.raw, "{}"), p); err != nil {
		return answer{}, err
	}
	p.Updated = moment{a.now()}
	a.poolChanged(p, r.body)
	return done()
}

func (a *API) deletePool(r *request) (answer, error) {
	if isReserved(r.PathValue("pool")) {
		return answer{}, refuse(http.StatusForbidden,
			"Work pools starting with 'Prefect' are reserved for internal use and can not be deleted.")
	}
	p, err := a.findPool(r.PathValue("pool"))
	if err != nil {
		return answer{}, err
	}
	a.pools = slices.DeleteFunc(a.pools, func(other *pool) bool { return other == p })
	a.forgetQueues(p.hasQueue)
	a.poolDeleted(p)
	return done()
}

// forgetQueues takes deleted queues from what refers to them, as the database does.
func (a *API) forgetQueues(gone func(id string) bool) {
	for _, run := range a.runs {
		if gone(run.WorkQueueID) {
			run.WorkQueueID = ""
		}
	}
	for _, d := range a.deployments {
		if gone(d.WorkQueueID) {
			d.WorkQueueID = ""
		}
	}
}

func (a *API) filterPools(r *request) (answer, error) {
	var q struct {
		Pools filter `json:"work_pools"`
		page
	}
	if err := r.body.read(pageSchema("work_pools"), &q); err != nil {
		return answer{}, err
	}
	matching, err := a.matchingPools(q.Pools)
	if err != nil {
		return answer{}, err
	}
	return show(matching, q.page, a.showPool)
}

func (a *API) countPools(r *request) (answer, error) {
	var q struct {
		Pools filter `json:"work_pools"`
	}
	if err := r.body.read(pageSchema("work_pools"), &q); err != nil {
		return answer{}, err
	}
	matching, err := a.matchingPools(q.Pools)
	if err != nil {
		return answer{}, err
	}
	return ok(len(matching))
}

func (a *API) matchingPools(f filter) ([]*pool, error) {
	return match(a.sortedPools(), f, "work_pools", map[string]test[*pool]{
		"id":   anyOf(func(p *pool) string { return p.ID }),
		"name": anyOf(func(p *pool) string { return p.Name }),
		"type": anyOf(func(p *pool) string { return p.Type }),
	})
}
