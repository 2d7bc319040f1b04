package prefectapi

import (
	"bytes"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"time"
)

// outFilter is an EventFilter as a listener of the feed sends it
// (prefect/server/events/filters.py).
type outFilter struct {
	Occurred    struct{ Since, Until *time.Time }
	Event       *nameFilter
	Resource    *resourceFilter
	AnyResource json.RawMessage `json:"any_resource"`
	Related     json.RawMessage
	ID          *struct{ ID []string }
	Text        json.RawMessage
	Order       string

	any []resourceFilter
}

type nameFilter struct {
	Prefix        []string
	ExcludePrefix []string `json:"exclude_prefix"`
	Name          []string
	ExcludeName   []string `json:"exclude_name"`
}

type resourceFilter struct {
	ID       []string
	IDPrefix []string `json:"id_prefix"`
	Labels   json.RawMessage
	Distinct bool
}

// readOutFilter refuses what the sandbox does not know by name. As on a real server, what
// comes later than now is not asked for unless the filter says so.
func readOutFilter(raw json.RawMessage, past bool, now time.Time) (f outFilter, err error) {
	decoder := json.NewDecoder(bytes.NewReader(raw))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&f); err != nil {
		return f, err
	}
	if f.Occurred.Until == nil {
		f.Occurred.Until = &now
	}
	if f.any, err = oneOrMore(f.AnyResource); err != nil {
		return f, err
	}
	for _, r := range append(slices.Clone(f.any), deref(f.Resource)) {
		if isSet(r.Labels) {
			return f, errors.New("the sandbox knows no filter by labels")
		}
	}
	switch {
	case isSet(f.Text):
		return f, errors.New("the sandbox knows no filter by text")
	case isSet(f.Related) && past: // on a real server it counts for events of the past alone
		return f, errors.New("the sandbox knows no filter by related resources")
	}
	return f, nil
}

func isSet(raw json.RawMessage) bool { return len(raw) > 0 && string(raw) != "null" }

func deref(r *resourceFilter) resourceFilter {
	if r == nil {
		return resourceFilter{}
	}
	return *r
}

// oneOrMore reads a filter, or a list of them.
func oneOrMore(raw json.RawMessage) ([]resourceFilter, error) {
	if !isSet(raw) {
		return nil, nil
	}
	var list []resourceFilter
	if json.Unmarshal(raw, &list) == nil {
		return list, nil
	}
	var one resourceFilter
	err := json.Unmarshal(raw, &one)
	return []resourceFilter{one}, err
}

func (f outFilter) takes(e event) bool {
	if since := f.Occurred.Since; since != nil && e.Occurred.Before(*since) || e.Occurred.After(*f.Occurred.Until) {
		return false
	}
	if f.Event != nil && !f.Event.takes(e.Event) || f.Resource != nil && !f.Resource.takes(e.Resource) {
		return false
	}
	if f.ID != nil && len(f.ID.ID) > 0 && !slices.Contains(f.ID.ID, e.ID) {
		return false
	}
	for _, wanted := range f.any {
		if !slices.ContainsFunc(append(slices.Clone(e.Related), e.Resource), wanted.takes) {
			return false
		}
	}
	return true
}

func (f nameFilter) takes(name string) bool {
	begins := func(prefix string) bool { return strings.HasPrefix(name, prefix) }
	return (len(f.Prefix) == 0 || slices.ContainsFunc(f.Prefix, begins)) &&
		!slices.ContainsFunc(f.ExcludePrefix, begins) &&
		(len(f.Name) == 0 || slices.Contains(f.Name, name)) && !slices.Contains(f.ExcludeName, name)
}

func (f resourceFilter) takes(resource map[string]string) bool {
	id := resource["prefect.resource.id"]
	begins := func(prefix string) bool { return strings.HasPrefix(id, prefix) }
	return (len(f.ID) == 0 || slices.Contains(f.ID, id)) &&
		(len(f.IDPrefix) == 0 || slices.ContainsFunc(f.IDPrefix, begins))
}
