package provision

// build lists the resources, each after those it needs, so that plans read in order.
func (b *Bootstrap) build() {
	w := b.w
	w.pool = &workPool{w: w, create: true, stores: true}
	if w.host != nil {
		b.resources = append(b.resources, &cluster{w: w})
		b.buildForFlowRuns()
		b.service = w.host.service
		b.resources = append(append(b.resources, w.pool), append(w.host.resources(w), b.service)...)
		return
	}
	if len(w.spec.Network.SecurityGroups) == 0 {
		b.resources = append(b.resources, &securityGroup{w: w})
	}
	b.resources = append(b.resources, &cluster{w: w}, newExecutionRole(w), newWorkerRole(w))
	b.buildForFlowRuns()
	if w.spec.MakesImage() {
		b.resources = append(b.resources, newRepository(w), &workerImage{w: w})
	}
	b.service = &service{w: w}
	if w.server.APIKey != "" && w.spec.Prefect.APIKeySecret == "" {
		b.service.secrets = append(b.service.secrets, newAPIKeySecret(w))
	}
	if w.server.AuthString != "" {
		b.service.secrets = append(b.service.secrets, newAuthStringSecret(w))
	}
	for _, s := range b.service.secrets {
		b.resources = append(b.resources, s)
	}
	for _, q := range w.observer() {
		b.resources = append(b.resources, q)
	}
	b.resources = append(b.resources, &eventRule{w: w}, &taskDefinition{w: w}, w.pool, b.service)
}

// buildForFlowRuns lists what is for flow runs and not for the worker.
func (b *Bootstrap) buildForFlowRuns() {
	w := b.w
	if w.makesFlowRole() {
		w.flowRole = newFlowRole(w)
		b.resources = append(b.resources, w.flowRole)
	}
	if w.makesFlowExecutionRole() {
		b.resources = append(b.resources, newFlowExecutionRole(w))
	}
	if w.spec.MakesProvider() {
		b.resources = append(b.resources, newInfrastructureRole(w), newInstanceRole(w), &instanceProfile{w: w},
			&managedProvider{w: w})
	}
	b.resources = append(b.resources, &logGroup{w: w})
	if w.spec.MakesFlowRepository() {
		b.resources = append(b.resources, newFlowRepository(w))
	}
	if w.wantsBundles() {
		b.resources = append(b.resources, &bucket{w: w, chosen: true})
	}
}
