package provision

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"ecsctl/internal/denial"
	"ecsctl/internal/hint"
	"ecsctl/provision/spec"
	"ecsctl/templates"
)

// The policies that NewPolicy makes, by the command or the role that they are for.
const (
	PolicyBootstrap = "bootstrap"
	PolicyTeardown  = "teardown"
	PolicyWorker    = "worker"
	PolicyExecution = "execution"

	PolicyFlowExecution = "flow-execution"

	PolicyDoctor = "doctor"
	PolicyStatus = "status"
	PolicyLogs   = "logs"
	PolicyVerify = "verify"
	PolicyDeploy = "deploy"
)

// MaxManagedPolicy is how many characters a managed policy has at most, white space not
// counted (IAM User Guide, "IAM and AWS STS quotas"). The inline policies of a role may
// have 10,240 together, those of a user 2,048.
const MaxManagedPolicy = 6144

// Policy is the least that something needs in AWS for a Spec.
type Policy struct {
	Name       string // one of the constants above
	Statements []templates.Statement
}

// Document is the whole policy in IAM's JSON, without white space.
func (p Policy) Document() string { return templates.Document(p.Statements) }

// Parts are the policy as one document, or as several of which each fits into a
// managed policy. A principal that has them all has the policy.
func (p Policy) Parts() []Policy {
	var parts []Policy
	part := Policy{Name: p.Name}
	for _, s := range p.Statements {
		longer := Policy{Name: p.Name, Statements: append(slices.Clone(part.Statements), s)}
		if len(part.Statements) > 0 && len(longer.Document()) > MaxManagedPolicy {
			parts, longer = append(parts, part), Policy{Name: p.Name, Statements: []templates.Statement{s}}
		}
		part = longer
	}
	return append(parts, part)
}

// NewPolicy makes the policy of the name for a Spec with its defaults, which id says
// where to carry out. Of the server it uses which credentials there are. It makes no calls.
func NewPolicy(name string, spec spec.Spec, id Identity, server Server) (Policy, error) {
	w := &world{spec: spec, id: id, server: server, known: map[Kind]string{}}
	return w.policy(name)
}

func (w *world) policy(name string) (Policy, error) {
	documents := map[string]string{
		PolicyBootstrap: templates.BootstrapPolicy, PolicyTeardown: templates.TeardownPolicy,
		PolicyDoctor: templates.DoctorPolicy,
		PolicyWorker: templates.WorkerPolicy, PolicyExecution: templates.SecretPolicy,
		PolicyFlowExecution: templates.FlowExecutionPolicy,
		PolicyStatus:        templates.StatusPolicy, PolicyLogs: templates.LogsPolicy,
		PolicyVerify: templates.VerifyPolicy,
		PolicyDeploy: templates.DeployPolicy,
	}
	document, ok := documents[name]
	if !ok {
		return Policy{}, fmt.Errorf("there is no policy %q", name)
	}
	return Policy{Name: name, Statements: templates.Statements(document, w.policyValues())}, nil
}

// NameStatements adds to what AWS refused in a command which statements of the policy of the
// name allow it; other errors stay as they are. The rest is as for NewPolicy.
func NameStatements(name string, spec spec.Spec, id Identity, server Server, err error) error {
	w := &world{spec: spec, id: id, server: server, known: map[Kind]string{}}
	return w.nameStatements(name, err)
}

// nameStatements adds to what AWS refused in a command which statements of the command's
// policy allow it.
func (w *world) nameStatements(name string, err error) error {
	if err == nil {
		return nil
	}
	if joined, ok := err.(interface{ Unwrap() []error }); ok { //nolint:errorlint // each is told by itself
		var parts []error
		for _, part := range joined.Unwrap() {
			parts = append(parts, w.nameStatements(name, part))
		}
		return errors.Join(parts...)
	}
	policy, unknown := w.policy(name)
	if unknown != nil {
		return err
	}
	var hints []string
	for _, d := range denialsIn(err) {
		if d.Limit != "" {
			continue // which explain has said: no statement fixes it
		}
		hints = append(hints, policy.statementHint(d, w.spec.Pool))
	}
	return hint.Add(err, hints...)
}

func (p Policy) statementHint(d denial.Denial, pool string) string {
	command := fmt.Sprintf("`ecsctl policy %s --pool %s`", p.Name, pool)
	var sids []string
	for _, s := range p.Statements {
		if allows(s, d) {
			sids = append(sids, s.Sid)
		}
	}
	on := ""
	if d.Resource != "" {
		on = " on " + d.Resource
	}
	if len(sids) == 0 {
		return fmt.Sprintf("%s has no statement that allows %s%s: compare the names and the cluster that were given",
			command, d.Action, on)
	}
	return fmt.Sprintf("%s%s is allowed by the statement %s of %s", d.Action, on, strings.Join(sids, " or "), command)
}
