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

// secrets are those that the execution role may not read: one of ours has the pool's own, and IAM
// is asked about others.
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

// denied are the secrets that IAM says a role may not read.
func (j *Jobs) denied(ctx context.Context, role string, secrets []string) ([]string, error) {
	var out []string
	for _, secret := range secrets {
		why, err := j.once("secret "+secret+" for "+role, func() ([]string, error) {
			refused, err := j.refuses(ctx, role, withoutKeys(templates.Statements(templates.SecretPolicy,
				j.w.rightsToRead("", []string{secret})))...)
			if refused {
				return []string{secret}, err
			}
			return nil, err
		})
		if err != nil {
			return nil, err
		}
		out = append(out, why...)
	}
	return out, nil
}

// refuses reports whether IAM says that a role may not do all of some statements. It does not where IAM may not be
// asked, and of a role that does not exist, which is told elsewhere.
func (j *Jobs) refuses(ctx context.Context, role string, statements ...templates.Statement) (bool, error) {
	denied, err := Policy{Name: PolicyExecution, Statements: statements}.Simulate(ctx, j.w.aws, role)
	if awserr.Denied(err) || isMissingRole(err) {
		return false, nil
	}
	return slices.ContainsFunc(denied, func(refused []Refused) bool { return len(refused) > 0 }),
		explain("ask IAM what "+role+" may do", err)
}

// logGroup is why a task cannot write to a group: it is not there and the execution role may not make it, or the role
// may not write to it.
func (j *Jobs) logGroup(ctx context.Context, group, role string) ([]string, error) {
	if group == j.w.spec.Names.LogGroup && role == j.w.flowRunExecutionRole() {
		return nil, nil
	}
	found, err := j.w.groupNamed(ctx, group)
	if err != nil && !awserr.Denied(err) {
		return nil, explain("read the log group "+group, err)
	}
	arn := j.w.id.arn("logs", "log-group:"+group)
	ours := j.w.makesFlowExecutionRole() && role == j.w.flowRunExecutionRole()
	missing := found == nil && err == nil && group != j.w.spec.Names.LogGroup
	switch {
	case missing && !ours:
		refused, err := j.refuses(ctx, j.w.id.roleARN(role), logStatement(arn+":*", "logs:CreateLogGroup"))
		if err != nil || !refused {
			return nil, err
		}
		fallthrough
	case missing:
		return []string{fmt.Sprintf("log group %s does not exist, and the execution role may not make it: create it, "+
			"or take awslogs-group out of cloudwatch_logs_options", group)}, nil
	case ours && slices.Contains(j.flowLogs(), arn+":*"):
		return nil, nil
	case ours:
		return []string{fmt.Sprintf("execution role %s may not write to log group %s: take awslogs-group out of "+
			"cloudwatch_logs_options, which keeps the pool's group, make it the pool's own and run bootstrap again, "+
			"or name a role that may with --flow-run-execution-role", role, group)}, nil
	}
	refused, err := j.refuses(ctx, j.w.id.roleARN(role),
		logStatement(arn+":*", "logs:CreateLogStream", "logs:PutLogEvents"))
	if err != nil || !refused {
		return nil, err
	}
	return []string{fmt.Sprintf("execution role %s may not write to log group %s (logs:CreateLogStream, "+
		"logs:PutLogEvents): allow it", role, group)}, nil
}

func (j *Jobs) flowLogs() []string {
	logs, _ := j.w.flowExecutionValues()["FlowLogs"].([]string)
	return logs
}

func logStatement(resource string, actions ...string) templates.Statement {
	return templates.Statement{Sid: "WriteLogs", Effect: "Allow", Action: actions, Resource: templates.List{resource}}
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
		var all []string
		for _, r := range slices.Concat(denied...) {
			all = append(all, r.Action)
		}
		if len(all) > 0 {
			p.keeps.warnings = append(p.keeps.warnings,
				fmt.Sprintf("task role %s of flow runs does not allow %s, says "+
					"IAM: flow runs start, and ECS Exec or a file system of theirs does not work", arn,
					strings.Join(all, ", ")))
		}
	}
	return nil
}
