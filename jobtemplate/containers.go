package jobtemplate

import (
	"fmt"
	"slices"

	"ecsctl/internal/closest"
)

// prefectContainer is the name of the container that runs the flow, unless the job
// names another.
const prefectContainer = "prefect"

// containersOf returns the non-empty container definitions of a document. What is empty is
// none, whatever its type.
func containersOf(found *findings, document map[string]any) []map[string]any {
	if list, ok := document["containerDefinitions"].([]any); ok {
		list = slices.DeleteFunc(slices.Clone(list), func(item any) bool { return !truthy(item) })
		document = map[string]any{"containerDefinitions": list}
	}
	r := reader{document, "task_definition.", found}
	var out []map[string]any
	for _, container := range r.objects("containerDefinitions") {
		if len(container) > 0 {
			out = append(out, container)
		}
	}
	return out
}

func containerNamed(containers []map[string]any, name string) map[string]any {
	for _, container := range containers {
		if container["name"] == name {
			return container
		}
	}
	return nil
}

// inferName is the name of the container that the run belongs in: "prefect" if there
// is one, else that of the first.
func inferName(containers []map[string]any) string {
	switch {
	case containerNamed(containers, prefectContainer) != nil:
		return prefectContainer
	case len(containers) > 0:
		return field(containers[0], "name")
	default:
		return ""
	}
}

// runContainer finds the container that the run belongs in, or makes it.
func (j *Job) runContainer(found *findings, containers []map[string]any) ([]map[string]any, map[string]any) {
	name := firstOf(j.config.containerName, inferName(containers), prefectContainer)
	if container := containerNamed(containers, name); container != nil {
		return containers, container
	}
	if name != prefectContainer {
		found.add("container_name", containerHint(name, containers), "the task definition has no container %q", name)
	}
	for _, container := range containers {
		if _, named := container["name"]; !named {
			container["name"] = name
			return containers, container
		}
	}
	container := map[string]any{"name": name}
	return append(containers, container), container
}

func containerHint(name string, containers []map[string]any) string {
	var names []string
	for _, container := range containers {
		if known := field(container, "name"); known != "" {
			names = append(names, known)
		}
	}
	if near, ok := closest.Of(name, names); ok {
		return fmt.Sprintf("did you mean %q?", near)
	}
	if len(names) == 0 {
		return ""
	}
	return "it has " + joinNames(names)
}
