package status

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"ecsctl/provision"
)

// readPlan compares what is there with what a bootstrap would make.
func (r *statusReader) readPlan(ctx context.Context) {
	plan, err := r.plan(ctx)
	if err != nil {
		if r.isPrefectError(err) {
			return // the side that reads Prefect tells it
		}
		p := problemOf(AboutDrift, fmt.Errorf("cannot tell what a bootstrap would change: %w", err))
		p.Severity = Warn
		r.add(p)
		return
	}
	if plan.NoCapacity != nil {
		r.add(problemOf(AboutCluster, plan.NoCapacity))
	}
	for _, why := range plan.Unplaced() {
		r.add(Problem{Severity: Warn, About: AboutCluster, Fix: []string{provision.FixPoolJob},
			Cause: "flow runs cannot start unless their deployments say otherwise: " + why})
	}
	var drift, access []provision.Change
	for _, c := range plan.Changes {
		switch c.Kind {
		case provision.KindExecutionRole, provision.KindWorkerRole, provision.KindFlowRole,
			provision.KindFlowExecutionRole, provision.KindInfrastructureRole, provision.KindInstanceRole,
			provision.KindInstanceProfile, provision.KindAPIKeySecret, provision.KindAuthStringSecret:
			access = append(access, c)
		}
		if c.Action == provision.Create || c.Action == provision.Update {
			drift = append(drift, c)
		}
	}
	clusterGone := false
	for _, c := range drift {
		clusterGone = clusterGone || c.Kind == provision.KindCluster && c.Action == provision.Create
	}
	for _, c := range drift {
		if p, ok := r.driftProblem(c, clusterGone); ok {
			r.add(p)
		}
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	cost := plan.Cost()
	r.out.Drift, r.out.Access, r.out.Cost, r.out.Planned = drift, access, &cost, true
}

// plan is that of a bootstrap. Without a binary for the worker's image, as on a Mac, the
// image that runs is taken as it is.
func (r *statusReader) plan(ctx context.Context) (*provision.Bootstrap, error) {
	spec, binary, err := r.opts.UseBinary(r.said)
	if err != nil && r.image != "" {
		spec, err = r.said, nil
		spec.Worker.Image = r.image
	}
	if err != nil {
		return nil, err
	}
	opts := r.opts.Options
	opts.Spec, opts.Binary, opts.Recalled = spec.WithDefaults(), binary, true
	return provision.NewBootstrap(ctx, opts)
}

// drifts reports whether a bootstrap would make something of that kind.
func (r *statusReader) drifts(kind provision.Kind) bool {
	return slices.ContainsFunc(r.out.Drift, func(c provision.Change) bool {
		return c.Kind == kind && c.Action == provision.Create
	})
}

// missing is what it means that something is not there; kinds that are not in it are
// drift and no more.
var missing = map[provision.Kind]struct {
	about About
	what  string // with the name, a sentence
}{
	provision.KindCluster: {AboutCluster,
		"cluster %q does not exist, nor do the service and the tasks in it"},
	provision.KindExecutionRole: {AboutRole, "execution role %q does not exist: ECS can start no task"},
	provision.KindWorkerRole: {AboutRole,
		"the worker's task role %q does not exist: ECS can start no worker, and a worker can launch no flow run"},
	provision.KindFlowExecutionRole: {AboutRole,
		"the flow runs' execution role %q does not exist: ECS can start no flow run"},
	provision.KindInfrastructureRole: {AboutRole,
		"the role %q by which ECS manages instances does not exist: no flow run starts"},
	provision.KindInstanceRole: {AboutRole,
		"the managed instances' role %q does not exist: no instance joins the cluster, and no flow run starts"},
	provision.KindInstanceProfile: {AboutRole,
		"the managed instances' profile %q does not exist: no instance starts, and no flow run"},
	provision.KindCapacityProvider: {AboutCluster,
		"capacity provider %q of Managed Instances is not there or cannot be used: ECS refuses each flow run"},
	provision.KindFlowRole: {AboutRole,
		"the flow runs' task role %q does not exist: ECS can start no flow run"},
	provision.KindAPIKeySecret: {AboutSecret, "secret %q with the API key does not exist: ECS can start no task"},
	provision.KindAuthStringSecret: {AboutSecret,
		"secret %q with the auth string does not exist: ECS can start no task"},
	provision.KindSecurityGroup:  {AboutNetwork, "security group %q does not exist: ECS can start no task"},
	provision.KindLogGroup:       {AboutService, "log group %q does not exist: ECS can start no task"},
	provision.KindTaskDefinition: {AboutService, "the worker's task definition %q does not exist"},
	provision.KindService:        {AboutService, "service %q does not exist: nothing runs a worker"},
}

func (r *statusReader) driftProblem(c provision.Change, clusterGone bool) (Problem, bool) {
	switch {
	case clusterGone && c.Kind == provision.KindService:
		return Problem{}, false // it is gone with its cluster
	case c.OnlyStartsAnew() && c.Fields[0].Path == provision.RolloutState:
		return Problem{}, false // the side that reads the service tells why
	case c.Kind == provision.KindWorkPool && c.Action == provision.Create:
		return Problem{}, false // the side that reads Prefect tells it
	}
	fix := []string{r.line}
	if lost, ok := missing[c.Kind]; ok && c.Action == provision.Create {
		return Problem{Severity: Fail, About: lost.about, Cause: fmt.Sprintf(lost.what, c.Name), Fix: fix}, true
	}
	p := Problem{Severity: Warn, About: AboutDrift, Fix: fix,
		Cause: fmt.Sprintf("%s %q differs from what bootstrap creates", c.Kind, c.Name)}
	if c.Action == provision.Create {
		p.Cause = fmt.Sprintf("%s %q does not exist, and bootstrap makes it", c.Kind, c.Name)
	}
	for _, f := range c.Fields {
		p.Details = append(p.Details, describeField(f))
	}
	if cause := breaks(c); cause != "" {
		p.Severity, p.About, p.Cause = Fail, missing[c.Kind].about, fmt.Sprintf("%s %q %s", c.Kind, c.Name, cause)
	}
	return p, true
}

// serviceDrifts reports whether a bootstrap would change what the service runs.
func (r *statusReader) serviceDrifts() bool {
	return slices.ContainsFunc(r.out.Drift, func(c provision.Change) bool {
		return c.Kind == provision.KindService &&
			!c.OnlyStartsAnew()
	})
}

// breaks tells of a difference by which something stops working.
func breaks(c provision.Change) string {
	for _, f := range c.Fields {
		switch {
		case f.Path == "deletedDate":
			return "is scheduled for deletion: ECS can start no task"
		case strings.HasPrefix(f.Path, "trustPolicy"):
			return "has another trust policy: ECS may not assume it"
		case f.Path == "managedPolicies":
			return "lacks a policy that it needs: " + f.After
		case f.Before == "" && strings.HasPrefix(f.Path, "policy."):
			return "lacks rights that it needs"
		case f.Path == "egress":
			return "lets no traffic out"
		}
	}
	return ""
}

func describeField(f provision.Field) string {
	switch {
	case f.Before == "":
		return fmt.Sprintf("%s: to be %s", f.Path, f.After)
	case f.After == "":
		return fmt.Sprintf("%s: %s, to be removed", f.Path, f.Before)
	}
	return fmt.Sprintf("%s: %s, to be %s", f.Path, f.Before, f.After)
}
