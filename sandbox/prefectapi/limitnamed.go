package prefectapi

import (
	"encoding/json"
	"net/http"
	"slices"
)

var limitFields = map[string]kind{
	"name": text1, "limit": whole, "active": flag, "active_slots": whole, "denied_slots": whole,
	"slot_decay_per_second": number,
}

func (a *API) namedLimitRoutes() {
	a.handle("POST /v2/concurrency_limits/", a.createNamedLimit)
	a.handle("POST /v2/concurrency_limits/filter", a.filterNamedLimits)
	a.handle("GET /v2/concurrency_limits/{id}",
		a.withNamedLimit(func(l *limit, _ *request) (answer, error) { return ok(showNamedLimit(l)) }))
	a.handle("PATCH /v2/concurrency_limits/{id}", a.withNamedLimit(a.updateNamedLimit))
	a.handle("DELETE /v2/concurrency_limits/{id}", a.withNamedLimit(func(l *limit, _ *request) (answer, error) {
		a.deleteTagLimit(l)
		return done()
	}))
	a.handle("POST /v2/concurrency_limits/increment", a.moveSlots(1))
	a.handle("POST /v2/concurrency_limits/decrement", a.moveSlots(-1))
}

func (a *API) withNamedLimit(serve func(*limit, *request) (answer, error)) func(*request) (answer, error) {
	return func(r *request) (answer, error) {
		if l := a.limitByName(r.PathValue("id")); l != nil {
			return serve(l, r)
		}
		return answer{}, notFound("Concurrency Limit not found")
	}
}

func (a *API) createNamedLimit(r *request) (answer, error) {
	l := &limit{ID: newID(), Created: moment{a.now()}}
	l.Updated = l.Created
	if err := r.body.read(schema{fields: limitFields, required: []string{"name", "limit"}}, l); err != nil {
		return answer{}, err
	}
	if err := checkName(l.Name); err != nil {
		return answer{}, err
	}
	if err := checkDecay(l); err != nil {
		return answer{}, err
	}
	if a.limitByName(l.Name) != nil {
		return answer{}, conflict("Data integrity conflict. This usually means a unique or foreign key constraint " +
			"was violated. See server logs for details.")
	}
	a.limits = append(a.limits, l)
	out := showNamedLimit(l)
	out["denied_slots"], out["avg_slot_occupancy_seconds"] = l.Denied, 2.0
	return created(out)
}

// checkDecay: limits of a rate are not played.
func checkDecay(l *limit) error {
	if l.Decay == 0 {
		return nil
	}
	return notImplemented("slot_decay_per_second of concurrency limits")
}

func (a *API) updateNamedLimit(l *limit, r *request) (answer, error) {
	changed := *l
	if err := r.body.read(schema{fields: limitFields}, &changed); err != nil {
		return answer{}, err
	}
	if err := checkDecay(&changed); err != nil {
		return answer{}, err
	}
	*l = changed
	l.Updated = moment{a.now()}
	return done()
}

func (a *API) filterNamedLimits(r *request) (answer, error) {
	var p page
	if err := r.body.read(pageSchema(), &p); err != nil {
		return answer{}, err
	}
	return show(a.limitsByName(), p, showNamedLimit)
}

// moveSlots takes slots of all named limits or of none, or gives them back. Names that
// have no limit are unlimited.
func (a *API) moveSlots(sign count) func(*request) (answer, error) {
	return func(r *request) (answer, error) {
		var wanted struct {
			Slots count    `json:"slots"`
			Names []string `json:"names"`
			Mode  string   `json:"mode"`
		}
		s := schema{fields: map[string]kind{
			"slots": whole, "names": list, "mode": text, "create_if_missing": flag, "occupancy_seconds": number,
		}, required: []string{"slots", "names"}}
		if err := r.body.read(s, &wanted); err != nil {
			return answer{}, err
		}
		var create bool
		// the schema has let flags through alone
		_ = json.Unmarshal(rawOr(r.body.fields["create_if_missing"], "false"), &create)
		if wanted.Mode == "rate_limit" || create {
			return answer{}, notImplemented("mode rate_limit or create_if_missing of concurrency limits")
		}
		limits := slices.DeleteFunc(a.limitsByName(), func(l *limit) bool {
			return !slices.Contains(wanted.Names, l.Name)
		})
		if sign > 0 && slices.ContainsFunc(limits, func(l *limit) bool {
			return l.active() && l.Slots+wanted.Slots > l.Limit
		}) {
			return answer{http.StatusLocked, object{"detail": "Locked"}}, nil
		}
		out := []object{}
		for _, l := range limits {
			if l.active() {
				l.Slots = max(0, l.Slots+sign*wanted.Slots)
			}
			out = append(out, object{"id": l.ID, "name": l.Name, "limit": l.Limit})
		}
		return ok(out)
	}
}

func showNamedLimit(l *limit) object {
	return object{
		"id": l.ID, "created": l.Created, "updated": l.Updated, "active": l.active(), "name": l.Name, "limit": l.Limit,
		"active_slots": max(l.Slots, count(len(l.holders))), "slot_decay_per_second": l.Decay,
	}
}
