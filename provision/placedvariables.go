package provision

import (
	"encoding/json"
	"fmt"
	"slices"

	"ecsctl/internal/hint"
	"ecsctl/internal/orderedjson"
)

// placedVariable is something that ECS takes of a task and that Prefect's own template has no variable for. When a
// Spec names it, bootstrap declares it and puts its placeholder where ECS looks.
type placedVariable struct {
	at     []string // keys of job_configuration
	schema string
}

// The steps of a path that are no keys.
const (
	flowContainer = "[flow]" // the container that runs the flow
	nextContainer = "[+]"    // one more behind those that are there
)

var placedVariables = withSidecars(map[string]placedVariable{
	"container_secrets": {inFlowContainer("secrets"), `{"title": "Container Secrets", "type": "array",
		"description": "Secrets and parameters for the flow's container, each with name and valueFrom.",
		"items": {"type": "object"}}`},
	"mount_points": {inFlowContainer("mountPoints"), `{"title": "Mount Points", "type": "array",
		"description": "Where volumes are in the flow's container: sourceVolume and containerPath.",
		"items": {"type": "object"}}`},
	"volumes": {inDefinition("volumes"), `{"title": "Volumes", "type": "array",
		"description": "Volumes of the task, such as an EFS file system.", "items": {"type": "object"}}`},
	"ephemeral_storage": {inDefinition("ephemeralStorage"), `{"title": "Ephemeral Storage", "type": "object",
		"description": "The task's own disk on Fargate: sizeInGiB, 21 to 200."}`},
	"network_mode": {inDefinition("networkMode"), `{"title": "Network Mode", "type": "string",
		"description": "awsvpc, host, bridge or none; on Fargate awsvpc."}`},
	"requires_compatibilities": {inDefinition("requiresCompatibilities"), `{"title": "Requires Compatibilities",
		"type": "array", "description": "What ECS checks the task definition for: FARGATE, EC2, MANAGED_INSTANCES.",
		"items": {"type": "string"}}`},
	"resource_requirements": {inFlowContainer("resourceRequirements"), `{"title": "Resource Requirements",
		"type": "array", "description": "GPUs of the flow's container: type GPU and value, such as 1.",
		"items": {"type": "object"}}`},
	"runtime_platform": {inDefinition("runtimePlatform"), `{"title": "Runtime Platform", "type": "object",
		"description": "cpuArchitecture, X86_64 or ARM64, and operatingSystemFamily."}`},
	"volume_configurations": {inRequest("volumeConfigurations"), `{"title": "Volume Configurations", "type": "array",
		"description": "EBS volumes that ECS makes for the task.", "items": {"type": "object"}}`},
	"enable_execute_command": {inRequest("enableExecuteCommand"), `{"title": "Enable Execute Command",
		"description": "Let ECS Exec into the task.", "type": "boolean"}`},
})

// containersOfATask is how many containers a task definition takes (Amazon ECS service quotas).
const containersOfATask = 10

// withSidecars adds sidecar, sidecar_2 and so on, as many as a task takes beside the flow's container.
func withSidecars(variables map[string]placedVariable) map[string]placedVariable {
	sidecar := placedVariable{inDefinition("containerDefinitions", nextContainer),
		`{"title": "Sidecar", "type": "object",
	"description": "A container beside the flow's, as in a task definition."}`}
	variables["sidecar"] = sidecar
	for n := 2; n < containersOfATask; n++ {
		variables[fmt.Sprintf("sidecar_%d", n)] = sidecar
	}
	return variables
}

func inDefinition(keys ...string) []string { return append([]string{"task_definition"}, keys...) }
func inRequest(key string) []string        { return []string{"task_run_request", key} }
func inFlowContainer(key string) []string {
	return inDefinition("containerDefinitions", flowContainer, key)
}

func (v placedVariable) ofDefinition() bool { return v.at[0] == "task_definition" }

// checkPlaced says why a variable cannot be put into the template.
func (p *workPool) checkPlaced(name string, v placedVariable) error {
	if p.template.has(name) {
		return nil
	}
	if _, err := p.template.placed(name, v); err != nil {
		return fmt.Errorf("job variable %q: in the template of work pool %q %w", name, p.w.spec.Pool, err)
	}
	return nil
}

// checkTaken refuses variables of the task definition where the pool names one that is registered already.
func (p *workPool) checkTaken(name string) error {
	if v, ok := placedVariables[name]; ok && !v.ofDefinition() || !ok && !slices.Contains(definitionVariables, name) {
		return nil
	}
	definition := p.theirText(definitionVariable)
	if definition == "" {
		return nil
	}
	return hint.Add(fmt.Errorf("job variable %q has no effect: work pool %q names the task definition %s, which is "+
		"used as it is", name, p.w.spec.Pool, definition),
		"register a revision of it that has what you want, or take "+definitionVariable+" out of the pool")
}

// placed is job_configuration with the placeholder of a variable.
func (t *poolTemplate) placed(name string, v placedVariable) (orderedjson.Object, error) {
	raw, err := t.config.MarshalJSON()
	if err != nil {
		return nil, err
	}
	placeholder, _ := json.Marshal("{{ " + name + " }}") // a string always has a JSON form
	if raw, err = putAt(raw, v.at, placeholder); err != nil {
		return nil, err
	}
	var config orderedjson.Object
	return config, json.Unmarshal(raw, &config)
}

// placeVariable declares a variable and uses it.
func (t *poolTemplate) placeVariable(name string, v placedVariable) error {
	config, err := t.placed(name, v)
	if err != nil {
		return err
	}
	var schema json.RawMessage
	if err := json.Unmarshal([]byte(v.schema), &schema); err != nil {
		return err
	}
	t.config = config
	t.declare(name, schema)
	return nil
}

// putAt puts a value at the end of a path in a JSON document that has all of the path but the end.
func putAt(raw json.RawMessage, path []string, value json.RawMessage) (json.RawMessage, error) {
	key, rest := path[0], path[1:]
	if key == flowContainer || key == nextContainer {
		return putInList(raw, path, value)
	}
	var object orderedjson.Object
	if err := json.Unmarshal(raw, &object); err != nil {
		return nil, fmt.Errorf("%s is in no object", key)
	}
	child := object.Get(key)
	switch {
	case len(rest) > 0 && child == nil:
		return nil, fmt.Errorf("%s is missing", key)
	case len(rest) > 0:
		var err error
		if value, err = putAt(child, rest, value); err != nil {
			return nil, err
		}
	case child != nil:
		return nil, fmt.Errorf("%s is %s already: change it there", key, child)
	}
	object.Set(key, value)
	return object.MarshalJSON()
}

func putInList(raw json.RawMessage, path []string, value json.RawMessage) (json.RawMessage, error) {
	var list []json.RawMessage
	if err := json.Unmarshal(raw, &list); err != nil {
		return nil, fmt.Errorf("containerDefinitions is no list")
	}
	if path[0] == nextContainer {
		return json.Marshal(append(list, value))
	}
	i := slices.IndexFunc(list, isFlowContainer)
	if i < 0 {
		i = 0 // the worker takes the first one, too
	}
	if len(list) == 0 {
		return nil, fmt.Errorf("containerDefinitions is empty")
	}
	var err error
	if list[i], err = putAt(list[i], path[1:], value); err != nil {
		return nil, err
	}
	return json.Marshal(list)
}

// isFlowContainer reports whether a container definition is of the name that the worker looks for.
func isFlowContainer(raw json.RawMessage) bool {
	var container struct{ Name string }
	return json.Unmarshal(raw, &container) == nil &&
		(container.Name == "prefect" || container.Name == "{{ container_name }}")
}

// withoutPlaceholder takes out every value that is the variable's placeholder and nothing else.
func withoutPlaceholder(raw json.RawMessage, name string) (json.RawMessage, error) {
	var object orderedjson.Object
	if json.Unmarshal(raw, &object) == nil && len(raw) > 0 {
		for _, member := range slices.Clone(object) {
			if isPlaceholder(member.Value, name) {
				object.Delete(member.Key)
				continue
			}
			value, err := withoutPlaceholder(member.Value, name)
			if err != nil {
				return nil, err
			}
			object.Set(member.Key, value)
		}
		return object.MarshalJSON()
	}
	var list []json.RawMessage
	if json.Unmarshal(raw, &list) != nil || list == nil {
		return raw, nil
	}
	list = slices.DeleteFunc(list, func(item json.RawMessage) bool { return isPlaceholder(item, name) })
	for i := range list {
		var err error
		if list[i], err = withoutPlaceholder(list[i], name); err != nil {
			return nil, err
		}
	}
	return json.Marshal(list)
}

func isPlaceholder(raw json.RawMessage, name string) bool {
	var text string
	return json.Unmarshal(raw, &text) == nil && text == "{{ "+name+" }}"
}
