package provision

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/iam/types"

	"ecsctl/internal/awserr"
	"ecsctl/jobtemplate"
	"ecsctl/provision/spec"
	"ecsctl/templates"
)

// judgeRole keeps the pool's own execution role where it can start tasks. With it goes the
// secret with the API key: a role that may not read ours keeps what its pool had.
func (p *workPool) judgeRole(ctx context.Context) error {
	theirs := p.theirText(executionRoleVariable)
	if theirs == "" || p.w.spec.FlowRuns.ExecutionRole != "" {
		return nil
	}
	if p.w.recalled {
		p.keepRole(p.theirs(apiKeySecretVariable) != nil || p.template.defaultOf(apiKeySecretVariable) == nil)
		return nil
	}
	if why, err := p.w.cannotRunTasks(ctx, theirs); why != "" || err != nil {
		p.keeps.why[executionRoleVariable] = why
		return err
	}
	reads, why, err := p.readsKey(ctx, theirs)
	switch {
	case err != nil:
		return err
	case reads:
		p.keepRole(p.theirs(apiKeySecretVariable) != nil)
	case p.onlyTheirs():
		p.keepRole(true)
		if p.theirs(apiKeySecretVariable) == nil {
			p.keeps.warnings = append(p.keeps.warnings, fmt.Sprintf("execution role %s of the pool is kept, because "+
				"containers of the pool need it, and %s: flow runs get the API key in their environment, as before. "+
				"Allow it secretsmanager:GetSecretValue on %s, and run the command again",
				theirs, why, strings.Join(p.w.secretPatterns(), ", ")))
		}
	default:
		p.keeps.why[executionRoleVariable] = why + "; --flow-run-execution-role keeps it"
	}
	return nil
}

// keepRole keeps the role, and what the pool has of a secret if it says so.
func (p *workPool) keepRole(secret bool) {
	p.keeps.keep(executionRoleVariable)
	if secret {
		p.keeps.keep(apiKeySecretVariable)
		p.keeps.keep(authStringSecretVariable)
	}
}

// onlyTheirs reports whether the pool's containers need its own role: they read secrets, or
// their registry wants credentials, of which a role of ours has no idea.
func (p *workPool) onlyTheirs() bool {
	job, err := jobtemplate.Resolve(p.jobInputs(context.Background(), p.found.BaseJobTemplate))
	if err != nil {
		return false // a later check reports what keeps runs from working
	}
	uses := job.Uses(nil)
	return uses.Registries || len(uses.Secrets) > 0 || !p.used[executionRoleVariable]
}

// readsKey reports whether the role may read the secrets that flow runs get, and why not.
func (p *workPool) readsKey(ctx context.Context, role string) (reads bool, why string, err error) {
	secrets := p.w.secretPatterns()
	if own := p.theirText(apiKeySecretVariable); own != "" {
		return true, "", nil // it has read that one all along
	}
	if len(secrets) == 0 || !p.takesSecrets() {
		return true, "", nil
	}
	policy := Policy{Name: PolicyExecution, Statements: withoutKeys(templates.Statements(templates.SecretPolicy,
		p.w.rightsToRead("", secrets)))}
	denied, err := policy.Simulate(ctx, p.w.aws, p.w.id.roleARN(role))
	switch {
	case awserr.Denied(err):
		return false, "whether it may read the API key's secret could not be asked (iam:SimulatePrincipalPolicy)", nil
	case err != nil:
		return false, "", explain("ask IAM what "+role+" may do", err)
	case slices.ContainsFunc(denied, func(refused []Refused) bool { return len(refused) > 0 }):
		return false, "it may not read the API key's secret", nil
	}
	return true, "", nil
}

// cannotRunTasks is why ECS cannot take a role for a task, "" when it can or nobody may look.
func (w *world) cannotRunTasks(ctx context.Context, nameOrARN string) (string, error) {
	return w.cannotAssume(ctx, nameOrARN, ecsTasks)
}

func (w *world) cannotAssume(ctx context.Context, nameOrARN, service string) (string, error) {
	if spec.IsARN(nameOrARN) && !strings.HasPrefix(nameOrARN, w.id.iamARN("role/")) {
		return "it is a role of another account", nil
	}
	r, found := &role{w: w, kind: KindExecutionRole, nameARN: nameOrARN}, foundRole{}
	var missing *types.NoSuchEntityException
	switch err := r.readRole(ctx, &found); {
	case awserr.Denied(err):
		return "", nil
	case errors.As(err, &missing):
		return "it does not exist", nil
	case err != nil:
		return "", explain("read role "+nameOrARN, err)
	case spec.IsARN(nameOrARN) && found.arn != nameOrARN:
		return "the ARN of that role is " + found.arn, nil
	case !letsAssume(found.trust, service):
		return "its trust policy does not let " + service + " assume it", nil
	}
	return "", nil
}
