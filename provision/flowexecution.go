package provision

import (
	"path"
	"regexp"
	"slices"
	"strings"

	"ecsctl/jobtemplate"
	"ecsctl/provision/spec"
	"ecsctl/templates"
)

// newFlowExecutionRole is what ECS itself uses to start flow runs. Whoever writes deployments decides
// what it pulls, which secrets it hands out and where it logs, so it may do what the pool's
// flow runs need and no more: less than AWS's own policy for execution roles.
func newFlowExecutionRole(w *world) *role {
	r := &role{w: w, kind: KindFlowExecutionRole, nameARN: w.spec.Names.FlowExecutionRole,
		policyName: flowExecutionPolicyName}
	r.mustAllow = "what `ecsctl policy flow-execution` prints"
	r.policy = func() string { return templates.Policy(templates.FlowExecutionPolicy, w.policyValues()) }
	return r
}

// makesFlowExecutionRole reports whether bootstrap makes an execution role for flow runs. Who
// gives the worker's as an ARN has one to use as it is, for flow runs too.
func (w *world) makesFlowExecutionRole() bool {
	return w.spec.FlowRuns.ExecutionRole == "" && !spec.IsARN(w.spec.Names.ExecutionRole)
}

// flowRunExecutionRole is the execution role of flow runs: the user's, or the one that is made.
func (w *world) flowRunExecutionRole() string {
	switch {
	case w.spec.FlowRuns.ExecutionRole != "":
		return w.spec.FlowRuns.ExecutionRole
	case !w.makesFlowExecutionRole():
		return w.spec.Names.ExecutionRole
	}
	if arn := w.value(KindFlowExecutionRole); arn != pending {
		return arn
	}
	return newFlowExecutionRole(w).wantedARN()
}

// flowExecutionValues are about what flow runs pull, write and are given.
func (w *world) flowExecutionValues() map[string]any {
	secrets := []string{}
	if !w.server.prefect2() { // whose pools have no variables for secrets
		secrets = append(secrets, w.secretPatterns()...)
	}
	// What the pool itself names may be another account's, or another group; what deployments name may not.
	named, groups := []string{w.spec.FlowRuns.Image}, []string{w.spec.Names.LogGroup}
	if job := w.poolJob(); job != nil {
		named, groups = append(named, job.Uses.Images...), append(groups, job.Uses.LogGroups...)
		for _, secret := range job.Uses.Secrets {
			if arn := w.secretARN(secret); secret != pending && !slices.ContainsFunc(secrets, covers(arn)) {
				secrets = append(secrets, arn)
			}
		}
	}
	images, logs := []string{w.repositoryARN("*", w.id.Account, "*")}, []string{}
	for _, image := range named {
		if found := registryImage.FindStringSubmatch(image); found != nil && found[1] != w.id.Account {
			images = append(images, w.repositoryARN(found[2], found[1], found[3]))
		}
	}
	for _, group := range groups {
		logs = append(logs, w.id.arn("logs", "log-group:"+group+":*"))
	}
	values := w.rightsToRead("FlowRun", distinct(secrets))
	values["FlowImages"], values["FlowLogs"] = distinct(images), distinct(logs)
	return values
}

// covers is whether a pattern is of the ARN. The patterns have a question mark for each character.
func covers(arn string) func(pattern string) bool {
	return func(pattern string) bool {
		matched, err := path.Match(pattern, arn)
		return err == nil && matched
	}
}

func distinct(list []string) []string {
	slices.Sort(list)
	return slices.Compact(list)
}

// registryImage matches an image in ECR: its account, its region and the repository.
var registryImage = regexp.MustCompile(`^([0-9]{12})\.dkr\.ecr\.([a-z0-9-]+)\.amazonaws\.com(?:\.cn)?/([^:@]+)`)

func (w *world) repositoryARN(region, account, name string) string {
	return strings.Join([]string{"arn", w.id.Partition, "ecr", region, account, "repository/" + name}, ":")
}

// compatibilities are the launch types that the worker may register task definitions for:
// Fargate alone, on which no container is privileged or sees its host, unless the pool is for
// another one, by a flag or by its own job.
func (w *world) compatibilities() []string {
	fargate := []string{"FARGATE"}
	if job := w.poolJob(); job != nil && job.failed == nil && !slices.Equal(job.Uses.Compatibilities, fargate) {
		return []string{}
	}
	switch w.spec.FlowRuns.LaunchesAs() {
	case "", "FARGATE", "FARGATE_SPOT":
		return fargate
	}
	return []string{}
}

// unlessOwn is what a condition refuses, unless the pool's own job has it.
func (w *world) unlessOwn(has func(jobtemplate.Uses) bool) []string {
	if job := w.poolJob(); job != nil && job.failed == nil && has(job.Uses) {
		return []string{}
	}
	return []string{"true"}
}

// withoutCompatibility says whether a task definition may leave its launch types open: it must not
// where they are checked.
func (w *world) withoutCompatibility() []string {
	if len(w.compatibilities()) == 0 {
		return []string{}
	}
	return []string{"false"}
}
