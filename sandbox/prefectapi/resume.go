package prefectapi

// resumeRun lets a paused run go on: at once, or, if it was suspended, by a worker.
func (a *API) resumeRun(run *flowRun, r *request) (answer, error) {
	s := schema{fields: map[string]kind{"run_input": dict}}
	if err := r.body.read(s, &struct{}{}); err != nil {
		return answer{}, err
	}
	from := run.state()
	if from == nil || from.Type != suspended {
		v := verdict{status: "ABORT", reason: "Cannot resume a flow run that is not paused."}
		return ok(object{"state": nil, "status": v.status, "details": v.details()})
	}
	if len(rawOr(from.Details.RunInputKeyset, "")) > 0 || len(rawOr(r.body.fields["run_input"], "")) > 0 {
		return answer{}, notImplemented("resuming with input")
	}
	to := a.newState(running, "")
	if from.Details.PauseReschedule {
		to = a.newState(scheduled, "Resuming")
	}
	return a.transition(run, to, false)
}
