package provision

import (
	"slices"

	"ecsctl/jobtemplate"
	"ecsctl/provision/spec"
	"ecsctl/templates"
)

// The names of the inline policies.
const (
	secretPolicyName = "prefect-secrets"
	workerPolicyName = "prefect-worker"
	flowPolicyName   = "prefect-flow"

	flowExecutionPolicyName = "prefect-flow-execution"
)

// newExecutionRole is what ECS itself uses to start the worker's tasks: it pulls images,
// writes logs and reads just the secrets at hand.
func newExecutionRole(w *world) *role {
	r := &role{w: w, kind: KindExecutionRole, nameARN: w.spec.Names.ExecutionRole, policyName: secretPolicyName}
	r.managed = []string{w.id.managedPolicyARN("service-role/AmazonECSTaskExecutionRolePolicy")}
	secrets := w.secretPatterns()
	r.policy = func() string {
		if len(secrets) == 0 {
			return ""
		}
		return templates.Policy(templates.SecretPolicy, w.rightsToRead("", secrets))
	}
	if len(secrets) > 0 {
		r.mustAllow = "secretsmanager:GetSecretValue (ssm:GetParameters for a parameter) on " + secrets[0] +
			", and what AmazonECSTaskExecutionRolePolicy allows"
	}
	return r
}

// newWorkerRole is the task role of the worker: the guide has none of its own, and
// its execution role lets nobody call ecs:RunTask.
func newWorkerRole(w *world) *role {
	r := &role{w: w, kind: KindWorkerRole, nameARN: w.spec.Names.WorkerRole, policyName: workerPolicyName}
	r.mustAllow = "ecs:RunTask and the other actions of docs/iam.md"
	r.policy = func() string { return templates.Policy(templates.WorkerPolicy, w.workerPolicyValues()) }
	return r
}

// newFlowRole is the task role of flow runs: what a flow may do in AWS, which is nothing until somebody says so.
// Without a policy of the Spec it keeps the one that it has. What the pool's own job takes of it comes on top.
func newFlowRole(w *world) *role {
	r := &role{w: w, kind: KindFlowRole, nameARN: w.spec.Names.FlowRole, policyName: flowPolicyName,
		managed: w.spec.FlowRuns.PolicyARNs}
	r.policy = func() string {
		users := w.flowPolicy
		if users == "" && r.found != nil {
			users = r.found.policy
		}
		return withStatements(users, templates.Statements(templates.FlowPolicy, w.flowRoleValues()))
	}
	return r
}

// makesFlowRole reports whether bootstrap makes a task role for flow runs. A user who gives
// both other roles as ARNs may be unable to make one.
func (w *world) makesFlowRole() bool {
	names := w.spec.Names
	return w.spec.FlowRuns.TaskRole == "" && !(spec.IsARN(names.ExecutionRole) && spec.IsARN(names.WorkerRole))
}

// flowRunTaskRole is the task role of flow runs: the user's, or the one that is made; "" is none.
func (w *world) flowRunTaskRole() string {
	if w.spec.FlowRuns.TaskRole != "" {
		return w.spec.FlowRuns.TaskRole
	}
	if !w.makesFlowRole() {
		return ""
	}
	if arn := w.value(KindFlowRole); arn != pending {
		return arn
	}
	return newFlowRole(w).wantedARN()
}

// secretPatterns are the ARNs of the secrets that tasks read. The six random
// characters at the end of a secret's ARN are matched, not known: so the role needs
// no change when a secret is made anew.
func (w *world) secretPatterns() []string {
	var out []string
	if secret := w.spec.Prefect.APIKeySecret; secret != "" {
		arn, _ := spec.SplitSecret(secret)
		out = append(out, secretPattern(arn))
	} else if w.hasAPIKey() {
		out = append(out, w.id.arn("secretsmanager", "secret:"+w.spec.Names.Secret+"-??????"))
	}
	if w.hasAuthString() {
		out = append(out, w.id.arn("secretsmanager", "secret:"+authStringSecretName(w.spec.Names.Secret)+"-??????"))
	}
	return out
}

// anyTaskDefinition is what RegisterTaskDefinition is not about where AWS authorises it on "*" alone
// (docs/aws-notes.md).
func (w *world) anyTaskDefinition() string {
	return "arn:" + w.id.Partition + ":ecs:*:*:task-definition/*"
}

func (w *world) workerPolicyValues() map[string]any {
	cluster := w.id.clusterARN(w.spec.Cluster)
	tasks := w.id.arn("ecs", "task/"+shortName(cluster)+"/*")
	var definitions []string
	for _, family := range w.flowRunFamilies() {
		definitions = append(definitions, w.id.arn("ecs", "task-definition/"+family+":*"))
	}
	roles := w.passedRoles()
	return map[string]any{
		"Cluster":                cluster,
		"Tasks":                  tasks,
		"FlowRunTaskDefinitions": definitions,
		"AnyTaskDefinition":      w.anyTaskDefinition(),
		"Taggable":               append([]string{tasks}, definitions...),
		"Compatibilities":        w.compatibilities(),
		"WithoutCompatibility":   w.withoutCompatibility(),
		"RefusedPrivileges":      w.unlessOwn(func(u jobtemplate.Uses) bool { return u.Privileged }),
		"RefusedExec":            w.unlessOwn(func(u jobtemplate.Uses) bool { return u.Exec }),
		"PassRoles":              roles,
		"InfrastructureRoles":    w.infrastructureRoles(),
		"Region":                 w.id.Region,
		"Queues":                 w.workerQueues(),
		"ExecChannels":           w.execChannels(),
		"LogStreams":             w.flowRunLogStreams(),
	}
}

// passedRoles are the roles that the worker hands to ECS: those of the pool's own job too.
func (w *world) passedRoles() []string {
	var roles []string
	if job := w.poolJob(); job != nil && job.failed == nil {
		roles = w.pool.jobRoles()
	} else {
		roles = append(roles, w.flowRunExecutionRole())
	}
	if role := w.flowRunTaskRole(); role != "" && !slices.Contains(roles, role) {
		roles = append(roles, role)
	}
	slices.Sort(roles) // the order is the same for a new pool and for one that is there
	return roles
}

// infrastructureRoles are those by which ECS makes the EBS volumes of the pool's own job.
func (w *world) infrastructureRoles() []string {
	out := []string{}
	if job := w.poolJob(); job != nil && job.failed == nil {
		for _, role := range job.Uses.InfrastructureRoles {
			out = append(out, w.id.roleARN(role))
		}
	}
	return out
}

// flowRunLogStreams are those that the worker reads the last lines of a crashed run in.
func (w *world) flowRunLogStreams() []string {
	groups := []string{w.spec.Names.LogGroup}
	if job := w.poolJob(); job != nil {
		for _, group := range job.Uses.LogGroups {
			if !slices.Contains(groups, group) {
				groups = append(groups, group)
			}
		}
	}
	var out []string
	for _, group := range groups {
		out = append(out, w.id.arn("logs", "log-group:"+group+":log-stream:*"))
	}
	return out
}

// workerQueues are the queues that the worker reads: one or none.
func (w *world) workerQueues() []string {
	if !w.Observes() {
		return []string{}
	}
	return []string{w.queueARN()}
}

// execChannels is where the agent of ECS Exec may open its channels: everywhere or nowhere.
func (w *world) execChannels() []string {
	if !w.spec.ExecutesCommands() {
		return []string{}
	}
	return []string{"*"}
}

// flowRunFamilies are patterns of the families that the worker may register and run.
func (w *world) flowRunFamilies() []string {
	families := append([]string{jobtemplate.FamilyPattern(w.spec.Pool)}, w.spec.FlowRuns.Families...)
	if job := w.poolJob(); job != nil && job.Uses.Family != "" && !slices.Contains(families, job.Uses.Family) {
		families = append(families, job.Uses.Family)
	}
	return families
}
