package provision

import (
	"cmp"
	"context"
	"errors"
	"slices"

	"ecsctl/internal/awserr"
	"ecsctl/prefect"
)

// rolePolicies are of the roles that are there. A command's policy is for its own flags: bootstrap recalls nothing.
var rolePolicies = []string{PolicyWorker, PolicyExecution, PolicyFlowExecution}

// PolicyOfPool is NewPolicy for a pool that may be there: with what the pool's own defaults take,
// and in the policy of a role what an earlier bootstrap chose. The Spec has no defaults yet. note
// is why something of that is left out, "" where all is in it. What AWS does not let the caller
// look at is taken as it stands in the pool.
func PolicyOfPool(ctx context.Context, name string, opts Options) (policy Policy, note string, err error) {
	plain := opts
	plain.Spec = plain.Spec.WithDefaults()
	w, err := newWorld(ctx, plain)
	if err != nil {
		return Policy{}, "", err
	}
	found, err := w.aws.Prefect.ReadWorkPool(ctx, opts.Spec.Pool)
	if errors.Is(err, prefect.ErrNotFound) {
		policy, err = w.policy(name)
		return policy, "", err
	}
	if err != nil {
		return Policy{}, "", err
	}
	if err := CheckPlace(found, w.id); err != nil {
		return Policy{}, "", err
	}
	template, err := parsePoolTemplate(found.BaseJobTemplate)
	if err != nil {
		return Policy{}, "", err
	}
	if slices.Contains(rolePolicies, name) {
		w.resume(template.marker, opts)
	}
	w.pool = &workPool{w: w, create: true, found: found, template: template}
	if note, err = w.readPoolJob(ctx); err != nil {
		return Policy{}, "", err
	}
	policy, err = w.policy(name)
	return policy, note, err
}

// resume puts what an earlier bootstrap chose into the Spec, where nothing is said now.
func (w *world) resume(m poolMarker, opts Options) {
	w.remembered = m
	s := opts.Spec
	w.recallChoices(&s)
	if m.Names != nil {
		s.Names = s.Names.Or(*m.Names)
	}
	s.Cluster = cmp.Or(s.Cluster, m.Cluster)
	w.spec = s.WithDefaults()
	w.network = &networkFinder{api: w.aws.EC2, want: w.spec.Network, private: w.spec.FlowRuns.ManagesInstances()}
}

// readPoolJob resolves the job of the pool as bootstrap would leave it. A network that cannot be read is none here:
// no policy names one.
func (w *world) readPoolJob(ctx context.Context) (note string, err error) {
	if _, err := w.network.get(ctx); err != nil {
		w.log.DebugContext(ctx, "the network is not known", "error", err)
	}
	if err := w.pool.judge(ctx); err != nil {
		if awserr.Denied(err) {
			return "the pool's own defaults were not looked at: " + err.Error(), nil
		}
		return "", err
	}
	if job := w.pool.job; job != nil && job.failed != nil {
		return "the policy has nothing of the pool's own job, which cannot work: " + job.failed.Error(), nil
	}
	return "", nil
}
