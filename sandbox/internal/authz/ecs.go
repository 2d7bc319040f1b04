package authz

import (
	"slices"
	"strings"
)

var ecsRights = rights{
	"CreateCluster":               createCluster,
	"DescribeClusters":            describeClusters,
	"ListClusters":                anything,
	"DeleteCluster":               onCluster,
	"PutClusterCapacityProviders": onCluster,
	"CreateCapacityProvider":      createProvider,
	"UpdateCapacityProvider":      updateProvider,
	"DescribeCapacityProviders":   func(c *call) []need { return c.onProviders(c.texts("capacityProviders")...) },
	"DeleteCapacityProvider":      func(c *call) []need { return c.onProviders(c.text("capacityProvider")) },
	"UpdateClusterSettings":       onCluster,
	"RegisterTaskDefinition":      registerTaskDefinition,
	"DescribeTaskDefinition":      anything,
	"DeregisterTaskDefinition":    anything,
	"DeleteTaskDefinitions":       deleteTaskDefinitions,
	"ListTaskDefinitions":         anything,
	"ListTaskDefinitionFamilies":  anything,
	"RunTask":                     runTask,
	"StopTask":                    func(c *call) []need { return c.onTasks(c.text("task")) },
	"DescribeTasks":               func(c *call) []need { return c.onTasks(c.texts("tasks")...) },
	"ListTasks":                   inCluster,
	"CreateService":               createService,
	"UpdateService":               updateService,
	"DeleteService":               func(c *call) []need { return c.onServices(c.text("service")) },
	"DescribeServices":            func(c *call) []need { return c.onServices(c.texts("services")...) },
	"ListServices":                inCluster,
	"TagResource": func(c *call) []need {
		arn := c.text("resourceArn")
		return []need{c.on(arn, requestTags(c.tags("tags")), ecsTags(c, arn))}
	},
	"UntagResource": func(c *call) []need {
		arn := c.text("resourceArn")
		return []need{c.on(arn, tagKeys(c.texts("tagKeys")), ecsTags(c, arn))}
	},
	"ListTagsForResource": func(c *call) []need {
		arn := c.text("resourceArn")
		return []need{c.on(arn, ecsTags(c, arn))}
	},
}

func (c *call) clusterARN(ref string) string {
	if ref == "" {
		ref = "default"
	}
	return orARN(ref, func(name string) string { return c.arn("ecs", "cluster/"+name) })
}

// itsCluster is the key ecs:cluster of what lies in one.
func itsCluster(c *call) fact { return key("ecs:cluster", c.clusterARN(c.text("cluster"))) }

// inside is the ARN of a task or a service, from its ARN or its name.
func (c *call) inside(kind, ref string) string {
	return orARN(ref, func(name string) string {
		return c.arn("ecs", kind+"/"+lastPart(c.clusterARN(c.text("cluster")))+"/"+name)
	})
}

func ecsTags(c *call, arn string) fact { return resourceTags(c.ECS.Tags(arn), "ecs:") }

func createCluster(c *call) []need {
	arn := c.clusterARN(c.text("clusterName"))
	return c.withTags(arn, c.on(arn, requestTags(c.tags("tags"))))
}

// withTags adds the right to tag what is created.
func (c *call) withTags(arn string, needs ...need) []need {
	tags := c.tags("tags")
	if len(tags) == 0 {
		return needs
	}
	return append(needs, c.tagOnCreate(arn, tags))
}

func (c *call) tagOnCreate(arn string, tags map[string]string) need {
	return c.action("ecs:TagResource", arn, key("ecs:CreateAction", c.Request.Operation), requestTags(tags))
}

func onCluster(c *call) []need {
	arn := c.clusterARN(c.text("cluster"))
	return []need{c.on(arn, ecsTags(c, arn))}
}

func describeClusters(c *call) []need {
	refs := c.texts("clusters")
	if len(refs) == 0 {
		refs = []string{"default"}
	}
	var out []need
	for _, ref := range refs {
		arn := c.clusterARN(ref)
		out = append(out, c.on(arn, ecsTags(c, arn)))
	}
	return out
}

// inCluster is for lists, which have no resource but the key of the cluster.
func inCluster(c *call) []need { return []need{c.on("*", itsCluster(c))} }

func (c *call) onTasks(refs ...string) []need {
	var out []need
	for _, ref := range refs {
		arn := c.inside("task", ref)
		out = append(out, c.on(arn, itsCluster(c), ecsTags(c, arn)))
	}
	return out
}

func (c *call) onServices(refs ...string) []need {
	var out []need
	for _, ref := range refs {
		arn := c.inside("service", ref)
		out = append(out, c.on(arn, itsCluster(c), ecsTags(c, arn)))
	}
	return out
}

// onProviders is about capacity providers by their names or ARNs; none are all.
func (c *call) onProviders(refs ...string) []need {
	if len(refs) == 0 {
		return anything(c)
	}
	var out []need
	for _, ref := range refs {
		arn := orARN(ref, func(name string) string { return c.arn("ecs", "capacity-provider/"+name) })
		out = append(out, c.on(arn, itsCluster(c), ecsTags(c, arn)))
	}
	return out
}

// createProvider passes the infrastructure role to ECS.
func createProvider(c *call) []need {
	arn := c.arn("ecs", "capacity-provider/"+c.text("name"))
	return append(c.withTags(arn, c.on(arn, requestTags(c.tags("tags")))), c.passInfrastructure()...)
}

func updateProvider(c *call) []need {
	return append(c.onProviders(c.text("name")), c.passInfrastructure()...)
}

func (c *call) passInfrastructure() []need {
	return c.passTo("ecs.amazonaws.com", scalar(c.within("managedInstancesProvider")["infrastructureRoleArn"]))
}

func registerTaskDefinition(c *call) []need {
	arn := c.ECS.NextRevision(c.text("family"))
	facts := []fact{requestTags(c.tags("tags")),
		key("ecs:task-cpu", c.text("cpu")), key("ecs:task-memory", c.text("memory")),
		key("ecs:privileged", c.privileged()),
		key("ecs:compute-compatibility", c.texts("requiresCompatibilities")...)}
	// By the reference it is the family, in denials that are seen in public "*": a policy needs both.
	needs := append(c.withTags(arn, c.on(arn, facts...)), c.on("*", facts...))
	return append(needs, c.passToTasks(c.text("taskRoleArn"), c.text("executionRoleArn"))...)
}

// deleteTaskDefinitions is, unlike the other actions on revisions, about each of them.
func deleteTaskDefinitions(c *call) []need {
	var out []need
	for _, ref := range c.texts("taskDefinitions") {
		arn := orARN(ref, func(name string) string { return c.arn("ecs", "task-definition/"+name) })
		out = append(out, c.on(arn, ecsTags(c, arn)))
	}
	return out
}

// privileged says whether any container is.
func (c *call) privileged() string {
	containers, _ := c.body["containerDefinitions"].([]any)
	for _, item := range containers {
		if container, _ := item.(map[string]any); isTrue(scalar(container["privileged"])) {
			return "true"
		}
	}
	return "false"
}

// passToTasks needs iam:PassRole on each role that tasks are to have.
func (c *call) passToTasks(roles ...string) []need {
	return c.passTo("ecs-tasks.amazonaws.com", roles...)
}

func (c *call) passTo(service string, roles ...string) []need {
	var out []need
	for _, ref := range roles {
		if ref == "" {
			continue
		}
		role := c.IAM.Role(lastPart(ref))
		arn := orARN(ref, func(string) string { return role.ARN })
		out = append(out, c.action("iam:PassRole", arn, key("iam:PassedToService", service),
			resourceTags(role.Tags, "iam:")))
	}
	return out
}

// runTask passes the roles of the definition, or those that take their place.
func runTask(c *call) []need {
	d := c.ECS.Definition(c.text("taskDefinition"))
	needs := []need{c.on(d.ARN, itsCluster(c), requestTags(c.tags("tags")), resourceTags(d.Tags, "ecs:"),
		key("ecs:enable-execute-command", orFalse(c.text("enableExecuteCommand"))))}
	tags := c.tags("tags")
	inherits := c.text("propagateTags") == "TASK_DEFINITION" && len(d.Tags) > 0
	if len(tags) > 0 || inherits || isTrue(c.text("enableECSManagedTags")) {
		needs = append(needs, c.tagOnCreate(c.inside("task", "*"), tags))
	}
	overrides := c.within("overrides")
	needs = append(needs, c.passTo("ecs.amazonaws.com", c.volumeRoles()...)...)
	return append(needs, c.passToTasks(slices.Concat(d.Roles,
		[]string{scalar(overrides["taskRoleArn"]), scalar(overrides["executionRoleArn"])})...)...)
}

// volumeRoles are those by which ECS makes EBS volumes (docs/aws-notes.md).
func (c *call) volumeRoles() []string {
	list, _ := c.body["volumeConfigurations"].([]any)
	var out []string
	for _, item := range list {
		volume, _ := item.(map[string]any)
		ebs, _ := volume["managedEBSVolume"].(map[string]any)
		out = append(out, scalar(ebs["roleArn"]))
	}
	return out
}

func orFalse(text string) string {
	if text == "" {
		return "false"
	}
	return text
}

func createService(c *call) []need {
	arn := c.inside("service", c.text("serviceName"))
	d := c.ECS.Definition(c.text("taskDefinition"))
	needs := c.withTags(arn, c.on(arn, append(c.serviceFacts(), requestTags(c.tags("tags")))...))
	return append(needs, c.passToTasks(d.Roles...)...)
}

func updateService(c *call) []need {
	arn := c.inside("service", c.text("service"))
	return []need{c.on(arn, append(c.serviceFacts(), ecsTags(c, arn))...)}
}

// serviceFacts are what CreateService and UpdateService say of a service, as far as they do.
func (c *call) serviceFacts() []fact {
	facts := []fact{itsCluster(c), key("ecs:enable-execute-command", c.text("enableExecuteCommand")),
		key("ecs:enable-ecs-managed-tags", c.text("enableECSManagedTags"))}
	subnets, _ := c.within("networkConfiguration", "awsvpcConfiguration")["subnets"].([]any)
	facts = append(facts, key("ecs:subnet", scalars(subnets)...))
	if ref := c.text("taskDefinition"); ref != "" {
		d := c.ECS.Definition(strings.TrimSpace(ref))
		facts = append(facts, key("ecs:task-definition", d.ARN), key("ecs:task-cpu", d.CPU),
			key("ecs:task-memory", d.Memory))
	}
	return facts
}
