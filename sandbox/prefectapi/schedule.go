package prefectapi

import (
	"encoding/json"
	"slices"
	"strings"
)

// schedule is one of a deployment's. It is kept and shown; no service makes runs of it.
type schedule struct {
	ID         string          `json:"-"`
	Created    moment          `json:"-"`
	Updated    moment          `json:"-"`
	Active     bool            `json:"active"`
	Schedule   json.RawMessage `json:"schedule"`
	MaxRuns    *count          `json:"max_scheduled_runs"`
	MaxActive  *count          `json:"max_active_runs"` // Prefect 2
	CatchUp    bool            `json:"catchup"`         // Prefect 2
	Parameters json.RawMessage `json:"parameters"`      // Prefect 3
	Slug       *string         `json:"slug"`            // Prefect 3
}

func (a *API) scheduleRoutes() {
	with := func(serve func(*deployment, *request) (answer, error)) func(*request) (answer, error) {
		return a.withDeploymentOr("Deployment not found.", serve)
	}
	a.handle("GET /deployments/{id}/schedules", with(func(d *deployment, _ *request) (answer, error) {
		return ok(a.showSchedules(d, d.schedules))
	}))
	a.handle("POST /deployments/{id}/schedules", with(a.addSchedules))
	a.handle("PATCH /deployments/{id}/schedules/{schedule}", with(a.withSchedule(a.updateSchedule)))
	a.handle("DELETE /deployments/{id}/schedules/{schedule}",
		with(a.withSchedule(func(d *deployment, s *schedule, _ *request) (answer, error) {
			d.schedules = slices.DeleteFunc(d.schedules, func(other *schedule) bool { return other == s })
			return done()
		})))
}

func (a *API) withSchedule(serve func(*deployment, *schedule, *request) (answer, error)) func(*deployment,
	*request) (answer, error) {
	return func(d *deployment, r *request) (answer, error) {
		for _, s := range d.schedules {
			if s.ID == strings.ToLower(r.PathValue("schedule")) {
				return serve(d, s, r)
			}
		}
		return answer{}, notFound("Schedule not found.")
	}
}

func (a *API) scheduleSchema(required ...string) schema {
	s := schema{fields: map[string]kind{"active": flag, "schedule": dict, "max_scheduled_runs": whole},
		required: required}
	if a.isPrefect2() {
		s.fields["max_active_runs"], s.fields["catchup"] = whole, flag
	} else {
		s.fields["parameters"], s.fields["slug"], s.fields["replaces"] = dict, text, text
	}
	return s
}

// readSchedules reads a list of new schedules at a place in a body.
func (a *API) readSchedules(raw json.RawMessage, at ...any) ([]*schedule, error) {
	var list []json.RawMessage
	if json.Unmarshal(raw, &list) != nil {
		return nil, invalid("list_type", "Input should be a valid list", raw, body{at: at}.place()...)
	}
	var out []*schedule
	for i, raw := range list {
		b := body{raw: raw, at: slices.Concat(at, []any{i})}
		if json.Unmarshal(raw, &b.fields) != nil {
			return nil, invalid("model_attributes_type", "Input should be a valid dictionary", raw, b.place()...)
		}
		s := &schedule{ID: newID(), Created: moment{a.now()}, Active: true}
		s.Updated = s.Created
		if err := b.read(a.scheduleSchema("schedule"), s); err != nil {
			return nil, err
		}
		if err := a.completeSchedule(s, b); err != nil {
			return nil, err
		}
		out = append(out, s)
	}
	return out, nil
}

// completeSchedule fills in what a server does.
func (a *API) completeSchedule(s *schedule, b body) error {
	var times map[string]json.RawMessage
	_ = json.Unmarshal(rawOr(s.Schedule, "{}"), &times) // the schema has let objects through alone
	set := func(name, value string) { times[name] = rawOr(times[name], value) }
	switch {
	case times["cron"] != nil:
		set("day_or", "true")
	case times["interval"] != nil:
		at, err := json.Marshal(moment{a.now()})
		if err != nil {
			return err
		}
		set("anchor_date", string(at))
	case times["rrule"] != nil && !a.isPrefect2() && !strings.Contains(string(times["rrule"]), "DTSTART"):
		times["rrule"] = json.RawMessage(`"DTSTART:20200101T000000\n` + string(times["rrule"][1:]))
	case times["rrule"] == nil:
		return invalid("missing", "Field required", s.Schedule, b.place("schedule")...)
	}
	set("timezone", a.defaultTimezone(times))
	raw, err := json.Marshal(times)
	s.Schedule = raw
	return err
}

func (a *API) defaultTimezone(times map[string]json.RawMessage) string {
	if times["cron"] != nil {
		return "null"
	}
	return `"UTC"`
}

func (a *API) addSchedules(d *deployment, r *request) (answer, error) {
	made, err := a.readSchedules(r.body.raw)
	if err != nil {
		return answer{}, err
	}
	d.schedules = append(d.schedules, made...)
	return created(a.showSchedules(d, made))
}

func (a *API) updateSchedule(_ *deployment, s *schedule, r *request) (answer, error) {
	changed := *s
	if err := r.body.read(a.scheduleSchema(), &changed); err != nil {
		return answer{}, err
	}
	if err := a.completeSchedule(&changed, r.body); err != nil {
		return answer{}, err
	}
	*s = changed
	s.Updated = moment{a.now()}
	return done()
}

// showSchedules has the one that changed last first.
func (a *API) showSchedules(d *deployment, schedules []*schedule) []object {
	out := []object{}
	for _, s := range lastChangedFirst(schedules) {
		one := object{
			"id": s.ID, "created": s.Created, "updated": s.Updated, "deployment_id": d.ID, "schedule": s.Schedule,
			"active": s.Active, "max_scheduled_runs": s.MaxRuns,
		}
		if a.isPrefect2() {
			one["max_active_runs"], one["catchup"] = s.MaxActive, s.CatchUp
		} else {
			one["parameters"], one["slug"] = rawOr(s.Parameters, "{}"), s.Slug
		}
		out = append(out, one)
	}
	return out
}

func lastChangedFirst(schedules []*schedule) []*schedule {
	return slices.SortedStableFunc(slices.Values(schedules), func(x, y *schedule) int {
		return y.Updated.Compare(x.Updated.Time)
	})
}
