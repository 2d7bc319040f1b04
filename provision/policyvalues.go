package provision

import (
	"cmp"
	"maps"
	"strings"

	"ecsctl/jobtemplate"
	"ecsctl/provision/spec"
)

// fargateVCPUs is the quota "Fargate On-Demand vCPU resource count" (Service Quotas).
const fargateVCPUs = "fargate/L-3032A538"

// policyValues are what the policies name. Lists that are empty take their statements out.
func (w *world) policyValues() map[string]any {
	values := w.workerPolicyValues()
	for _, more := range []map[string]any{w.ecsValues(), w.roleValues(), w.networkValues(), w.storeValues(),
		w.secretValues(), w.observerValues(), w.flowExecutionValues(), w.instanceValues()} {
		maps.Copy(values, more)
	}
	values["PoolTag"] = latin1Pattern(spec.PoolTag(w.spec.Pool, w.spec.Region))
	return values
}

func (w *world) ecsValues() map[string]any {
	cluster := w.id.clusterARN(w.spec.Cluster)
	service := func(cluster string) string { return w.id.arn("ecs", "service/"+cluster+"/"+w.spec.Names.Service) }
	insights, providers := []string{}, []string{}
	if name := w.spec.StrategyProvider(); name != "" {
		providers = append(providers, w.id.arn("ecs", "capacity-provider/"+name))
		if w.spec.FlowRuns.ManagesInstances() {
			providers = w.providerARNs(name)
		}
	}
	if w.spec.ContainerInsights != "" {
		insights = append(insights, cluster)
	}
	return map[string]any{
		"Cluster":            cluster,
		"InsightsCluster":    insights,
		"CapacityProvider":   providers,
		"AnyCluster":         "*",
		"Service":            service(shortName(cluster)),
		"AnyService":         service("*"),
		"ServicesHere":       w.id.arn("ecs", "service/"+shortName(cluster)+"/*"),
		"AnyTaskDefinition":  w.anyTaskDefinition(),
		"TaskDefinition":     w.id.arn("ecs", "task-definition/"+w.spec.Names.Family+":*"),
		"RunTaskDefinitions": w.id.arn("ecs", "task-definition/"+jobtemplate.FamilyPattern(w.spec.Pool)+":*"),
		"AllTasks":           w.id.arn("ecs", "task/*"),
		"AllClusters":        w.id.arn("ecs", "cluster/*"),
		"ServiceLinkedRole":  w.id.iamARN("role/aws-service-role/ecs.amazonaws.com/AWSServiceRoleForECS"),
		"FargateQuota":       w.id.arn("servicequotas", fargateVCPUs),
	}
}

// roleValues returns the roles for the policy's template. Roles given as ARNs are only read
// and passed on.
func (w *world) roleValues() map[string]any {
	execution, worker := newExecutionRole(w), newWorkerRole(w)
	all := []*role{execution, worker}
	if w.makesFlowRole() {
		all = append(all, newFlowRole(w))
	}
	if w.makesFlowExecutionRole() {
		all = append(all, newFlowExecutionRole(w))
	}
	if w.spec.MakesProvider() {
		all = append(all, newInfrastructureRole(w), newInstanceRole(w))
	}
	own, ownExecution, bound, boundary, read := []string{}, []string{}, []string{}, []string{}, []string{}
	for _, r := range all {
		read = append(read, r.wantedARN())
		if spec.IsARN(r.nameARN) {
			continue
		}
		own = append(own, r.wantedARN())
		if byName := w.id.roleARN(r.nameARN); byName != r.wantedARN() {
			read = append(read, byName) // reads name no path, and a role that is not there has none
		}
	}
	if !spec.IsARN(execution.nameARN) {
		ownExecution = append(ownExecution, execution.wantedARN())
	}
	flowRole := []string{}
	if w.makesFlowRole() && len(w.flowPolicies()) > 0 {
		flowRole = append(flowRole, newFlowRole(w).wantedARN())
	}
	if w.spec.Roles.Boundary != "" {
		bound, boundary = own, []string{w.spec.Roles.Boundary}
	}
	return map[string]any{
		"Roles": []string{execution.wantedARN(), worker.wantedARN()}, "ReadRoles": read, "OwnRoles": own,
		"OwnExecutionRole": ownExecution, "OwnFlowRole": flowRole, "FlowPolicies": w.flowPolicies(),
		"BoundRoles": bound, "Boundary": boundary, "ExecutionPolicy": execution.managed,
		"AccountRoles": w.id.iamARN("role/*"),
		"Principals":   []string{w.id.iamARN("role/*"), w.id.iamARN("user/*")},
	}
}

func (w *world) networkValues() map[string]any {
	every := w.id.arn("ec2", "security-group/*")
	groups, vpcs := []string{}, []string{}
	if len(w.spec.Network.SecurityGroups) == 0 {
		groups, vpcs = append(groups, every), append(vpcs, w.vpcARN())
	}
	return map[string]any{"Region": w.id.Region, "SecurityGroups": groups, "AnySecurityGroup": every, "VPCs": vpcs}
}

// vpcARN is of the VPC that a group is made in. A shared one is named with its owner, who is known only to those
// who may look: a VPC's id alone says which it is. The default VPC is never shared.
func (w *world) vpcARN() string {
	owner := w.id
	if w.spec.Network.VPC != "" || len(w.spec.Network.Subnets) > 0 {
		owner.Account = "*"
	}
	return owner.arn("ec2", "vpc/"+cmp.Or(w.spec.Network.VPC, "*"))
}

// storeValues are about where logs and images are kept.
func (w *world) storeValues() map[string]any {
	group := w.id.arn("logs", "log-group:"+w.spec.Names.LogGroup)
	old := w.id.arn("ecr", "repository/"+w.spec.Names.Repository)
	flows := w.id.arn("ecr", "repository/"+w.spec.Names.FlowRepository)
	repository, registry, kept := []string{}, []string{}, []string{}
	if w.spec.MakesFlowRepository() {
		kept = append(kept, flows)
	}
	if w.spec.MakesImage() {
		repository, registry = append(repository, old), append(registry, "*")
	}
	bucket, objects := []string{}, []string{}
	if w.wantsBundles() {
		bucket, objects = append(bucket, w.bucketARN()), append(objects, w.bucketARN()+"/*")
	}
	return map[string]any{
		"Bucket": bucket, "BucketObjects": objects,
		"LogGroup": group, "LogGroupContent": group + ":*",
		"WorkerLogStreams": group + ":log-stream:" + workerLogPrefix + "/" + workerContainer + "/*",
		"Repository":       repository, "OldRepository": old, "AnyRegistry": registry, "EveryRegistry": "*",
		"FlowRepository": flows, "Repositories": append(kept, repository...), "OldRepositories": []string{flows, old},
	}
}

func (w *world) observerValues() map[string]any {
	queues := []string{w.id.arn("sqs", w.spec.Names.DeadLetterQueue), w.queueARN()}
	all := append(append([]string{}, queues...), w.ruleARN())
	values := map[string]any{
		"WantedQueues": queues, "WantedRule": w.ruleARN(), "UnwantedObserver": []string{},
		"ObservedQueues": queues, "Rule": w.ruleARN(), "TargetQueue": w.queueARN(), "Observer": all,
	}
	if !w.Observes() {
		values["WantedQueues"], values["WantedRule"], values["UnwantedObserver"] = []string{}, []string{}, all
	}
	return values
}

// secretValues are about the secrets that bootstrap keeps, and those that it may have
// made for other credentials before.
func (w *world) secretValues() map[string]any {
	var names []string
	if w.server.APIKey != "" && w.spec.Prefect.APIKeySecret == "" {
		names = append(names, w.spec.Names.Secret)
	}
	if w.server.AuthString != "" {
		names = append(names, authStringSecretName(w.spec.Names.Secret))
	}
	kept, keptMade := w.secretARNs(names)
	every, made := w.secretARNs([]string{w.spec.Names.Secret, authStringSecretName(w.spec.Names.Secret)})
	values := w.rightsToRead("", w.secretPatterns())
	maps.Copy(values, map[string]any{"KeptSecrets": kept, "KeptSecretsMade": keptMade, "EverySecret": every,
		"EverySecretMade": made})
	return values
}

// secretARNs are all that secrets of the names may go by, and those when they are there:
// AWS does not say whether the ARN of a secret that is not there yet has the six
// characters that it will get (docs/aws-notes.md).
func (w *world) secretARNs(names []string) (all, made []string) {
	all, made = []string{}, []string{}
	for _, name := range names {
		plain := w.id.arn("secretsmanager", "secret:"+name)
		all, made = append(all, plain, plain+"-??????"), append(made, plain+"-??????")
	}
	return all, made
}

// latin1Pattern writes what IAM takes in no policy, characters beyond Latin-1, as `?`.
func latin1Pattern(text string) string {
	return strings.Map(func(r rune) rune {
		if r > 0xFF {
			return '?'
		}
		return r
	}, text)
}
