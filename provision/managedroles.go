package provision

import (
	"strings"

	"ecsctl/templates"
)

// instancePolicyName is the inline policy of the roles for Managed Instances.
const instancePolicyName = "prefect-instances"

// newInfrastructureRole is the role by which ECS starts and ends managed instances. AWS's policy lets it pass roles
// named ecsInstanceRole... that are in no path; another name or a path takes a policy of its own.
func newInfrastructureRole(w *world) *role {
	r := &role{w: w, kind: KindInfrastructureRole, nameARN: w.spec.Names.InfrastructureRole, trusted: ecsItself,
		policyName: instancePolicyName,
		managed:    []string{w.id.managedPolicyARN("AmazonECSInfrastructureRolePolicyForManagedInstances")}}
	r.policy = func() string {
		instance := newInstanceRole(w).wantedARN()
		if strings.HasPrefix(instance, w.id.iamARN("role/ecsInstanceRole")) {
			return ""
		}
		return templates.Policy(templates.InfrastructurePolicy, map[string]any{"InstanceRole": instance})
	}
	return r
}

// newInstanceRole is what the managed instances themselves register with ECS by. Tasks do not have it.
func newInstanceRole(w *world) *role {
	return &role{w: w, kind: KindInstanceRole, nameARN: w.spec.Names.InstanceRole, trusted: "ec2.amazonaws.com",
		policyName: instancePolicyName, policy: func() string { return "" },
		managed: []string{w.id.managedPolicyARN("AmazonECSInstanceRolePolicyForManagedInstances")}}
}

// instanceValues are what policies name for Managed Instances; lists are empty where bootstrap makes none.
func (w *world) instanceValues() map[string]any {
	values := map[string]any{
		"ManagedProvider": []string{}, "InstanceProfile": []string{}, "InfrastructureRole": []string{},
		"InstanceRole": []string{}, "InstancePolicies": []string{}, "OwnInstanceRoles": []string{},
		"ComputeRole": []string{},
	}
	if !w.spec.MakesProvider() {
		return values
	}
	infrastructure, instance := newInfrastructureRole(w), newInstanceRole(w)
	values["ManagedProvider"] = w.providerARNs(w.spec.Names.CapacityProvider)
	values["InstanceProfile"] = []string{(&instanceProfile{w: w}).arn()}
	values["InfrastructureRole"] = []string{infrastructure.wantedARN()}
	values["InstanceRole"] = []string{instance.wantedARN()}
	values["OwnInstanceRoles"] = []string{infrastructure.wantedARN(), instance.wantedARN()}
	values["InstancePolicies"] = append(append([]string{}, infrastructure.managed...), instance.managed...)
	values["ComputeRole"] = []string{w.id.iamARN("role/aws-service-role/ecs-compute.amazonaws.com/" +
		"AWSServiceRoleForECSCompute")}
	return values
}

// providerARNs are those that a capacity provider of a cluster may go by: AWS does not say whether the cluster is a
// part of it (docs/aws-notes.md).
func (w *world) providerARNs(name string) []string {
	return []string{w.id.arn("ecs", "capacity-provider/"+name),
		w.id.arn("ecs", "capacity-provider/"+shortName(w.spec.Cluster)+"/"+name)}
}
