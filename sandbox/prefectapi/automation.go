package prefectapi

// automationRoutes: there are no automations, and none can be made; clients look for
// them all the same. A server of Prefect 2 has them switched off.
func (a *API) automationRoutes() {
	none := func(out answer) func(*request) (answer, error) {
		return func(*request) (answer, error) {
			if a.isPrefect2() {
				return answer{}, notFound("Automations are not enabled. Please enable the " +
					"PREFECT_EXPERIMENTAL_EVENTS and PREFECT_API_SERVICES_TRIGGERS_ENABLED settings.")
			}
			return out, nil
		}
	}
	a.handle("DELETE /automations/owned-by/{resource}", none(answer{202, nil}))
	a.handle("GET /automations/related-to/{resource}", none(answer{200, []object{}}))
	a.handle("POST /automations/filter", none(answer{200, []object{}}))
	a.handle("POST /automations/count", none(answer{200, 0}))
}
