package provision

import (
	"errors"
	"fmt"
	"slices"

	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"ecsctl/internal/hint"
	"ecsctl/jobtemplate"
	"ecsctl/provision/spec"
)

// checkJob refuses a template that runs tasks in another cluster than the worker's, which no
// deployment and no default can change: the worker's role, its queue and teardown know one.
func (p *workPool) checkJob() error {
	if p.job == nil || p.job.failed != nil {
		return nil
	}
	if cluster := shortName(p.job.uses.Cluster); cluster != "" && cluster != shortName(p.w.spec.Cluster) {
		return hint.Add(fmt.Errorf("work pool %q runs tasks in cluster %q: its template has that name in job_configuration in place of a variable, and the worker would be in %q",
			p.w.spec.Pool, cluster, shortName(p.w.spec.Cluster)),
			"set the worker up there with --cluster "+cluster, `or write "{{ cluster }}" in the pool's base job template`)
	}
	return nil
}

// jobWarnings tell why flow runs whose deployments say nothing else would crash, and of what
// the worker's role has no say in.
func (p *workPool) jobWarnings(cluster *types.Cluster) []string {
	if p.job == nil {
		return nil
	}
	problems := slices.Concat(p.jobProblems(), p.capacityProblems(cluster), p.regionProblems())
	out := make([]string, 0, len(problems))
	for _, why := range problems {
		out = append(out, fmt.Sprintf("flow runs of work pool %q crash unless their deployments say otherwise: %s", p.w.spec.Pool, why))
	}
	return append(out, p.credentialsWarnings()...)
}

func (p *workPool) jobProblems() []string {
	var problems *jobtemplate.Problems
	switch {
	case p.job.failed == nil:
	case errors.As(p.job.failed, &problems):
		var out []string
		for _, problem := range problems.List {
			out = append(out, problem.String())
		}
		return out
	default:
		return []string{p.job.failed.Error()}
	}
	var out []string
	for _, role := range p.job.uses.TaskRoles {
		if !spec.IsARN(role) && p.job.named == "" {
			out = append(out, fmt.Sprintf("%s %q is no ARN, which ECS wants where a task is run", taskRoleVariable, role))
		}
	}
	return append(out, p.job.unusable...)
}

// capacityProblems are about where the cluster would place a task.
func (p *workPool) capacityProblems(cluster *types.Cluster) []string {
	var providers []string
	instances := int32(0)
	if cluster != nil {
		providers, instances = cluster.CapacityProviders, cluster.RegisteredContainerInstancesCount
	}
	uses, name := p.job.uses, shortName(p.w.spec.Cluster)
	var out []string
	for _, provider := range uses.Providers {
		if !slices.Contains(providers, provider) {
			out = append(out, fmt.Sprintf("cluster %q has no capacity provider %q: associate it with the cluster, or change the pool's capacity_provider_strategy or launch_type", name, provider))
		}
	}
	if uses.LaunchType == string(types.LaunchTypeEc2) && instances == 0 {
		out = append(out, fmt.Sprintf("the pool has launch type EC2, and cluster %q has no container instances", name))
	}
	return out
}

func (p *workPool) regionProblems() []string {
	region := p.job.credentials.Region
	if region == "" || region == p.w.id.Region {
		return nil
	}
	return []string{fmt.Sprintf("the AwsCredentials block in aws_credentials is for region %s, and the cluster is in %s", region, p.w.id.Region)}
}

// credentialsWarnings tell of a block with AWS keys: then the worker's role is not what launches.
func (p *workPool) credentialsWarnings() []string {
	c := p.job.credentials
	if c.AccessKeyID == "" && c.Profile == "" && c.AssumeRoleARN == "" {
		return nil // a region alone: the worker's own credentials
	}
	return []string{fmt.Sprintf("flow runs of work pool %q are launched with the credentials of the AwsCredentials block in aws_credentials, not with the worker's role: they must allow what `ecsctl policy worker --pool %s` prints", p.w.spec.Pool, p.w.spec.Pool)}
}

// clusterOf is the cluster that was found; nil when it is made.
func clusterOf(resources []resource) *types.Cluster {
	for _, r := range resources {
		if c, ok := r.(*cluster); ok && c.found != nil {
			return c.found
		}
	}
	return nil
}
