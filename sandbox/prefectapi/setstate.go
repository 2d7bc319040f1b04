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
	proposed, force, err := a.readProposal(r)
	if err != nil {
		return answer{}, err
	}
	run := a.runByID(id)
	if run == nil {
		return answer{}, &refusal{http.StatusNotFound,
			object{"exception_message": "Flow run with id " + id + " not found"}}
	}
	return a.transition(run, proposed, force)
}

// readProposal reads the body of a set_state.
func (a *API) readProposal(r *request) (proposed *state, force bool, err error) {
	var proposal struct {
		State json.RawMessage `json:"state"`
		Force bool            `json:"force"`
	}
	s := schema{fields: map[string]kind{"state": dict, "force": flag}, required: []string{"state"}, open: true}
	if err := r.body.read(s, &proposal); err != nil {
		return nil, false, err
	}
	proposed, err = a.readState(proposal.State)
	return proposed, proposal.Force, err
}

func (a *API) transition(run *flowRun, proposed *state, force bool) (answer, error) {
	v := a.judge(run, proposed, force)
	return a.follow(v, proposed, &run.course, func(s *state) { a.enter(run, s) })
}

// follow does what the rules have said and answers as set_state does.
func (a *API) follow(v verdict, proposed *state, c *course, enter func(*state)) (answer, error) {
	status := http.StatusOK
	if v.status == "ACCEPT" {
		v.state = proposed
	}
	if v.state != nil {
		enter(v.state)
		status = http.StatusCreated
	}
	return answer{status, object{"state": a.showState(c.state()), "status": v.status, "details": v.details()}}, nil
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
