package prefectapi

import (
	"encoding/json"
	"net/http"
)

// verdict is what the rules say of a proposed state.
type verdict struct {
	status string // ACCEPT, REJECT, WAIT or ABORT
	reason string
	delay  int    // seconds, with WAIT
	state  *state // what the run takes instead, with REJECT; nil leaves it
}

func (a *API) setState(r *request) (answer, error) {
	id, err := a.pathID(r)
	if err != nil {
		return answer{}, err
	}
	var proposal struct {
		State json.RawMessage `json:"state"`
		Force bool            `json:"force"`
	}
	s := schema{fields: map[string]kind{"state": dict, "force": flag}, required: []string{"state"}, open: true}
	if err := r.body.read(s, &proposal); err != nil {
		return answer{}, err
	}
	proposed, err := a.readState(proposal.State)
	if err != nil {
		return answer{}, err
	}
	run := a.runByID(id)
	if run == nil {
		return answer{}, &refusal{http.StatusNotFound, object{"exception_message": "Flow run with id " + id + " not found"}}
	}
	return a.transition(run, proposed, proposal.Force)
}

func (a *API) transition(run *flowRun, proposed *state, force bool) (answer, error) {
	v := a.judge(run, proposed, force)
	status := http.StatusOK
	if v.status == "ACCEPT" {
		v.state = proposed
	}
	if v.state != nil {
		a.enter(run, v.state)
		status = http.StatusCreated
	}
	return answer{status, object{"state": a.showState(run.state()), "status": v.status, "details": v.details()}}, nil
}

func (v verdict) details() object {
	switch v.status {
	case "REJECT":
		return object{"type": "reject_details", "reason": v.reason}
	case "WAIT":
		return object{"type": "wait_details", "delay_seconds": v.delay, "reason": v.reason}
	case "ABORT":
		return object{"type": "abort_details", "reason": v.reason}
	}
	return object{"type": "accept_details"}
}
