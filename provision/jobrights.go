package provision

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"ecsctl/internal/awserr"
	"ecsctl/templates"
)

// rights are those that a task's start needs of roles beside the worker's: the secrets of its containers, and the
// role by which ECS makes its volumes.
func (j *Jobs) rights(ctx context.Context, s Startable) ([]string, error) {
	out, err := j.secrets(ctx, s)
	if err != nil {
		return nil, err
	}
	for _, role := range s.Uses.InfrastructureRoles {
		why, err := j.once("infrastructure "+role, func() ([]string, error) {
			why, err := j.w.cannotAssume(ctx, role, ecsItself)
			if err != nil || why == "" {
				return nil, err
			}
			return []string{fmt.Sprintf("roleArn %s of volume_configurations: %s", j.w.id.roleARN(role), why)}, nil
		})
		if err != nil {
			return nil, err
		}
		out = append(out, why...)
	}
	return out, nil
}

// secrets are those that the execution role may not read: one of ours has the pool's own, and IAM is asked about others.
func (j *Jobs) secrets(ctx context.Context, s Startable) ([]string, error) {
	role := s.Uses.ExecutionRole
	if role == "" || len(s.Uses.Secrets) == 0 {
		return nil, nil
	}
	arn := j.w.id.roleARN(role)
	var asked []string
	for _, secret := range s.Uses.Secrets {
		if secret := j.w.secretARN(secret); !strings.Contains(secret, pending) { // ours, which is there after apply
			asked = append(asked, secret)
		}
	}
	var denied []string
	if j.w.makesFlowExecutionRole() && arn == j.w.flowRunExecutionRole() {
		denied = j.uncovered(asked)
	} else {
		var err error
		if denied, err = j.denied(ctx, arn, asked); err != nil {
			return nil, err
		}
	}
	if len(denied) == 0 {
		return nil, nil
	}
	fix := "allow it"
	if j.w.makesFlowExecutionRole() && arn == j.w.flowRunExecutionRole() {
		fix = "make it a default of the pool and run bootstrap again"
	}
	return []string{fmt.Sprintf("execution role %s may not read %s, which containers get: %s", arn,
		strings.Join(denied, ", "), fix)}, nil
}

// uncovered are the secrets that the execution role which bootstrap makes has no right to.
func (j *Jobs) uncovered(secrets []string) []string {
	values := j.w.flowExecutionValues()
	var patterns []string
	for _, key := range []string{"FlowRunSecrets", "FlowRunParameters"} {
		list, _ := values[key].([]string)
		patterns = append(patterns, list...)
	}
	return slices.DeleteFunc(slices.Clone(secrets), func(arn string) bool {
		return slices.ContainsFunc(patterns, func(p string) bool { return covers(arn)(p) })
	})
}

// denied are the secrets that IAM says a role may not read; none where it may not be asked.
func (j *Jobs) denied(ctx context.Context, role string, secrets []string) ([]string, error) {
	var out []string
	for _, secret := range secrets {
		why, err := j.once("secret "+secret+" for "+role, func() ([]string, error) {
			policy := Policy{Name: PolicyExecution, Statements: withoutKeys(templates.Statements(templates.SecretPolicy,
				j.w.rightsToRead("", []string{secret})))}
			denied, err := policy.Simulate(ctx, j.w.aws, role)
			switch {
			case awserr.Denied(err), isMissingRole(err):
				return nil, nil
			case err != nil:
				return nil, explain("ask IAM what "+role+" may do", err)
			case slices.ContainsFunc(denied, func(actions []string) bool { return len(actions) > 0 }):
				return []string{secret}, nil
			}
			return nil, nil
		})
		if err != nil {
			return nil, err
		}
		out = append(out, why...)
	}
	return out, nil
}

// isMissingRole is of roles that do not exist, which is told elsewhere.
func isMissingRole(err error) bool { return awserr.HasCode(err, "NoSuchEntity") }

// judgeTaskRoles warns where the pool's job lets ECS Exec in or mounts file systems by IAM, and a task role that
// bootstrap does not make lacks the rights.
func (p *workPool) judgeTaskRoles(ctx context.Context) error {
	if p.job == nil || p.job.failed != nil || !p.job.Uses.Exec && len(p.job.Uses.FileSystems) == 0 {
		return nil
	}
	w := p.w
	policy := Policy{Name: PolicyWorker, Statements: templates.Statements(templates.FlowPolicy, w.flowRoleValues())}
	for _, role := range p.job.Uses.TaskRoles {
		arn := w.id.roleARN(role)
		if w.makesFlowRole() && arn == w.flowRunTaskRole() {
			continue
		}
		denied, err := policy.Simulate(ctx, w.aws, arn)
		if awserr.Denied(err) || isMissingRole(err) {
			continue
		}
		if err != nil {
			return explain("ask IAM what "+arn+" may do", err)
		}
		if all := slices.Concat(denied...); len(all) > 0 {
			p.keeps.warnings = append(p.keeps.warnings, fmt.Sprintf("task role %s of flow runs does not allow %s, says "+
				"IAM: flow runs start, and ECS Exec or a file system of theirs does not work", arn, strings.Join(all, ", ")))
		}
	}
	return nil
}
