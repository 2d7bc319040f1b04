package provision

import (
	"context"
	"fmt"
	"path"
	"slices"
	"strings"
	"sync"

	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"ecsctl/internal/awserr"
	"ecsctl/jobtemplate"
	"ecsctl/provision/spec"
)

// Startable is a job that the worker of a pool would start.
type Startable struct {
	Uses        jobtemplate.Uses
	Named       string                  // the task definition that the job names
	Credentials jobtemplate.Credentials // of a block; else the worker's role launches
}

// Jobs tells which jobs the worker of a pool can start. It asks AWS about each thing once.
type Jobs struct {
	w       *world
	cluster *types.Cluster // as it is, or as the plan leaves it; nil when there is none

	// unusable is why tasks do not start on the capacity provider of Managed Instances that the Spec means.
	unusable []string

	mu    sync.Mutex
	known map[string][]string
}

// NewJobs reads the pool and the cluster of an earlier bootstrap; the Spec is a recalled one.
func NewJobs(ctx context.Context, opts Options) (*Jobs, error) {
	opts.Recalled = true
	w, err := newWorld(ctx, opts)
	if err != nil {
		return nil, err
	}
	w.pool = &workPool{w: w, asFound: true}
	c := &cluster{w: w}
	for _, find := range []func(context.Context) error{c.find, w.pool.find, w.pool.judge} {
		if err := find(ctx); err != nil {
			return nil, w.nameStatements(opts.policy(), err)
		}
	}
	unusable, err := w.unusableInstances(ctx)
	return &Jobs{w: w, cluster: c.found, unusable: unusable}, w.nameStatements(opts.policy(), err)
}

// unusableInstances says why tasks do not start on the capacity provider of Managed Instances that the Spec means.
func (w *world) unusableInstances(ctx context.Context) ([]string, error) {
	if !w.spec.FlowRuns.ManagesInstances() {
		return nil, nil
	}
	name := w.spec.StrategyProvider()
	found, err := w.clusterProvider(ctx, name)
	switch {
	case awserr.Denied(err):
		return nil, nil
	case err != nil:
		return nil, err
	case found == nil:
		return []string{fmt.Sprintf("cluster %q has no capacity provider %q of Managed Instances: run bootstrap again",
			shortName(w.spec.Cluster), name)}, nil
	}
	if err := usableManaged(name, found); err != nil {
		return []string{err.Error()}, nil
	}
	return nil, nil
}

// Clients are those that the plan was made with.
func (b *Bootstrap) Clients() *Clients { return b.w.aws }

// PoolExisted reports whether the work pool was there before.
func (b *Bootstrap) PoolExisted() bool { return b.w.pool.found != nil }

// FixPoolJob says what to do about defaults of a pool with which no task starts.
const FixPoolJob = "change these defaults in the work pool's base job template, or have bootstrap set them"

// Jobs are those of the plan's worker.
func (b *Bootstrap) Jobs() *Jobs { return &Jobs{w: b.w, cluster: clusterOf(b.resources)} }

// Unplaced lists why flow runs whose deployments say nothing find no place in the cluster. It asks nobody.
func (b *Bootstrap) Unplaced() []string {
	j := b.Jobs()
	if j.w.pool.job == nil || j.w.pool.job.failed != nil || j.cluster == nil || b.NoCapacity != nil {
		return nil
	}
	return j.placement(j.w.pool.job.Startable)
}

// PoolJob lists why flow runs whose deployments say nothing cannot start, and what to do about it. A cluster that is
// gone is told by others.
func (j *Jobs) PoolJob(ctx context.Context) (why []string, fix string, err error) {
	pool := j.w.pool
	if pool.job == nil || j.cluster == nil {
		return nil, "", nil
	}
	why, err = pool.jobProblems(ctx, j.cluster)
	if err != nil || len(why) == 0 {
		return nil, "", err
	}
	fix = FixPoolJob
	c := &cluster{w: j.w, found: j.cluster}
	if slices.Contains(pool.job.Uses.Providers, spotProvider) && !slices.Contains(j.cluster.CapacityProviders,
		spotProvider) {
		fix = c.associateLine() + "\nor " + fix
	}
	return why, fix, nil
}

// WhyNot lists why a task of the job cannot start; what AWS does not let the caller look at is
// taken for right.
func (j *Jobs) WhyNot(ctx context.Context, s Startable) ([]string, error) {
	var out []string
	if !s.hasKeys() {
		out = append(out, j.forbidden(s)...)
	}
	out = append(out, j.placement(s)...)
	for _, role := range s.Uses.Roles() {
		why, err := j.once("role "+role, func() ([]string, error) { return j.role(ctx, role, s) })
		if err != nil {
			return nil, err
		}
		out = append(out, why...)
	}
	why, err := j.rights(ctx, s)
	if err != nil {
		return nil, err
	}
	out = append(out, why...)
	if subnets := s.Uses.Subnets; len(subnets) > 0 {
		key := fmt.Sprint("network ", s.Uses.VPC, subnets, s.Uses.SecurityGroups)
		why, err := j.once(key, func() ([]string, error) { return j.network(ctx, s.Uses) })
		if err != nil {
			return nil, err
		}
		out = append(out, why...)
	}
	for _, group := range s.Uses.LogGroups {
		why, err := j.once("log group "+group+" for "+s.Uses.ExecutionRole, func() ([]string, error) {
			return j.logGroup(ctx, group, s.Uses.ExecutionRole)
		})
		if err != nil {
			return nil, err
		}
		out = append(out, why...)
	}
	return out, nil
}

// hasKeys reports whether the job is launched with keys of its own.
func (s Startable) hasKeys() bool {
	return s.Credentials.AccessKeyID != "" || s.Credentials.Profile != "" || s.Credentials.AssumeRoleARN != ""
}

func (j *Jobs) once(key string, look func() ([]string, error)) ([]string, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	if why, ok := j.known[key]; ok {
		return why, nil
	}
	why, err := look()
	if err == nil {
		if j.known == nil {
			j.known = map[string][]string{}
		}
		j.known[key] = why
	}
	return why, err
}

// forbidden is what the worker's role does not allow, as bootstrap makes it.
func (j *Jobs) forbidden(s Startable) []string {
	w, pool := j.w, j.w.spec.Pool
	var out []string
	if cluster := shortName(s.Uses.Cluster); cluster != "" && cluster != shortName(w.spec.Cluster) {
		out = append(out, fmt.Sprintf("it runs in cluster %q, and the worker may run tasks only in %q: take the job "+
			"variable cluster out", cluster, shortName(w.spec.Cluster)))
	}
	passed := w.passedRoles()
	for _, role := range s.Uses.Roles() {
		if arn := w.id.roleARN(role); !slices.Contains(passed, arn) {
			out = append(out, fmt.Sprintf("the worker may not pass %s (iam:PassRole): make it a default of the pool "+
				"and run bootstrap again, or name it with --flow-run-task-role or --flow-run-execution-role", arn))
		}
	}
	for _, role := range s.Uses.InfrastructureRoles {
		if arn := w.id.roleARN(role); !slices.Contains(w.infrastructureRoles(), arn) {
			out = append(out, fmt.Sprintf("the worker may not pass %s (iam:PassRole), by which ECS is to make EBS "+
				"volumes: make volume_configurations a default of the pool and run bootstrap again", arn))
		}
	}
	if family := s.Uses.Family; family != "" && !slices.ContainsFunc(w.flowRunFamilies(), func(pattern string) bool {
		ok, err := path.Match(pattern, family)
		return ok && err == nil
	}) {
		out = append(out, fmt.Sprintf("the worker may not run task definitions of the family %q: allow it with "+
			"`ecsctl bootstrap --pool %s --flow-run-family %s`", family, pool, family))
	}
	return out
}

// placement is about where the cluster would place a task.
func (j *Jobs) placement(s Startable) []string {
	var providers []string
	instances := int32(0)
	if j.cluster != nil {
		providers, instances = j.cluster.CapacityProviders, j.cluster.RegisteredContainerInstancesCount
	}
	name := shortName(j.w.spec.Cluster)
	var out []string
	if region := s.Credentials.Region; region != "" && region != j.w.id.Region {
		out = append(out, fmt.Sprintf("the AwsCredentials block in aws_credentials is for region %s, and the cluster "+
			"is in %s", region, j.w.id.Region))
	}
	for _, provider := range s.Uses.Providers {
		if j.w.spec.FlowRuns.ManagesInstances() && provider == j.w.spec.StrategyProvider() {
			out = append(out, j.unusable...)
			out = append(out, j.w.noGPU(s.Uses, provider)...)
			continue
		}
		if !slices.Contains(providers, provider) {
			out = append(out, fmt.Sprintf("cluster %q has no capacity provider %s: associate it with the cluster, or "+
				"change capacity_provider_strategy or launch_type", name, provider))
		}
	}
	out = append(out, publicOnInstance(s.Uses)...)
	if s.Uses.LaunchType == string(types.LaunchTypeEc2) && instances == 0 {
		out = append(out, fmt.Sprintf("it has launch type EC2, and cluster %q has no container instances", name))
	}
	return out
}

// role looks at a role that bootstrap does not make.
func (j *Jobs) role(ctx context.Context, role string, s Startable) ([]string, error) {
	arn := j.w.id.roleARN(role)
	if arn == j.w.flowRunExecutionRole() || arn == j.w.flowRunTaskRole() {
		return nil, nil
	}
	if !spec.IsARN(role) && s.Named == "" && slices.Contains(s.Uses.TaskRoles, role) {
		return []string{fmt.Sprintf("%s %q is not an ARN, which RunTask needs", taskRoleVariable, role)},
			nil
	}
	why, err := j.w.cannotRunTasks(ctx, role)
	if err != nil || why == "" {
		return nil, err
	}
	what := executionRoleVariable
	if slices.Contains(s.Uses.TaskRoles, role) {
		what = taskRoleVariable
	}
	return []string{fmt.Sprintf("%s %s: %s", what, arn, why)}, nil
}

// network looks at the subnets and groups that a job names. What bootstrap makes is not there yet.
func (j *Jobs) network(ctx context.Context, u jobtemplate.Uses) ([]string, error) {
	n := poolNetwork{Subnets: u.Subnets, SecurityGroups: slices.DeleteFunc(slices.Clone(u.SecurityGroups),
		func(id string) bool { return id == pending })}
	vpc, why, err := j.w.checkPoolNetwork(ctx, n)
	switch {
	case awserr.Denied(err):
		return nil, nil
	case err != nil:
		return nil, explain("read the subnets", err)
	case why == "" && u.VPC != "" && vpc != u.VPC:
		why = fmt.Sprintf("its subnets are in VPC %s, and vpc_id is %s", vpc, u.VPC)
	}
	if why == "" {
		return nil, nil
	}
	return []string{networkVariable + ": " + why}, nil
}

// unlessOtherwise is what a plan says of jobs whose deployments say nothing.
func unlessOtherwise(pool string, reasons []string) []string {
	out := make([]string, len(reasons))
	for i, why := range reasons {
		out[i] = fmt.Sprintf("flow runs of work pool %q cannot start unless their deployments say otherwise: %s", pool,
			strings.TrimSpace(why))
	}
	return out
}
