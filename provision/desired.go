package provision

import (
	"context"
	"fmt"
	"slices"

	"ecsctl/image"
	"ecsctl/internal/hint"
	"ecsctl/prefect"
)

// Desired is all that a bootstrap makes in AWS, as the calls that make it from nothing.
type Desired struct {
	Identity Identity
	Server   Server
	Region   string
	// Used are things of others that stay theirs.
	Used  []Change
	Steps []DesiredStep
	// Image is the digest of the worker's image, which goes into a repository of these; "" when there is none to push.
	Image    string
	Warnings []string
}

// DesiredStep makes one resource.
type DesiredStep struct {
	Kind  Kind
	Name  string
	Needs []Kind
	Calls []Call
}

// DesiredState plans a bootstrap, takes away from the plan what an earlier one made, and lets the resources apply
// themselves to a recorder: what it returns is what a bootstrap of an empty account does. It reads, and writes nothing.
func DesiredState(ctx context.Context, opts Options) (*Desired, error) {
	b, err := NewBootstrap(ctx, opts)
	if err != nil {
		return nil, err
	}
	if b.w.host != nil {
		of := b.w.host.w.spec.Pool
		return nil, hint.Add(fmt.Errorf("pool %q is served by the worker of pool %q, and an export is of a pool "+
			"with a worker of its own", b.w.spec.Pool, of), fmt.Sprintf("export pool %q, and add this one to its "+
			"worker with `ecsctl bootstrap --pool %s --worker-of %s`", of, b.w.spec.Pool, of))
	}
	out := &Desired{Identity: b.Identity, Server: b.Server, Region: b.w.id.Region, Warnings: b.Warnings}
	if len(b.w.serves) > 0 {
		out.Warnings = append(out.Warnings, fmt.Sprintf("the worker serves %s, too, which the export leaves out",
			servedNames(b.w.serves)))
		b.w.serves = nil
	}
	for _, c := range b.Changes {
		if c.Action == Adopt && c.Kind != KindWorkPool {
			out.Used = append(out.Used, c)
		}
	}
	for _, r := range b.resources {
		r.forget()
	}
	record := &recorder{}
	b.w.aws = record.clients(out.Region)
	for _, r := range b.resources {
		if err := out.add(ctx, record, r); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// add lets a resource apply itself, after those before it.
func (d *Desired) add(ctx context.Context, record *recorder, r resource) error {
	kind, name := r.ref()
	switch r := r.(type) {
	case *workPool:
		return nil // is not in AWS
	case *workerImage:
		return d.addImage(ctx, r)
	}
	change := r.diff()
	if !change.writes() {
		_, err := record.of(kind, func() error { return reuse(ctx, change, r) })
		return err
	}
	calls, err := record.of(kind, func() error { _, err := r.apply(ctx); return err })
	if err != nil {
		return stepError(change, err)
	}
	d.Steps = append(d.Steps, DesiredStep{Kind: kind, Name: name, Needs: r.needs(), Calls: calls})
	return nil
}

// reuse has what is adopted hand its id on.
func reuse(ctx context.Context, change Change, r resource) error {
	if change.Action != Adopt {
		return nil
	}
	_, err := r.apply(ctx)
	return err
}

// addImage makes the image for its digest, unless the registry has said it.
func (d *Desired) addImage(ctx context.Context, i *workerImage) error {
	if i.digest == "" {
		made, err := image.Build(i.w.binary)
		if err != nil {
			return err
		}
		i.digest = made.Digest.String()
	}
	i.use()
	d.Image = i.digest
	return nil
}

// Makes reports whether there is a step of the kind.
func (d *Desired) Makes(kind Kind) bool {
	return slices.ContainsFunc(d.Steps, func(s DesiredStep) bool { return s.Kind == kind })
}

func (g *securityGroup) forget() {
	if g.owned() {
		g.found = nil
	}
}

func (c *cluster) forget() {
	if c.owned() {
		c.found = nil
	}
}

// forget keeps the policy that the users of a flow role wrote, as a bootstrap does.
func (r *role) forget() {
	if !r.owned() {
		return
	}
	if r.kind == KindFlowRole && r.w.flowPolicy == "" {
		r.w.flowPolicy = r.found.policy
	}
	r.found = nil
}

func (p *instanceProfile) forget() {
	if p.owned() {
		p.found = nil
	}
}

func (m *managedProvider) forget() {
	if m.owned() {
		m.found = nil
	}
}

func (g *logGroup) forget() {
	if g.owned() {
		g.found = nil
	}
}

func (r *repository) forget() {
	if r.owned() {
		r.found = nil
	}
}

func (b *bucket) forget() {
	if b.owned() {
		b.found = nil
	}
}

// forget drops the value, too: it is in nothing that is recorded.
func (s *secret) forget() {
	s.want = prefect.Secret(Token(s.kind, TokenValue))
	if s.owned() {
		s.found = nil
	}
}

func (q *queue) forget() {
	if q.owned() {
		q.found = nil
	}
}

func (r *eventRule) forget() {
	if r.owned() {
		r.found = nil
	}
}

// forget leaves a revision of somebody else's that is as wanted.
func (t *taskDefinition) forget() {
	if t.found != nil && (t.w.owns(t.tags) || len(t.fields()) > 0) {
		t.found, t.tags = nil, nil
	}
}

// forget keeps the number of tasks, which is the account's business where the Spec says none.
func (s *service) forget() {
	if count := &s.w.spec.Worker.DesiredCount; *count == nil && s.found != nil {
		has := int(s.found.DesiredCount)
		*count = &has
	}
	s.found, s.draining = nil, nil
}

// forget keeps the template: what the pool's own job takes is in the policies.
func (p *workPool) forget() { p.found = nil }

// forget keeps the digest, which saves making the image.
func (i *workerImage) forget() {}
