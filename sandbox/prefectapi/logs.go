package prefectapi

import (
	"encoding/json"
	"slices"
)

type logLine struct {
	ID        string  `json:"-"`
	Created   moment  `json:"-"`
	Name      string  `json:"name"`
	Level     int     `json:"level"`
	Message   string  `json:"message"`
	Timestamp moment  `json:"timestamp"`
	FlowRunID *string `json:"flow_run_id"`
	TaskRunID *string `json:"task_run_id"`
}

var logSchema = schema{
	fields: map[string]kind{
		"name": text1, "level": whole, "message": text1, "timestamp": instant, "flow_run_id": uuid, "task_run_id": uuid,
	},
	required: []string{"name", "level", "message", "timestamp"},
}

func (a *API) logRoutes() {
	a.handle("POST /logs/", a.createLogs)
	a.handle("POST /logs/filter", a.filterLogs)
}

func (a *API) createLogs(r *request) (answer, error) {
	var lines []json.RawMessage
	if json.Unmarshal(r.body.raw, &lines) != nil {
		return answer{}, invalid("list_type", "Input should be a valid list", nil, "body")
	}
	var made []logLine
	for i, raw := range lines {
		line := logLine{ID: newID(), Created: moment{a.now()}}
		b := body{raw: raw, at: []any{i}}
		if json.Unmarshal(raw, &b.fields) != nil {
			return answer{}, invalid("model_attributes_type", "Input should be a valid dictionary", raw, b.place()...)
		}
		if err := b.read(logSchema, &line); err != nil {
			return answer{}, err
		}
		made = append(made, line)
	}
	a.logs = append(a.logs, made...)
	return created(nil)
}

func (a *API) filterLogs(r *request) (answer, error) {
	var q struct {
		Logs filter `json:"logs"`
		page
	}
	if err := r.body.read(pageSchema("logs"), &q); err != nil {
		return answer{}, err
	}
	matching, err := match(a.logs, q.Logs, "logs", map[string]test[logLine]{
		"flow_run_id": anyOf(func(l logLine) string { return value(l.FlowRunID) }),
		"task_run_id": anyOf(func(l logLine) string { return value(l.TaskRunID) }),
		"timestamp":   between(func(l logLine) moment { return l.Timestamp }),
	})
	if err != nil {
		return answer{}, err
	}
	sign := 1
	if q.Sort == "TIMESTAMP_DESC" {
		sign = -1
	}
	slices.SortStableFunc(matching, func(x, y logLine) int { return sign * x.Timestamp.Compare(y.Timestamp.Time) })
	return show(matching, q.page, func(l logLine) object {
		return object{
			"id": l.ID, "created": l.Created, "updated": l.Created, "name": l.Name, "level": l.Level,
			"message":   l.Message,
			"timestamp": l.Timestamp, "flow_run_id": l.FlowRunID, "task_run_id": l.TaskRunID,
		}
	})
}
