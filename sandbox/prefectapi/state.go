package prefectapi

import (
	"encoding/json"
	"slices"
)

type stateType string

const (
	scheduled  stateType = "SCHEDULED"
	pending    stateType = "PENDING"
	running    stateType = "RUNNING"
	completed  stateType = "COMPLETED"
	failed     stateType = "FAILED"
	cancelled  stateType = "CANCELLED"
	crashed    stateType = "CRASHED"
	suspended  stateType = "PAUSED"
	cancelling stateType = "CANCELLING"
)

// stateNames are the names that states have by default.
var stateNames = map[stateType]string{
	scheduled: "Scheduled", pending: "Pending", running: "Running", completed: "Completed", failed: "Failed",
	cancelled: "Cancelled", crashed: "Crashed", suspended: "Paused", cancelling: "Cancelling",
}

func (t stateType) final() bool {
	return slices.Contains([]stateType{completed, failed, cancelled, crashed}, t)
}

// holdsSlot: a run in such a state holds a slot of its deployment's concurrency limit.
func holdsSlot(t stateType) bool { return t == pending || t == running || t == cancelling }

type state struct {
	ID        string          `json:"-"`
	Timestamp moment          `json:"-"`
	Type      stateType       `json:"type"`
	Name      string          `json:"name"`
	Message   *string         `json:"message"`
	Data      json.RawMessage `json:"data"`
	Details   stateDetails    `json:"state_details"`
}

type stateDetails struct {
	FlowRunID         string          `json:"-"`
	TaskRunID         *string         `json:"task_run_id"`
	ChildFlowRunID    *string         `json:"child_flow_run_id"`
	ScheduledTime     moment          `json:"scheduled_time"`
	CacheKey          *string         `json:"cache_key"`
	CacheExpiration   moment          `json:"cache_expiration"`
	Deferred          *bool           `json:"deferred"`
	UntrackableResult bool            `json:"untrackable_result"`
	PauseTimeout      moment          `json:"pause_timeout"`
	PauseReschedule   bool            `json:"pause_reschedule"`
	PauseKey          *string         `json:"pause_key"`
	RunInputKeyset    json.RawMessage `json:"run_input_keyset"`
	RefreshCache      *bool           `json:"refresh_cache"`
	Retriable         *bool           `json:"retriable"`
	TransitionID      *string         `json:"transition_id"`
	TaskParametersID  *string         `json:"task_parameters_id"`
	Traceparent       *string         `json:"traceparent"`
	LeaseID           *string         `json:"deployment_concurrency_lease_id"`
}

// stateFields are those of a proposed state. Prefect 2 lets a client send an id and a
// timestamp as well, and does not take them.
var stateFields = map[string]kind{
	"type": text1, "name": text, "message": text, "data": anything, "state_details": dict, "id": text,
	"timestamp": text,
}

// readState checks a proposed state at a place in the body.
func (a *API) readState(raw json.RawMessage) (*state, error) {
	b := body{raw: raw, at: []any{"state"}}
	if json.Unmarshal(raw, &b.fields) != nil {
		return nil, invalid("model_attributes_type", "Input should be a valid dictionary", raw, b.place()...)
	}
	s := &state{}
	if err := b.read(schema{fields: stateFields, required: []string{"type"}}, s); err != nil {
		return nil, err
	}
	if stateNames[s.Type] == "" {
		return nil, invalid("enum", "Input should be 'SCHEDULED', 'PENDING', 'RUNNING', 'COMPLETED', 'FAILED', "+
			"'CANCELLED', 'CRASHED', 'PAUSED' or 'CANCELLING'", s.Type, b.place("type")...)
	}
	return a.completeState(s), nil
}

// newState is a state of the server's own.
func (a *API) newState(t stateType, name string) *state {
	return a.completeState(&state{Type: t, Name: name})
}

func (a *API) completeState(s *state) *state {
	s.ID, s.Timestamp = newID(), moment{a.now()}
	if s.Name == "" {
		s.Name = stateNames[s.Type]
	}
	if s.Type == scheduled && s.Details.ScheduledTime.IsZero() {
		s.Details.ScheduledTime = s.Timestamp
	}
	return s
}

func (a *API) showState(s *state) any {
	if s == nil {
		return nil
	}
	d := s.Details
	details := object{
		"flow_run_id": orNull(d.FlowRunID), "task_run_id": d.TaskRunID, "child_flow_run_id": d.ChildFlowRunID,
		"scheduled_time": d.ScheduledTime,
		"cache_key":      d.CacheKey, "cache_expiration": d.CacheExpiration, "untrackable_result": d.UntrackableResult,
		"pause_timeout": d.PauseTimeout, "pause_reschedule": d.PauseReschedule, "pause_key": d.PauseKey,
		"run_input_keyset": rawOr(d.RunInputKeyset, "null"), "refresh_cache": d.RefreshCache, "retriable": d.Retriable,
		"transition_id": d.TransitionID, "task_parameters_id": d.TaskParametersID,
	}
	if !a.isPrefect2() {
		details["deferred"] = d.Deferred != nil && *d.Deferred
		details["traceparent"], details["deployment_concurrency_lease_id"] = d.Traceparent, d.LeaseID
	}
	return object{
		"id": s.ID, "type": s.Type, "name": s.Name, "timestamp": s.Timestamp, "message": s.Message,
		"data": rawOr(s.Data, "null"), "state_details": details,
	}
}
