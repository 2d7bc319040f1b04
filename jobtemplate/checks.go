package jobtemplate

import (
	"fmt"
	"slices"
)

// checkConfig holds the rules between the fields of a configuration.
func checkConfig(found *findings, c config, named string) {
	if named == "" && len(c.taskDefinition) == 0 {
		found.add("task_definition", "give a task_definition, or the ARN of one in task_run_request.taskDefinition",
			"there is neither a task definition nor the name of one")
	}
	containers := containersOf(found, c.taskDefinition)
	if len(containers) > 0 && !slices.ContainsFunc(containers, essential) {
		found.add("task_definition.containerDefinitions",
			"leave out essential: false on the container that runs the flow",
			"at least one container must be essential")
	}
	if c.cloudwatchLogs && c.executionRole == "" && named == "" && !truthy(c.taskDefinition["executionRoleArn"]) {
		found.add("execution_role_arn", "set the job variable execution_role_arn",
			"configure_cloudwatch_logs needs an execution role")
	}
	if len(c.cloudwatchOption) > 0 && !c.cloudwatchLogs {
		found.add("cloudwatch_logs_options", "set configure_cloudwatch_logs to true",
			"they need configure_cloudwatch_logs")
	}
	if len(c.network) > 0 && c.vpcID == "" {
		found.add("vpc_id", "set the job variable vpc_id to the VPC of the subnets",
			"network_configuration needs a vpc_id")
	}
}

// checkGPU refuses what Fargate does not have.
func checkGPU(found *findings, definition map[string]any) {
	if !slices.Contains(factsOfDocument(definition).compatible, fargate) {
		return
	}
	for i, container := range objectsOf(definition["containerDefinitions"]) {
		for _, resource := range objectsOf(container["resourceRequirements"]) {
			if field(resource, "type") == "GPU" {
				found.add(fmt.Sprintf("task_definition.containerDefinitions[%d].resourceRequirements", i),
					"run it on EC2 instances that have one: launch_type EC2, or a capacity provider strategy",
					"Fargate has no GPU")
			}
		}
	}
}

func essential(container map[string]any) bool {
	return container["essential"] != any(false)
}

// checkUsable checks that a definition can be run the way the request asks for.
// named is the definition that the job names, "" for one of its own.
func checkUsable(found *findings, c config, facts definitionFacts, named string) {
	switch {
	case !c.cloudwatchLogs || facts.executionRole != "":
	case named != "":
		found.add("task_definition.executionRoleArn", "register a revision of "+named+
			" with an executionRoleArn and name that, or "+
			"set configure_cloudwatch_logs to false",
			"configure_cloudwatch_logs needs an execution role, and the task definition %s has none", named)
	default:
		found.add("task_definition.executionRoleArn", "set the job variable execution_role_arn",
			"configure_cloudwatch_logs needs an execution role on the task definition")
	}
	launchType := launchTypeOf(c, facts)
	strategy := truthy(c.runRequest["capacityProviderStrategy"])
	forEC2 := slices.Contains(facts.compatible, ec2)
	if strategy && launchType != fargateSpot || forEC2 && launchType == "" {
		return
	}
	forFargate := facts.compatible == nil || slices.Contains(facts.compatible, fargate)
	if launchType != ec2 && !forFargate {
		found.add("task_definition.requiresCompatibilities", "add FARGATE to it, or set launch_type to EC2",
			"the task definition is not for Fargate and cannot be used with launch type %q", launchType)
	}
	onFargateToo := launchType == fargate || launchType == fargateSpot
	// A definition of the job's own is checked by checkFargateDefinition.
	if named != "" && onFargateToo && facts.networkMode != "" && facts.networkMode != awsvpc {
		found.add("task_definition.networkMode", fmt.Sprintf("use the network mode %s, or the launch type EC2", awsvpc),
			"the network mode %q does not go with launch type %q", facts.networkMode, launchType)
	}
}

// launchTypeOf is the launch type of the request, or the one that is meant without:
// Fargate, unless a strategy or a definition for EC2 leaves it to the cluster.
func launchTypeOf(c config, facts definitionFacts) string {
	if given := c.runRequest["launchType"]; truthy(given) {
		return pyText(given)
	}
	if truthy(c.runRequest["capacityProviderStrategy"]) || slices.Contains(facts.compatible, ec2) {
		return ""
	}
	return fargate
}
