package prefectapi

import (
	"cmp"
	"net/http"
	"slices"
	"strings"
)

// limit is a concurrency limit: of task runs with a tag, whose name is then "tag:NAME",
// or of whatever a program names.
type limit struct {
	ID      string   `json:"-"`
	Created moment   `json:"-"`
	Updated moment   `json:"-"`
	Name    string   `json:"name"`
	Limit   count    `json:"limit"`
	Active  *bool    `json:"active"`
	Slots   count    `json:"active_slots"`
	Denied  count    `json:"denied_slots"`
	Decay   float64  `json:"slot_decay_per_second"`
	holders []string // ids of the task runs that hold a slot of a tag
}

const tagPrefix = "tag:"

func (l *limit) active() bool { return l.Active == nil || *l.Active }

func (a *API) limitByName(name string) *limit {
	for _, l := range a.limits {
		if l.Name == name || l.ID == strings.ToLower(name) {
			return l
		}
	}
	return nil
}

// secureTagSlots lets no more task runs with a tag run than its limit says.
func secureTagSlots(a *API, t *taskRun, _, to *state) *verdict {
	if to.Type != running {
		return nil
	}
	for _, tag := range t.Tags {
		l := a.limitByName(tagPrefix + tag)
		switch {
		case l == nil || slices.Contains(l.holders, t.ID):
			continue
		case l.Limit == 0:
			a.releaseTagSlots(t)
			return abort(`The concurrency limit on tag "%s" is 0 and will deadlock if the task tries to run again.`,
				tag)
		case len(l.holders) >= int(l.Limit):
			a.releaseTagSlots(t)
			return &verdict{status: "WAIT", delay: int(slotWait.Seconds()), reason: "Concurrency limit for the " + tag +
				" tag has been reached"}
		}
		l.holders = append(l.holders, t.ID)
	}
	return nil
}

func (a *API) releaseTagSlots(t *taskRun) {
	for _, l := range a.limits {
		l.holders = slices.DeleteFunc(l.holders, func(id string) bool { return id == t.ID })
	}
}

func (a *API) tagLimitRoutes() {
	a.handle("POST /concurrency_limits/", a.createTagLimit)
	a.handle("POST /concurrency_limits/filter", a.filterTagLimits)
	a.handle("GET /concurrency_limits/{id}", a.withTagLimit("", showTagLimit))
	a.handle("DELETE /concurrency_limits/{id}", a.withTagLimit("", a.deleteTagLimit))
	a.handle("GET /concurrency_limits/tag/{id}", a.withTagLimit(tagPrefix, showTagLimit))
	a.handle("DELETE /concurrency_limits/tag/{id}", a.withTagLimit(tagPrefix, a.deleteTagLimit))
	a.handle("POST /concurrency_limits/tag/{id}/reset",
		a.withTagLimit(tagPrefix, func(l *limit) any { l.holders = nil; return nil }))
}

func (a *API) withTagLimit(prefix string, serve func(*limit) any) func(*request) (answer, error) {
	return func(r *request) (answer, error) {
		if l := a.limitByName(prefix + r.PathValue("id")); l != nil && strings.HasPrefix(l.Name, tagPrefix) {
			return ok(serve(l))
		}
		return answer{}, notFound("Concurrency limit not found")
	}
}

func (a *API) deleteTagLimit(l *limit) any {
	a.limits = slices.DeleteFunc(a.limits, func(other *limit) bool { return other == l })
	return nil
}

func (a *API) createTagLimit(r *request) (answer, error) {
	var wanted struct {
		Tag   string `json:"tag"`
		Limit count  `json:"concurrency_limit"`
	}
	s := schema{fields: map[string]kind{
		"tag": text1, "concurrency_limit": whole,
	}, required: []string{"tag", "concurrency_limit"}}
	if err := r.body.read(s, &wanted); err != nil {
		return answer{}, err
	}
	status := http.StatusOK // Prefect 2 says so of a new one as well
	l := a.limitByName(tagPrefix + wanted.Tag)
	if l == nil {
		l = &limit{ID: newID(), Created: moment{a.now()}, Name: tagPrefix + wanted.Tag}
		a.limits = append(a.limits, l)
		if !a.isPrefect2() {
			status = http.StatusCreated
		}
	}
	l.Limit, l.Updated = wanted.Limit, moment{a.now()}
	return answer{status, showTagLimit(l)}, nil
}

func (a *API) filterTagLimits(r *request) (answer, error) {
	var p page
	if err := r.body.read(pageSchema(), &p); err != nil {
		return answer{}, err
	}
	tags := slices.DeleteFunc(a.limitsByName(), func(l *limit) bool { return !strings.HasPrefix(l.Name, tagPrefix) })
	return show(tags, p, func(l *limit) object { return showTagLimit(l).(object) })
}

func (a *API) limitsByName() []*limit {
	return slices.SortedFunc(slices.Values(a.limits), func(x, y *limit) int { return cmp.Compare(x.Name, y.Name) })
}

func showTagLimit(l *limit) any {
	return object{
		"id": l.ID, "created": l.Created, "updated": l.Updated, "tag": strings.TrimPrefix(l.Name, tagPrefix),
		"concurrency_limit": l.Limit, "active_slots": orEmpty(l.holders),
	}
}
