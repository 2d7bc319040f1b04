package jobtemplate

import (
	"fmt"
	"slices"
)

// request makes the RunTask request, all but its network.
func (j *Job) request(found *findings, facts definitionFacts, launch Launch) map[string]any {
	document := cloneObject(j.config.runRequest)
	document["taskDefinition"] = launch.TaskDefinition
	if j.Cluster != "" && !truthy(document["cluster"]) {
		document["cluster"] = j.Cluster
	}
	if facts.networkMode == awsvpc && !truthy(document["networkConfiguration"]) {
		delete(document, "networkConfiguration") // one is put in its place: setNetwork
	}
	setLaunchType(found, document, facts)
	j.override(found, document, facts)
	var tags any = []any{}
	if given, ok := document["tags"]; ok {
		tags = given
	}
	if all := runTags(found, tags, j.Labels, launch.Registered && j.AutoDeregister); len(all) > 0 {
		document["tags"] = all
	}
	setDefault(document, "clientToken", launch.ClientToken)
	setDefault(document, "startedBy", launch.StartedBy)
	return document
}

func setDefault(document map[string]any, key, value string) {
	if _, given := document[key]; !given && value != "" {
		document[key] = value
	}
}

// setLaunchType decides between launchType and capacityProviderStrategy: AWS takes
// one of them, and Fargate Spot is only to be had with a strategy.
func setLaunchType(found *findings, document map[string]any, facts definitionFacts) {
	if !truthy(document["launchType"]) {
		delete(document, "launchType")
		if !slices.Contains(facts.compatible, ec2) {
			document["launchType"] = fargate
		}
	}
	switch {
	case truthy(document["capacityProviderStrategy"]):
		// With EC2 the launch type also says how the definition is written, so both are right.
		if launchType, given := document["launchType"]; given && launchType != ec2 {
			found.warn("the launch type %s is left out, because there is a capacity provider strategy",
				pyText(launchType))
		}
		delete(document, "launchType")
	case document["launchType"] == fargateSpot:
		delete(document, "launchType")
		document["capacityProviderStrategy"] = []any{map[string]any{
			"capacityProvider": fargateSpot, "weight": number(1),
		}}
	}
}

const overridesPath = "task_run_request.overrides"

// override fills in the overrides: the run's command and environment for its own
// container, and AWS's form for all.
func (j *Job) override(found *findings, document map[string]any, facts definitionFacts) {
	value, given := document["overrides"]
	overrides, ok := value.(map[string]any)
	if given && !ok {
		found.add(overridesPath, "", "it is %s, not an object", kind(value))
	}
	if !ok {
		return
	}
	r := reader{overrides, overridesPath + ".", found}
	containers := r.objects("containerOverrides")
	name := firstOf(j.config.containerName, facts.container, prefectContainer)
	if len(containers) > 0 && !truthy(containers[0]["name"]) {
		containers[0]["name"] = name
	}
	own := containerNamed(containers, name)
	if own != nil {
		own["command"] = j.Command
	}
	for i, container := range containers {
		tidyOverride(found, fmt.Sprintf("%s.containerOverrides[%d]", overridesPath, i), container)
	}
	if own != nil {
		j.addEnvironment(found, own, facts.secrets[name])
	}
	overrides["containerOverrides"] = toList(containers)
	for _, key := range []string{"cpu", "memory"} {
		if truthy(overrides[key]) {
			overrides[key] = pyText(overrides[key])
		}
	}
}

// tidyOverride turns what templates may write (a command as text, an environment as
// an object) into what AWS wants.
func tidyOverride(found *findings, path string, container map[string]any) {
	if text, ok := container["command"].(string); ok {
		words, err := splitCommand(text)
		if err != nil {
			found.add(path+".command", "", "%v", err)
		}
		container["command"] = toStrings(words)
	}
	kept := []any{}
	for _, item := range environmentOf(found, path+".environment", container) {
		if item["value"] != nil {
			kept = append(kept, item)
		}
	}
	container["environment"] = kept
}

func toStrings(words []string) []any {
	out := make([]any, len(words))
	for i, word := range words {
		out[i] = word
	}
	return out
}

// environmentOf reads the environment of an override: an object, or AWS's list.
func environmentOf(found *findings, path string, container map[string]any) []map[string]any {
	if object, ok := container["environment"].(map[string]any); ok {
		items := make([]map[string]any, 0, len(object))
		for _, name := range sortedKeys(object) {
			items = append(items, map[string]any{"name": name, "value": object[name]})
		}
		return items
	}
	return environmentList(found, path, container)
}

// environmentList reads an environment as AWS has it: a list of objects with a name
// and a value.
func environmentList(found *findings, path string, container map[string]any) []map[string]any {
	r := reader{container, path[:len(path)-len("environment")], found}
	items := r.objects("environment")
	for i, item := range items {
		for _, key := range []string{"name", "value"} {
			if _, given := item[key]; !given {
				found.add(fmt.Sprintf("%s[%d]", path, i), "", "it has no %s", key)
			}
		}
	}
	return items
}

// addEnvironment puts the run's environment over that of its container. A variable
// that the job sets to null is not there: the merged environment leaves it out.
func (j *Job) addEnvironment(found *findings, container map[string]any, secrets map[string]bool) {
	env := j.besideSecrets(found, secrets)
	var environment []any
	for _, item := range container["environment"].([]any) { // made by tidyOverride
		if _, replaced := env[field(item.(map[string]any), "name")]; !replaced {
			environment = append(environment, item)
		}
	}
	for _, name := range sortedKeys(env) {
		environment = append(environment, map[string]any{"name": name, "value": env[name]})
	}
	if len(environment) > 0 {
		container["environment"] = environment
	}
}

// besideSecrets is the run's environment without those of the worker's settings that the
// definition has as secrets: an override is read by everybody who may look at the task.
// What the job itself sets stays, with a warning.
func (j *Job) besideSecrets(found *findings, secrets map[string]bool) map[string]string {
	env := map[string]string{}
	for name, value := range j.Env {
		_, own := j.config.env[name]
		switch {
		case !secrets[name]:
		case own:
			found.warn("env sets %s, which the task definition has as a secret: its value can be read in the task's "+
				"overrides", name)
		case HandedDown(name):
			continue
		}
		env[name] = value
	}
	return env
}
