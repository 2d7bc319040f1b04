package jobtemplate

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// maxOverrides is the number of characters that RunTask takes for all overrides,
// JSON and all.
const maxOverrides = 8192

// checkDefinitionDocument checks a RegisterTaskDefinition request.
func checkDefinitionDocument(found *findings, document map[string]any) {
	checkShape(found, "task_definition", registerSchema, registerType, document)
	for i, container := range containerObjects(document["containerDefinitions"]) {
		path := fmt.Sprintf("task_definition.containerDefinitions[%d].", i)
		if field(container, "image") == "" {
			found.add(path+"image", "set the job variable image", "there is no image")
		}
		if field(container, "name") == "" {
			found.add(path+"name", "if it is container_name, take it out of the job variables",
				"the container has no name")
		}
	}
	if family := field(document, "family"); family != "" &&
		(notInFamilies.MatchString(family) || len(family) > maxFamily) {
		advice := fmt.Sprintf("use %q", familyText(family))
		if found.say(family) != family {
			advice = "" // a part of it is secret
		}
		found.add("task_definition.family", advice,
			"a family has at most 255 letters, digits, hyphens and underscores")
	}
	checkEphemeralStorage(found, "task_definition.ephemeralStorage", document["ephemeralStorage"])
	checkDefinitionRules(found, document)
}

// checkRequestDocument checks a RunTask request. facts are of the definition that it runs.
func checkRequestDocument(found *findings, document map[string]any, facts definitionFacts) {
	checkShape(found, "task_run_request", runTaskSchema, runTaskType, document)
	checkRequestRules(found, document, facts)
	if overrides, ok := document["overrides"].(map[string]any); ok {
		checkOverrides(found, overrides)
		checkEphemeralStorage(found, overridesPath+".ephemeralStorage", overrides["ephemeralStorage"])
	}
}

// checkEphemeralStorage checks the size that Fargate has: 21 to 200 GiB; 20 is there
// without asking.
func checkEphemeralStorage(found *findings, path string, value any) {
	object, _ := value.(map[string]any)
	size, ok := object["sizeInGiB"].(json.Number)
	if !ok {
		return
	}
	if n, err := size.Int64(); err == nil && (n < 21 || n > 200) {
		found.add(path+".sizeInGiB", "", "it must be between 21 and 200, or left out for 20")
	}
}

func checkOverrides(found *findings, overrides map[string]any) {
	length := len(compact(overrides))
	if length <= maxOverrides {
		return
	}
	found.add(overridesPath, "keep large values elsewhere (a secret, a file, a block); the largest are "+
		joinNames(largest(overrides, 5)),
		"they are %d characters long, AWS takes %d", length, maxOverrides)
}

func compact(value any) string {
	var out strings.Builder
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(value); err != nil {
		return "" // plain JSON values always encode
	}
	return strings.TrimSuffix(out.String(), "\n")
}

// largest names the largest entries of the overrides with their length, never with
// what is in them.
func largest(overrides map[string]any, count int) []string {
	type entry struct {
		name string
		size int
	}
	var entries []entry
	for _, container := range containerObjects(overrides["containerOverrides"]) {
		for key, value := range container {
			if key != "environment" {
				entries = append(entries, entry{key, len(compact(value))})
			}
		}
		for _, item := range containerObjects(container["environment"]) {
			entries = append(entries, entry{"environment variable " + pyText(item["name"]), len(compact(item))})
		}
	}
	slices.SortStableFunc(entries, func(a, b entry) int {
		return cmp.Or(cmp.Compare(b.size, a.size), cmp.Compare(a.name, b.name))
	})
	var out []string
	for _, e := range entries[:min(count, len(entries))] {
		out = append(out, fmt.Sprintf("%s (%d)", e.name, e.size))
	}
	return out
}

func containerObjects(value any) []map[string]any {
	list, _ := value.([]any)
	var out []map[string]any
	for _, item := range list {
		if object, ok := item.(map[string]any); ok {
			out = append(out, object)
		}
	}
	return out
}
