package jobtemplate

import (
	"maps"
	"strings"
)

// layer lays one set of job variables over another: env is merged when both have
// one, everything else is replaced.
func layer(found *findings, base, over map[string]any, overName string) map[string]any {
	out := maps.Clone(base)
	for key, value := range over {
		out[key] = value
	}
	baseEnv, merges := base["env"].(map[string]any)
	overEnv, given := over["env"]
	if !merges || !given {
		return out
	}
	object, ok := overEnv.(map[string]any)
	if !ok && !emptySequence(overEnv) {
		found.add(overName+".env", "write env as an object of names and values", "it is %s", kind(overEnv))
	}
	merged := maps.Clone(baseEnv)
	maps.Copy(merged, object)
	out["env"] = merged
	return out
}

// nest turns keys with dots ("env.FOO") into objects. A key without dots goes over
// what its dotted relatives say.
func nest(found *findings, variables map[string]any) map[string]any {
	out := map[string]any{}
	for _, key := range sortedKeys(variables) {
		if !strings.Contains(key, ".") {
			continue
		}
		if strings.Count(key, ".")+strings.Count(key, "[") > maxPathDepth {
			found.add("job_variables", "", "the job variable %q has more than %d parts", key[:maxPathDepth],
				maxPathDepth)
			continue
		}
		if err := setPath(out, key, clone(variables[key])); err != nil {
			found.add("job_variables", "keep one of the two", "the job variable %q clashes: %v", key, err)
		}
	}
	for key, value := range variables {
		if strings.Contains(key, ".") {
			continue
		}
		dotted, wasObject := out[key].(map[string]any)
		if object, ok := value.(map[string]any); ok && wasObject {
			value = deepMerge(dotted, object)
		}
		out[key] = value
	}
	return out
}

// variableDefaults are the defaults of a template's variables; null is none.
func variableDefaults(found *findings, properties map[string]any) map[string]any {
	defaults := map[string]any{}
	for _, name := range sortedKeys(properties) {
		declared, ok := properties[name].(map[string]any)
		if !ok {
			found.add("variables.properties."+name, "", "it is %s, not an object", kind(properties[name]))
			continue
		}
		if value := declared["default"]; value != nil {
			defaults[name] = value
		}
	}
	return defaults
}

// mergeEnv puts the env of the pool's defaults and of the job into the configuration
// before it is expanded, so that each keeps what the other does not name. Placeholders
// within those values are expanded too, as with the official worker.
func mergeEnv(found *findings, configuration map[string]any, defaults, variables any) {
	if truthy(defaults) {
		configuration["env"] = joinEnv(found, "variables.properties.env.default", configuration["env"], defaults)
	}
	if _, ok := configuration["env"].(map[string]any); ok && truthy(variables) {
		configuration["env"] = joinEnv(found, "job_variables.env", configuration["env"], variables)
	}
}

func joinEnv(found *findings, path string, base, over any) any {
	object, ok := over.(map[string]any)
	if !ok {
		found.add(path, "write env as an object of names and values", "it is %s", kind(over))
		return base
	}
	env, ok := base.(map[string]any)
	if !ok {
		return over
	}
	merged := maps.Clone(env)
	maps.Copy(merged, object)
	return merged
}
