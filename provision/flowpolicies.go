package provision

import "slices"

// stalePolicies are those that an earlier bootstrap attached to the flow runs' task role and this one does not name.
func (r *role) stalePolicies() []string {
	if r.kind != KindFlowRole || r.found == nil {
		return nil
	}
	return slices.DeleteFunc(r.w.attachedBefore(), func(policy string) bool {
		return slices.Contains(r.managed, policy) || !slices.Contains(r.found.attached, policy)
	})
}

// attachedBefore are the policies that the pool remembers as attached by bootstrap.
func (w *world) attachedBefore() []string {
	if w.pool == nil || w.pool.template == nil {
		return nil
	}
	return slices.Clone(w.pool.template.marker.Attached)
}

// attached are the policies that bootstrap has attached when the plan is carried out. What was attached by others
// before it was named stays theirs.
func (w *world) attached() []string {
	role := w.flowRole
	if role == nil || role.found != nil && !role.owned() {
		return w.attachedBefore()
	}
	before := w.attachedBefore()
	var out []string
	for _, policy := range role.managed {
		isNew := role.found == nil || !slices.Contains(role.found.attached, policy)
		if isNew || slices.Contains(before, policy) {
			out = append(out, policy)
		}
	}
	return distinct(out)
}

// flowPolicies are those that bootstrap may attach to the flow runs' task role and take off.
func (w *world) flowPolicies() []string {
	return distinct(append(w.attachedBefore(), w.spec.FlowRuns.PolicyARNs...))
}
