package jobtemplate

import (
	"slices"
	"strconv"
	"strings"
)

const (
	defaultCPU    = "1024" // units, a full vCPU
	defaultMemory = "2048" // MiB
	fargate       = "FARGATE"
	fargateSpot   = "FARGATE_SPOT"
	ec2           = "EC2"
	awsvpc        = "awsvpc"
	logRegion     = "awslogs-region"

	// defaultImagePython is the Python of the default image: one that the images of
	// all supported Prefect versions have.
	defaultImagePython = "3.12"
)

// define makes the task definition, all but the region of its logs.
func (j *Job) define(found *findings) map[string]any {
	document := cloneObject(j.config.taskDefinition)
	containers, container := j.runContainer(found, containersOf(found, document))
	document["containerDefinitions"] = toList(containers)
	if _, given := container["image"]; !given {
		container["image"] = j.defaultImage(found)
	}
	dropUnset(found, container)
	if j.config.cloudwatchLogs {
		container["logConfiguration"] = j.logConfiguration()
	}
	document["family"] = j.family(document)
	j.size(found, document, container)
	dropEmpty(document)
	j.addSecrets(found, container)
	return document
}

func toList(objects []map[string]any) []any {
	out := make([]any, len(objects))
	for i, object := range objects {
		out[i] = object
	}
	return out
}

func (j *Job) defaultImage(found *findings) string {
	if j.subject.version == "" {
		found.add("image", "set the job variable image",
			"there is no image, and the Prefect version that would name one is not known")
		return ""
	}
	return "prefecthq/prefect:" + j.subject.version + "-python" + defaultImagePython
}

// dropUnset removes the variables of the container that have no value.
func dropUnset(found *findings, container map[string]any) {
	if _, given := container["environment"]; !given {
		return
	}
	kept := []any{}
	for _, item := range environmentList(found, "task_definition.containerDefinitions.environment", container) {
		if item["value"] != nil {
			kept = append(kept, item)
		}
	}
	container["environment"] = kept
}

func (j *Job) logConfiguration() map[string]any {
	options := map[string]any{
		"awslogs-create-group": "true",
		"awslogs-group":        "prefect",
		"awslogs-stream-prefix": firstOf(j.config.cloudwatchPrefix,
			streamText(suffixed("prefect-logs", j.subject.poolName(), j.subject.source()))),
	}
	for name, value := range j.config.cloudwatchOption {
		options[name] = value
	}
	return map[string]any{"logDriver": "awslogs", "options": options}
}

// family is the definition's own family as it is, or a generated one with what ECS
// refuses replaced.
func (j *Job) family(document map[string]any) any {
	if given := document["family"]; truthy(given) {
		return given
	}
	return familyText(suffixed("prefect", j.subject.poolName(), j.subject.source()))
}

// size puts CPU and memory where the launch type wants them: on the task for Fargate,
// on the container elsewhere.
func (j *Job) size(found *findings, document, container map[string]any) {
	cpu, memory := any(defaultCPU), any(defaultMemory)
	if truthy(document["cpu"]) {
		cpu = document["cpu"]
	}
	if truthy(document["memory"]) {
		memory = document["memory"]
	}
	switch j.config.runRequest["launchType"] {
	case fargate, fargateSpot:
		document["cpu"], document["memory"] = pyText(cpu), pyText(memory)
		forFargate(found, document)
	default:
		containerSize(found, container, "cpu", cpu)
		containerSize(found, container, "memory", memory)
	}
	for _, key := range []string{"cpu", "memory"} {
		if truthy(document[key]) {
			document[key] = pyText(document[key])
		}
	}
}

func forFargate(found *findings, document map[string]any) {
	given, isGiven := document["requiresCompatibilities"]
	list, ok := given.([]any)
	if isGiven && !ok {
		found.add("task_definition.requiresCompatibilities", "", "it is %s, not a list", kind(given))
	}
	if !slices.Contains(list, any(fargate)) {
		list = append(slices.Clone(list), fargate)
	}
	document["requiresCompatibilities"] = list
	if _, given := document["networkMode"]; !given {
		document["networkMode"] = awsvpc
	}
}

func containerSize(found *findings, container map[string]any, key string, value any) {
	n, ok := pyInt(value)
	if !ok {
		found.add("task_definition."+key, "without Fargate it must be a whole number of units or MiB",
			"it is no number")
	}
	if _, given := container[key]; !given {
		container[key] = number(n)
	}
}

// dropEmpty removes keys without a value (null, "", 0, [] and {}, but not false) at
// any depth, as far as objects and lists of objects go.
func dropEmpty(object map[string]any) {
	for key, value := range object {
		if !truthy(value) && value != any(false) {
			delete(object, key)
		}
		switch value := value.(type) {
		case map[string]any:
			dropEmpty(value)
		case []any:
			for _, item := range value {
				if child, ok := item.(map[string]any); ok {
					dropEmpty(child)
				}
			}
		}
	}
}

// addSecrets gives the container its Prefect secrets instead of plain variables.
// Those of the user stay; of the same name, the configured one is used.
func (j *Job) addSecrets(found *findings, container map[string]any) {
	secrets := j.config.secrets()
	if len(secrets) == 0 {
		return
	}
	if environment, given := container["environment"].([]any); given {
		container["environment"] = slices.DeleteFunc(environment, func(item any) bool {
			object, _ := item.(map[string]any)
			return secrets[field(object, "name")] != ""
		})
	}
	r := reader{container, "task_definition.containerDefinitions.", found}
	list := []any{}
	for _, secret := range r.optionalObjects("secrets") {
		if arn, ours := secrets[field(secret, "name")]; ours {
			secret["valueFrom"] = arn
			delete(secrets, field(secret, "name"))
		}
		list = append(list, secret)
	}
	for _, name := range sortedKeys(secrets) {
		list = append(list, map[string]any{"name": name, "valueFrom": secrets[name]})
	}
	container["secrets"] = list
}

func joinNames(names []string) string { return strings.Join(names, ", ") }

func number(n int64) any { return jsonNumber(strconv.FormatInt(n, 10)) }
