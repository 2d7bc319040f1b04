package prefectapi

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
)

// event is something that a client has reported. Servers of Prefect 3 keep them.
type event struct {
	ID       string              `json:"id"`
	Occurred moment              `json:"occurred"`
	Event    string              `json:"event"`
	Resource map[string]string   `json:"resource"`
	Related  []map[string]string `json:"related"`
	Payload  object              `json:"payload"`
	Follows  *string             `json:"follows"`
	Received moment              `json:"received"`
}

var eventSchema = schema{
	fields: map[string]kind{
		"id": uuid1, "occurred": instant, "event": text1, "resource": dict, "related": list, "payload": dict,
		"follows": uuid,
	},
	required: []string{"id", "occurred", "event", "resource"},
}

func (a *API) eventRoutes() {
	if strings.HasPrefix(a.version, "2.") {
		return
	}
	a.handle("POST /events", a.createEvents)
	a.handle("POST /events/filter", a.filterEvents)
}

// createEvents keeps all of them, or none.
func (a *API) createEvents(r *request) (answer, error) {
	var list []json.RawMessage
	if json.Unmarshal(r.body.raw, &list) != nil {
		return answer{}, invalid("list_type", "Input should be a valid list", nil, "body")
	}
	var made []event
	for i, raw := range list {
		e, err := a.readEvent(raw, i)
		if err != nil {
			return answer{}, err
		}
		made = append(made, e)
	}
	a.keepEvents(made)
	return answer{http.StatusNoContent, nil}, nil
}

// readEvent reads an event that stands at a place of the body.
func (a *API) readEvent(raw json.RawMessage, at ...any) (event, error) {
	e := event{Related: []map[string]string{}, Payload: object{}, Received: moment{a.now()}}
	b := body{raw: raw, at: at}
	if json.Unmarshal(raw, &b.fields) != nil {
		return e, invalid("model_attributes_type", "Input should be a valid dictionary", raw, b.place()...)
	}
	if err := b.read(eventSchema, &e); err != nil {
		return e, err
	}
	if e.Resource["prefect.resource.id"] == "" {
		return e, invalid("value_error", "Resources must include the prefect.resource.id label", e.Resource,
			b.place("resource")...)
	}
	return e, nil
}

// keepEvents keeps the first event of each id; a.mu is held.
func (a *API) keepEvents(list []event) {
	for _, e := range list {
		if !a.eventIDs[e.ID] {
			a.eventIDs[e.ID] = true
			a.events = append(a.events, e)
			a.tellListeners(e)
		}
	}
}

// filterEvents knows one filter, the beginning of the event's name, and no pages.
func (a *API) filterEvents(r *request) (answer, error) {
	var q struct {
		Filter struct {
			Event struct{ Prefix []string }
		}
	}
	decoder := json.NewDecoder(strings.NewReader(string(r.body.raw)))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&q); err != nil {
		return answer{}, notImplemented("event filter " + string(r.body.raw))
	}
	found := []event{}
	for _, e := range slices.Backward(a.events) { // the newest first
		if len(q.Filter.Event.Prefix) == 0 ||
			slices.ContainsFunc(q.Filter.Event.Prefix, func(p string) bool { return strings.HasPrefix(e.Event, p) }) {
			found = append(found, e)
		}
	}
	return ok(object{"events": found, "total": len(found), "next_page": nil})
}
