package provision

import (
	"context"
	"fmt"
	"slices"

	"ecsctl/internal/awserr"
	"ecsctl/internal/hint"
	"ecsctl/prefect"
	"ecsctl/provision/spec"
	"ecsctl/templates"
)

// hosted is a resource of the other pool's worker, which waits for other things here than there.
type hosted struct {
	resource
	after []Kind
}

func (h hosted) needs() []Kind { return h.after }

// resources are what changes of the host's worker for a pool. The pool itself comes first: it remembers whose worker
// serves it. The host's pool is the next to know, so that neither takes back what the other does.
func (h *host) resources(w *world) []resource {
	pool := []Kind{KindWorkPool}
	out := []resource{&servedMemory{h: h, w: w}}
	if spec.IsARN(h.w.spec.Names.WorkerRole) {
		out = append(out, newWorkerRole(w)) // is the user's to change
	} else {
		out = append(out, hosted{newServedPolicy(h, w), pool})
	}
	if h.w.Observes() {
		out = append(out, hosted{&eventRule{w: h.w}, pool})
	}
	return append(out, hosted{h.definition, pool})
}

// servedMemory is what the host's pool remembers of the pools that its worker serves.
type servedMemory struct {
	h *host
	w *world // of the pool that is served
	// leaves: the pool is no longer to be served.
	leaves bool
	// written: the step of the service does it too, which needs what the pool remembers then.
	written bool
}

func (m *servedMemory) ref() (Kind, string)            { return KindWorkPool, m.h.w.spec.Pool }
func (m *servedMemory) needs() []Kind                  { return []Kind{KindWorkPool} }
func (m *servedMemory) find(ctx context.Context) error { return m.h.pool.find(ctx) }
func (m *servedMemory) check() error                   { return nil }
func (m *servedMemory) forget()                        {}

func (m *servedMemory) diff() Change {
	p := m.h.pool
	c := Change{Kind: KindWorkPool, Name: m.h.w.spec.Pool}
	if p.found == nil {
		c.Action = None
		return c
	}
	c.ID = p.found.ID
	c.Fields = compare(markerKey+".serves", p.template.marker.Serves, m.h.w.serves)
	c.Action = updateIf(c.Fields)
	return c
}

// apply looks again first: another pool may have come to the worker since.
func (m *servedMemory) apply(ctx context.Context) (string, error) {
	p, of := m.h.pool, m.h.w.spec.Pool
	if m.written {
		return p.found.ID, nil
	}
	if err := p.find(ctx); err != nil || p.found == nil {
		return "", err
	}
	others, err := m.h.w.stillServed(ctx, withoutServed(p.template.marker.Serves, m.w.spec.Pool))
	if err != nil {
		return "", err
	}
	if !m.leaves {
		m.h.w.serves = others
		m.h.serve(m.w)
		others = m.h.w.serves
	}
	p.template.marker.Serves = others
	raw, err := p.template.encode()
	if err != nil {
		return "", err
	}
	err = m.h.w.aws.Prefect.UpdateWorkPool(ctx, of, prefect.WorkPoolUpdate{BaseJobTemplate: raw})
	m.written = err == nil
	return p.found.ID, err
}

// servedPolicy is what the host's worker may do for the pool: an inline policy of its own, so that it comes and goes
// with the pool, and no bootstrap of the host's pool has to know it.
type servedPolicy struct {
	*role
	pool string
}

// servedSids are the statements of the worker's policy that are about a pool and not about the worker.
var servedSids = []string{
	"RegisterFlowRunTaskDefinitions", "RegisterWhereAWSNamesNone", "RunFlowRunTasks", "TagWhatIsCreated",
	"PassFlowRunRoles", "PassInfrastructureRoles", "ReadFlowRunLogs",
}

func newServedPolicy(h *host, w *world) servedPolicy {
	r := newWorkerRole(h.w)
	r.policyName = workerPolicyName + "-" + spec.PoolSlug(w.spec.Pool, w.spec.Region)
	r.policy = func() string {
		all := templates.Statements(templates.WorkerPolicy, w.workerPolicyValues())
		return templates.Document(slices.DeleteFunc(all, func(s templates.Statement) bool {
			return !slices.Contains(servedSids, s.Sid)
		}))
	}
	return servedPolicy{r, w.spec.Pool}
}

// check refuses a role that has gone, which a bootstrap of its pool makes.
func (p servedPolicy) check() error {
	if p.owned() {
		return nil
	}
	return hint.Add(p.w.lacksRole(p.name()), "run `ecsctl bootstrap --pool "+p.w.spec.Pool+"` first")
}

func (p servedPolicy) diff() Change {
	c := Change{Kind: p.kind, Name: p.name(), ID: p.w.value(p.kind), Action: None}
	if !p.owned() {
		return c
	}
	path := "policy." + p.policyName
	if wanted := p.policy(); wanted != "" {
		c.Fields = comparePolicies(path, p.found.policy, wanted)
	} else if p.found.policy != "" {
		c.Fields = []Field{{Path: path, Before: fmt.Sprintf("what flow runs of pool %q need", p.pool)}}
	}
	c.Action = updateIf(c.Fields)
	return c
}

// apply adds the policy. IAM counts the characters of all inline policies of a role together.
func (p servedPolicy) apply(ctx context.Context) (string, error) {
	err := p.convergePolicy(ctx)
	if awserr.HasCode(err, "LimitExceeded") {
		err = hint.Add(err, "the worker's role holds no more pools: give this one a worker of its own, without "+
			"--worker-of")
	}
	return p.found.arn, err
}

// lacksRole is that a role of the host's worker is not there as its bootstrap made it.
func (w *world) lacksRole(name string) error {
	return fmt.Errorf("worker role %q of pool %q is not there, or not made by ecsctl for that pool", name, w.spec.Pool)
}
