package jobtemplate

import (
	"regexp"
	"strings"
)

// The rules of RunTask that its model does not carry: ECS API, RunTask and CapacityProviderStrategyItem.

var (
	startedBySyntax = regexp.MustCompile(`^[a-zA-Z0-9/_-]*$`)
	platforms       = regexp.MustCompile(`^(LATEST|1\.[0-9]\.[0-9])$`)
)

// checkRequestRules holds a request against them. facts are of the definition that it runs.
func checkRequestRules(found *findings, document map[string]any, facts definitionFacts) {
	r := node{found, "task_run_request", document}
	if count, given := r.number("count"); given && count != 1 {
		r.problem("count", "leave it out", "it must be 1: a flow run that is executed by several tasks is not one run")
	}
	if len(r.text("clientToken")) > 64 {
		r.problem("clientToken", "leave it out: the worker makes one", "ECS takes 64 characters")
	}
	if by := r.text("startedBy"); len(by) > 128 || !startedBySyntax.MatchString(by) {
		r.problem("startedBy", "leave it out: the worker says which claim it is for",
			"ECS takes 128 letters, digits, hyphens, slashes and underscores")
	}
	if r.text("propagateTags") == "SERVICE" {
		r.problem("propagateTags", "use TASK_DEFINITION", "a task of RunTask has no service")
	}
	if r.text("launchType") == fargate {
		r.without("Fargate places tasks by itself", "placementConstraints", "placementStrategy")
	}
	checkPlatform(r)
	checkStrategy(r)
	checkNetworkSize(r, facts)
	checkOverrideRules(r.child("overrides"), facts, r.text("launchType") == fargate)
	role := firstOf(r.child("overrides").text("taskRoleArn"), facts.taskRole)
	if facts.known && r.has("enableExecuteCommand") && role == "" {
		r.problem("enableExecuteCommand", "set the job variable task_role_arn", "ECS Exec needs a task role")
	}
}

func checkPlatform(r node) {
	version := r.text("platformVersion")
	switch {
	case version == "":
	case r.text("launchType") == ec2:
		r.problem("platformVersion", "take it out", "only Fargate has platform versions")
	case !platforms.MatchString(version) || version > "1.4.0" && version != "LATEST":
		r.problem("platformVersion", "leave it out for LATEST", "Fargate has no platform version %q", version)
	}
}

func checkStrategy(r node) {
	list := r.list("capacityProviderStrategy")
	bases, onFargateToo, weights := 0, 0, int64(0)
	for _, item := range list {
		item.between("weight", 0, 1000)
		item.between("base", 0, 100000)
		weight, _ := item.number("weight")
		weights += weight
		if base, _ := item.number("base"); base > 0 {
			bases++
		}
		if strings.HasPrefix(item.text("capacityProvider"), fargate) {
			onFargateToo++
		}
	}
	const path = "capacityProviderStrategy"
	switch {
	case len(list) > 20:
		r.problem(path, "", "there are %d providers, ECS takes 20", len(list))
	case len(list) > 1 && weights == 0:
		r.problem(path, "", "one provider at least needs a weight above 0")
	case bases > 1:
		r.problem(path, "", "only one provider can have a base")
	case onFargateToo > 0 && onFargateToo < len(list):
		r.problem(path, "", "Fargate's providers do not go with others in one strategy")
	}
}

func checkNetworkSize(r node, facts definitionFacts) {
	network := r.child("networkConfiguration").child("awsvpcConfiguration")
	if network.object == nil {
		return
	}
	if facts.networkMode != "" && facts.networkMode != awsvpc {
		r.problem("networkConfiguration", "take it out", "it does not go with the network mode %s", facts.networkMode)
		return
	}
	if subnets, _ := network.object["subnets"].([]any); len(subnets) == 0 || len(subnets) > 16 {
		network.problem("subnets", "", "there are %d subnets, ECS takes 1 to 16", len(subnets))
	}
	if groups, _ := network.object["securityGroups"].([]any); len(groups) > 5 {
		network.problem("securityGroups", "", "there are %d security groups, ECS takes 5", len(groups))
	}
}

func checkOverrideRules(overrides node, facts definitionFacts, onFargateToo bool) {
	for _, c := range overrides.list("containerOverrides") {
		if name := c.text("name"); len(facts.names) > 0 && name != "" && !facts.names[name] {
			c.problem("name", "", "the task definition has no container %q", name)
		}
		for _, variable := range c.list("environment") {
			if variable.text("name") == "" {
				variable.problem("name", "", "a variable has no name")
			}
		}
		if onFargateToo {
			refuseGPU(c)
		}
	}
}
