package prefect

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"ecsctl/internal/uuid"
)

// StateType is the kind of a state. Names are finer: Late and AwaitingConcurrencySlot
// are names of SCHEDULED.
type StateType string

// The kinds of states.
const (
	Scheduled  StateType = "SCHEDULED"
	Pending    StateType = "PENDING"
	Running    StateType = "RUNNING"
	Completed  StateType = "COMPLETED"
	Failed     StateType = "FAILED"
	Crashed    StateType = "CRASHED"
	Cancelled  StateType = "CANCELLED"
	Cancelling StateType = "CANCELLING"
	Paused     StateType = "PAUSED"
)

// Terminal reports whether a run in such a state has ended.
func (t StateType) Terminal() bool {
	return t == Completed || t == Failed || t == Crashed || t == Cancelled
}

// Unfinished are the states in which a run has not ended: those that are not Terminal.
var Unfinished = []StateType{Scheduled, Pending, Running, Paused, Cancelling}

// State is a state of a flow run.
type State struct {
	ID        string          `json:"id"`
	Type      StateType       `json:"type"`
	Name      string          `json:"name"`
	Timestamp time.Time       `json:"timestamp"`
	Message   string          `json:"message"`
	Data      json.RawMessage `json:"data"`
	Details   StateDetails    `json:"state_details"`
}

// StateDetails are what a state carries that a worker looks at.
type StateDetails struct {
	ScheduledTime *time.Time `json:"scheduled_time"`
	TransitionID  string     `json:"transition_id"`
	Deferred      bool       `json:"deferred"`
	// PauseReschedule tells a suspended run, which is launched anew when it is resumed, from a
	// paused one, whose process waits.
	PauseReschedule bool `json:"pause_reschedule"`
}

// StateProposal is a state that a run is asked to take.
type StateProposal struct {
	Type    StateType
	Name    string // default: the type's own
	Message string
	Data    json.RawMessage // as of State; rarely of use
	// ScheduledTime is for proposals of type Scheduled.
	ScheduledTime time.Time
	// Force skips the server's rules.
	Force bool
	// TransitionID makes a repeated proposal known as the same; default: a new one for each
	// call of SetFlowRunState, so that its retries are safe.
	TransitionID string
}

// SetStateStatus is the server's decision on a proposal.
type SetStateStatus string

// The decisions.
const (
	Accept SetStateStatus = "ACCEPT" // the run has the state
	Reject SetStateStatus = "REJECT" // the run has another state: that of the result
	Wait   SetStateStatus = "WAIT"   // propose again after the delay
	Abort  SetStateStatus = "ABORT"  // leave the run alone
)

// OrchestrationResult is the server's answer to a proposal.
type OrchestrationResult struct {
	Status SetStateStatus
	State  *State // the state that the run is in, with Accept and Reject
	Reason string
	Delay  time.Duration // with Wait
}

// UnmarshalJSON reads the answer of set_state.
func (r *OrchestrationResult) UnmarshalJSON(data []byte) error {
	var wire struct {
		Status  SetStateStatus `json:"status"`
		State   *State         `json:"state"`
		Details struct {
			Reason       string  `json:"reason"`
			DelaySeconds float64 `json:"delay_seconds"`
		} `json:"details"`
	}
	if err := json.Unmarshal(data, &wire); err != nil {
		return err
	}
	*r = OrchestrationResult{wire.Status, wire.State, wire.Details.Reason,
		time.Duration(wire.Details.DelaySeconds * float64(time.Second))}
	return nil
}

// SetFlowRunState proposes a state. That the server says no is a result, not an error.
// A call that is sent again after a lost answer is known to the server by its transition
// id and answered as the first (REJECT with the state that was accepted); then the result
// is turned back into Accept.
func (c *Client) SetFlowRunState(ctx context.Context, flowRunID string, p StateProposal) (*OrchestrationResult, error) {
	if p.TransitionID == "" {
		p.TransitionID = uuid.New()
	}
	var result OrchestrationResult
	if err := c.do(ctx, query(p.wire(), "flow_runs", flowRunID, "set_state"), &result); err != nil {
		return nil, fmt.Errorf("failed to set flow run %q to %s: %w", flowRunID, p.label(), err)
	}
	if result.Status == Reject && result.State != nil && result.State.Details.TransitionID == p.TransitionID {
		result.Status = Accept
	}
	return &result, nil
}

func (p StateProposal) label() string {
	if p.Name != "" {
		return p.Name
	}
	return string(p.Type)
}

func (p StateProposal) wire() any {
	details := map[string]any{"transition_id": p.TransitionID}
	if !p.ScheduledTime.IsZero() {
		details["scheduled_time"] = p.ScheduledTime.UTC()
	}
	state := map[string]any{"type": p.Type, "state_details": details}
	if p.Name != "" {
		state["name"] = p.Name
	}
	if p.Message != "" {
		state["message"] = p.Message
	}
	if len(p.Data) > 0 {
		state["data"] = p.Data
	}
	return map[string]any{"state": state, "force": p.Force}
}
