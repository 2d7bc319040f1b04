package provision

import (
	"context"
	"errors"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"ecsctl/internal/hint"
	"ecsctl/jobtemplate"
)

// checkJob refuses a template that runs tasks in another cluster than the worker's, which no
// deployment and no default can change: the worker's role, its queue and teardown know one.
func (p *workPool) checkJob() error {
	if p.job == nil || p.job.failed != nil {
		return nil
	}
	if cluster := shortName(p.job.Uses.Cluster); cluster != "" && cluster != shortName(p.w.spec.Cluster) {
		return hint.Add(fmt.Errorf("work pool %q runs tasks in cluster %q: its template has that name in "+
			"job_configuration in place of a variable, and the worker would be in %q",
			p.w.spec.Pool, cluster, shortName(p.w.spec.Cluster)),
			"set the worker up there with --cluster "+cluster,
			`or write "{{ cluster }}" in the pool's base job template`)
	}
	return nil
}

// judgeJob finds out why flow runs whose deployments say nothing would not start, and what the
// worker's role has no say in. A plan that looks at an earlier bootstrap does not ask.
func (p *workPool) judgeJob(ctx context.Context, cluster *types.Cluster) error {
	if p.job == nil || p.w.recalled {
		return nil
	}
	reasons, err := p.jobProblems(ctx, cluster)
	if err == nil {
		err = p.judgeTaskRoles(ctx)
	}
	p.keeps.warnings = append(p.keeps.warnings, unlessOtherwise(p.w.spec.Pool, reasons)...)
	if p.job.hasKeys() {
		p.keeps.warnings = append(p.keeps.warnings, fmt.Sprintf("flow runs of work pool %q are launched with the "+
			"credentials of the AwsCredentials block in aws_credentials, not with the worker's role: they must allow "+
			"what `ecsctl policy worker --pool %s` prints",
			p.w.spec.Pool, p.w.spec.Pool))
	}
	return err
}

func (p *workPool) jobProblems(ctx context.Context, cluster *types.Cluster) ([]string, error) {
	var problems *jobtemplate.Problems
	switch {
	case p.job.failed == nil:
		return (&Jobs{w: p.w, cluster: cluster}).WhyNot(ctx, p.job.Startable)
	case errors.As(p.job.failed, &problems):
		var out []string
		for _, problem := range problems.List {
			out = append(out, problem.String())
		}
		return out, nil
	default:
		return []string{p.job.failed.Error()}, nil
	}
}

// clusterOf is the cluster as the plan leaves it.
func clusterOf(resources []resource) *types.Cluster {
	for _, r := range resources {
		if c, ok := r.(*cluster); ok {
			return c.planned()
		}
	}
	return nil
}
