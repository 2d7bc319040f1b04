package provision

import (
	"context"
	"slices"

	"ecsctl/prefect"
)

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
// before it was named stays theirs. A role of ours whose pool remembers no bootstrap is of one that was killed: nobody
// else has had the time to attach to it what is named.
func (w *world) attached() []string {
	role := w.flowRole
	if role == nil || role.found != nil && !role.owned() {
		return w.attachedBefore()
	}
	before := w.attachedBefore()
	killed := w.pool == nil || w.pool.template == nil || w.pool.template.marker.Version == 0
	var out []string
	for _, policy := range role.managed {
		isNew := role.found == nil || killed || !slices.Contains(role.found.attached, policy)
		if isNew || slices.Contains(before, policy) {
			out = append(out, policy)
		}
	}
	return distinct(out)
}

// intendPolicies has the pool remember which policies are attached next. Without it a bootstrap
// that is killed before it has come to the pool would leave policies behind that look like those of
// others, and that nobody takes off. A pool that remembers no bootstrap needs none (attached).
func (r *role) intendPolicies(ctx context.Context) error {
	pool, missing := r.w.pool, r.missingPolicies()
	if r.kind != KindFlowRole || len(missing) == 0 || pool == nil || pool.found == nil ||
		pool.template.marker.Version == 0 {
		return nil
	}
	template, err := parsePoolTemplate(pool.found.BaseJobTemplate)
	if err != nil {
		return err
	}
	template.marker.Attached = distinct(append(template.marker.Attached, missing...))
	raw, err := template.encode()
	if err != nil {
		return err
	}
	return r.w.aws.Prefect.UpdateWorkPool(ctx, r.w.spec.Pool, prefect.WorkPoolUpdate{BaseJobTemplate: raw})
}

// flowPolicies are those that bootstrap may attach to the flow runs' task role and take off.
func (w *world) flowPolicies() []string {
	return distinct(append(w.attachedBefore(), w.spec.FlowRuns.PolicyARNs...))
}
