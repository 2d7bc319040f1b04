package provision

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"ecsctl/internal/awserr"
	"ecsctl/internal/denial"
	"ecsctl/templates"
)

// shortfall is what an adopted role lacks, as IAM sees it: its policies and its boundary.
type shortfall struct {
	actions, sids []string
	// unasked is why IAM was not asked.
	unasked error
	// limits say what to do about the kinds of policies that no statement of ours overrules.
	limits []string
	// key is that the API key's secret cannot be decrypted, as far as the role's own policies say.
	key string
}

// judge asks IAM whether a role that is adopted allows what it must. Nobody asks for a plan
// that looks at an earlier bootstrap: what is missing then shows in the tasks.
func (r *role) judge(ctx context.Context) error {
	if r.found == nil || r.owned() || r.w.recalled || r.mustAllow == "" {
		return nil
	}
	return r.ask(ctx)
}

func (r *role) ask(ctx context.Context) error {
	policy := r.required()
	denied, err := policy.Simulate(ctx, r.w.aws, r.found.arn)
	if awserr.Denied(err) {
		r.lacks = &shortfall{unasked: explain("ask IAM what "+r.found.arn+" may do", err)}
		return nil
	}
	if err != nil {
		return explain("ask IAM what "+r.found.arn+" may do", err)
	}
	r.lacks = &shortfall{}
	for i, s := range policy.Statements {
		if len(denied[i]) > 0 {
			r.lacks.sids = append(r.lacks.sids, s.Sid)
		}
		for _, refused := range denied[i] {
			r.lacks.actions = append(r.lacks.actions, refused.Action)
			if advice := r.limitAdvice(refused); refused.Limit != "" && !slices.Contains(r.lacks.limits, advice) {
				r.lacks.limits = append(r.lacks.limits, advice)
			}
		}
	}
	slices.Sort(r.lacks.actions)
	r.lacks.actions = slices.Compact(r.lacks.actions)
	return r.askAboutKey(ctx)
}

// required is what the role must allow: its inline policy, and what of AWS's managed one tasks need.
func (r *role) required() Policy {
	if r.kind == KindWorkerRole {
		return Policy{Name: PolicyWorker, Statements: templates.Statements(templates.WorkerPolicy,
			r.w.workerPolicyValues())}
	}
	p := Policy{Name: PolicyExecution, Statements: []templates.Statement{{
		Sid: "AmazonECSTaskExecutionRolePolicy", Effect: "Allow", Resource: templates.List{"*"},
		Action: templates.List{"ecr:GetAuthorizationToken", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer",
			"logs:CreateLogStream", "logs:PutLogEvents"},
	}}}
	if secrets := r.w.secretPatterns(); len(secrets) > 0 {
		p.Statements = append(p.Statements,
			withoutKeys(templates.Statements(templates.SecretPolicy, r.w.rightsToRead("", secrets)))...)
	}
	return p
}

// warnings tell of what is missing, before a task or a flow run does.
func (r *role) warnings() []string {
	switch {
	case r.lacks == nil:
		return nil
	case r.lacks.unasked != nil:
		return []string{fmt.Sprintf("whether %s %s allows what it must was not looked at: %v", r.kind, r.name(),
			r.lacks.unasked)}
	}
	var out []string
	if len(r.lacks.actions) > 0 {
		out = append(out, r.lacksText())
	}
	if r.lacks.key != "" {
		out = append(out, r.lacks.key+"; "+keyFix)
	}
	return out
}

func (r *role) lacksText() string {
	where := fmt.Sprintf("`ecsctl policy %s --pool %s`", r.required().Name, r.w.spec.Pool)
	if r.kind == KindExecutionRole {
		where += " and AWS's AmazonECSTaskExecutionRolePolicy"
	}
	if len(r.lacks.limits) > 0 {
		return fmt.Sprintf("%s %s may not do %s, says IAM: %s", r.kind, r.name(), strings.Join(r.lacks.actions, ", "),
			strings.Join(r.lacks.limits, "; "))
	}
	return fmt.Sprintf("%s %s does not allow %s, says IAM: give it %s of %s", r.kind, r.name(),
		strings.Join(r.lacks.actions, ", "), strings.Join(r.lacks.sids, ", "), where)
}

// limitAdvice is about the kind of policy and not about each action that it forbids.
func (r *role) limitAdvice(refused Refused) string {
	switch refused.Limit {
	case denial.Boundary:
		return "its permissions boundary " + r.found.boundary +
			" does not let it, whatever its policies allow: name another " +
			"one with --boundary, or ask whoever manages it"
	case denial.ServiceControl:
		return "a service control policy of your organization forbids it, whatever its policies allow: ask the " +
			"administrators of AWS Organizations"
	}
	return "a policy of the role denies it explicitly: take the Deny out of it"
}

// AdoptedRole is a role of the worker that bootstrap uses and did not make.
type AdoptedRole struct {
	Kind Kind
	Name string
	// Owned is for one that bootstrap made: its policies are ours, and others may limit them.
	Owned bool
	// Wrong is why it cannot do its work, "" when IAM says that it can.
	Wrong string
	// Unasked is why that could not be looked at.
	Unasked error
	// Doubt is why it may not decrypt the API key's secret, which the key's own policy may allow.
	Doubt, DoubtFix string
}

// AdoptedRoles asks IAM about the roles of the worker that bootstrap did not make, and whether something limits those
// that it made: what else differs of these, the plan tells.
func (j *Jobs) AdoptedRoles(ctx context.Context) ([]AdoptedRole, error) {
	var out []AdoptedRole
	for _, r := range []*role{newExecutionRole(j.w), newWorkerRole(j.w)} {
		if err := r.find(ctx); err != nil {
			return nil, err
		}
		if r.found == nil && r.check() == nil {
			continue
		}
		got := AdoptedRole{Kind: r.kind, Name: r.name(), Owned: r.owned()}
		if err := r.check(); err != nil {
			got.Wrong = err.Error()
		} else if err := r.ask(ctx); err != nil {
			return nil, err
		} else if got.Unasked = r.lacks.unasked; len(r.lacks.actions) > 0 && (!got.Owned || len(r.lacks.limits) > 0) {
			got.Wrong = r.lacksText()
		} else if r.lacks.key != "" {
			got.Doubt, got.DoubtFix = r.lacks.key, keyFix
		}
		out = append(out, got)
	}
	return out, nil
}
