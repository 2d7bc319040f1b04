package jobtemplate

import (
	"regexp"
	"strings"
	"unicode/utf8"
)

const (
	maxContainers     = 10
	maxDefinitionSize = 64 << 10
)

var (
	roleARN   = regexp.MustCompile(`^arn:[a-z-]+:iam::\d{12}:role/.`)
	tagSyntax = regexp.MustCompile(`^[\p{L}\p{Z}\p{N}_.:/=+\-@]*$`)
)

// checkDefinitionRules holds a task definition against the rules of ECS that its model does not carry.
func checkDefinitionRules(found *findings, document map[string]any) {
	d := node{found, "task_definition", document}
	containers := d.list("containerDefinitions")
	if len(containers) > maxContainers {
		d.problem("containerDefinitions", "", "there are %d containers, ECS takes %d", len(containers), maxContainers)
	}
	if size := len(compact(document)); size > maxDefinitionSize {
		found.add(d.path, "put large values where the flow reads them, such as S3 or a Prefect block",
			"it is %d characters long, ECS takes %d", size, maxDefinitionSize)
	}
	forFargate := contains(document["requiresCompatibilities"], fargate)
	names := map[string]bool{}
	for _, c := range containers {
		if name := c.text("name"); name != "" && names[name] {
			c.problem("name", "", "another container is called %q", name)
		}
		names[c.text("name")] = true
		checkContainer(c, d.text("networkMode"), forFargate)
	}
	checkBetween(d, containers)
	checkDefinitionRoles(d, containers, forFargate)
	checkDefinitionTags(d)
	if forFargate {
		checkFargateDefinition(d, containers)
	}
}

func contains(list any, wanted string) bool {
	items, _ := list.([]any)
	for _, item := range items {
		if item == any(wanted) {
			return true
		}
	}
	return false
}

// checkBetween checks what containers say of each other and of volumes.
func checkBetween(d node, containers []node) {
	volumes := map[string]bool{}
	for _, volume := range d.list("volumes") {
		volumes[volume.text("name")] = true
	}
	byName, routers, users := map[string]node{}, 0, 0
	for _, c := range containers {
		byName[c.text("name")] = c
		if c.has("firelensConfiguration") {
			routers++
		}
		if c.child("logConfiguration").text("logDriver") == "awsfirelens" {
			users++
		}
		for _, mount := range c.list("mountPoints") {
			if name := mount.text("sourceVolume"); !volumes[name] {
				mount.problem("sourceVolume", "declare it in volumes", "there is no volume %q", name)
			}
		}
	}
	if routers > 1 || routers == 0 && users > 0 || routers == 1 && users == 0 {
		d.problem("containerDefinitions", "",
			"containers that log by awsfirelens need one with a firelensConfiguration, and that one needs them")
	}
	for _, c := range containers {
		for _, dependency := range c.list("dependsOn") {
			checkDependency(c, dependency, byName)
		}
	}
}

func checkDependency(c, dependency node, byName map[string]node) {
	name := dependency.text("containerName")
	other, known := byName[name]
	switch condition := dependency.text("condition"); {
	case !known || name == c.text("name"):
		dependency.problem("containerName", "", "there is no other container %q", name)
	case (condition == "COMPLETE" || condition == "SUCCESS") && essential(other.object):
		dependency.problem("condition", "set essential: false on it",
			"the container %q is essential: its end is that of the task", name)
	case condition == "HEALTHY" && !other.has("healthCheck"):
		dependency.problem("condition", "give it a healthCheck", "the container %q has no health check", name)
	}
}

// checkDefinitionRoles checks the roles' form, and that there is one where it is needed.
func checkDefinitionRoles(d node, containers []node, forFargate bool) {
	for _, key := range []string{"taskRoleArn", "executionRoleArn"} {
		if role := d.text(key); strings.HasPrefix(role, "arn:") && !roleARN.MatchString(role) {
			d.problem(key, "", "it is not the ARN of a role")
		}
	}
	if d.has("executionRoleArn") {
		return
	}
	for _, c := range containers {
		why := ""
		switch {
		case c.has("secrets"):
			why = "secrets"
		case forFargate && ecrImage.MatchString(c.text("image")):
			why = "images of ECR"
		case forFargate && c.child("logConfiguration").text("logDriver") == "awslogs":
			why = "the log driver awslogs"
		case forFargate && c.has("repositoryCredentials"):
			why = "repositoryCredentials"
		}
		if why != "" {
			d.problem("executionRoleArn", "set the job variable execution_role_arn", "%s need an execution role", why)
			return
		}
	}
}

func checkDefinitionTags(d node) {
	for _, t := range d.list("tags") {
		key, value := t.text("key"), t.text("value")
		if reserved := strings.HasPrefix(strings.ToLower(key), reservedTagPrefix); key == "" || reserved ||
			!isTagText(key, maxTagKey) {
			t.problem("key", "", "ECS takes letters, digits, spaces and _.:/=+-@, at most %d, and no aws: in front",
				maxTagKey)
		}
		if !isTagText(value, maxTagValue) {
			t.problem("value", "", "ECS takes letters, digits, spaces and _.:/=+-@, at most %d", maxTagValue)
		}
	}
}

func isTagText(text string, limit int) bool {
	return utf8.RuneCountInString(text) <= limit && tagSyntax.MatchString(text)
}

func checkFargateDefinition(d node, containers []node) {
	d.without(onFargate, "ipcMode", "placementConstraints")
	if d.text("networkMode") != awsvpc {
		d.problem("networkMode", "use "+awsvpc+", or the launch type EC2 without FARGATE in requiresCompatibilities",
			"Fargate has no network mode but %s", awsvpc)
	}
	if d.text("pidMode") == "host" {
		d.problem("pidMode", "use task", onFargate)
	}
	for _, volume := range d.list("volumes") {
		volume.child("host").without(onFargate, "sourcePath")
		volume.without(onFargate, "dockerVolumeConfiguration")
	}
	units, _ := cpuUnits(d.text("cpu"))
	mebibytes, known := memoryMiB(d.text("memory"))
	sum := int64(0)
	for _, c := range containers {
		cpu, _ := c.number("cpu")
		sum += cpu
		for _, key := range []string{"memory", "memoryReservation"} {
			if most, _ := c.number(key); known && most > int64(mebibytes) {
				c.problem(key, "", "it is above the memory of the task, %d", mebibytes)
			}
		}
	}
	if units > 0 && sum > int64(units) {
		d.problem("containerDefinitions", "", "the containers have CPU %d together, the task has %d", sum, units)
	}
}
