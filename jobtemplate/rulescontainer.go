package jobtemplate

import (
	"regexp"
	"slices"
	"strings"
)

// The rules of ECS for containers that its model does not carry: ECS API, ContainerDefinition,
// and ECS Developer Guide, "Task definition differences for Fargate". testdata/awsrules.json has
// a request that breaks each of them.

var (
	nameSyntax = regexp.MustCompile(`^[a-zA-Z0-9_-]+$`)
	// ecrImage matches images of private repositories of ECR.
	ecrImage = regexp.MustCompile(`^\d{12}\.dkr\.ecr[.-]`)
)

const onFargate = "Fargate does not have it"

func checkContainer(c node, mode string, onFargateToo bool) {
	if name := c.text("name"); name != "" && (len(name) > 255 || !nameSyntax.MatchString(name)) {
		c.problem("name", "", "a name has at most 255 letters, digits, hyphens and underscores")
	}
	if strings.ContainsAny(c.text("image"), " \t\n") {
		c.problem("image", "take the spaces out", "it is no name of an image")
	}
	checkSecretNames(c)
	checkHealthCheck(c.child("healthCheck"))
	for _, ulimit := range c.list("ulimits") {
		soft, _ := ulimit.number("softLimit")
		if hard, given := ulimit.number("hardLimit"); given && soft > hard {
			ulimit.problem("softLimit", "", "it is above the hard limit")
		}
	}
	for _, port := range c.list("portMappings") {
		port.between("containerPort", 1, 65535)
		host, given := port.number("hostPort")
		if inside, _ := port.number("containerPort"); mode == awsvpc && given && host != 0 && host != inside {
			port.problem("hostPort", "leave it out", "with the network mode awsvpc it must be the container's port")
		}
	}
	for _, file := range c.list("environmentFiles") {
		if value := file.text("value"); !strings.HasPrefix(value, "arn:") || !strings.HasSuffix(value, ".env") {
			file.problem("value", "", "it must be the ARN of an S3 object that ends in .env")
		}
	}
	hard, _ := c.number("memory")
	if soft, given := c.number("memoryReservation"); given && hard > 0 && soft > hard {
		c.problem("memoryReservation", "", "it is above the container's memory")
	}
	checkLogDriver(c, onFargateToo)
	if onFargateToo {
		checkOnFargate(c)
	}
	if mode == awsvpc {
		why := "it does not go with the network mode awsvpc"
		c.without(why, "hostname", "extraHosts")
		if !onFargateToo {
			c.without(why, "links")
		}
	}
}

func checkSecretNames(c node) {
	seen, variables := map[string]bool{}, map[string]bool{}
	for _, variable := range c.list("environment") {
		variables[variable.text("name")] = true
	}
	for _, secret := range c.list("secrets") {
		name := secret.text("name")
		switch {
		case seen[name]:
			secret.problem("name", "name each secret once", "the container has the secret %q twice", name)
		case variables[name]:
			secret.problem("name", "take one of them out", "the container has %q as a variable, too", name)
		}
		seen[name] = true
	}
}

func checkHealthCheck(check node) {
	command, given := check.object["command"].([]any)
	if given && (len(command) == 0 || !slices.Contains([]any{"CMD", "CMD-SHELL", "NONE"}, command[0])) {
		check.problem("command", "", "it must begin with CMD or CMD-SHELL")
	}
	check.between("interval", 5, 300)
	check.between("timeout", 2, 60)
	check.between("retries", 1, 10)
	check.between("startPeriod", 0, 300)
}

func checkLogDriver(c node, onFargateToo bool) {
	logs := c.child("logConfiguration")
	driver := logs.text("logDriver")
	drivers := []string{"awslogs", "splunk", "awsfirelens"}
	if onFargateToo && driver != "" && !slices.Contains(drivers, driver) {
		logs.problem("logDriver", "Fargate has "+joinNames(drivers), onFargate)
	}
	if driver != "awslogs" {
		return
	}
	options := logs.child("options")
	for _, option := range []string{"awslogs-group", "awslogs-stream-prefix"} {
		if options.text(option) == "" && (onFargateToo || option == "awslogs-group") {
			options.problem(option, "", "the log driver awslogs needs it")
		}
	}
	checkLogNames(options)
}

// checkOnFargate refuses what Fargate does not have.
func checkOnFargate(c node) {
	c.between("startTimeout", 2, 120)
	c.between("stopTimeout", 2, 120)
	c.without(onFargate, "privileged", "links", "disableNetworking", "dnsServers", "dnsSearchDomains",
		"dockerSecurityOptions")
	linux := c.child("linuxParameters")
	linux.without(onFargate, "devices", "tmpfs", "sharedMemorySize", "maxSwap", "swappiness")
	added, _ := linux.child("capabilities").object["add"].([]any)
	if slices.ContainsFunc(added, func(name any) bool { return name != any("SYS_PTRACE") }) {
		linux.child("capabilities").problem("add", "take it out", "Fargate adds SYS_PTRACE alone")
	}
	for _, ulimit := range c.list("ulimits") {
		if name := ulimit.text("name"); name != "nofile" {
			ulimit.problem("name", "take it out", "Fargate has the ulimit nofile alone")
		}
	}
}

func refuseGPU(c node) {
	for _, needs := range c.list("resourceRequirements") {
		if needs.text("type") == "GPU" {
			c.problem("resourceRequirements", "launch on EC2 or Managed Instances", "Fargate has no GPUs")
		}
	}
}
