package jobtemplate

import (
	"fmt"
	"maps"
)

// template is a base job template: what is configured, from which variables.
type template struct {
	configuration   map[string]any
	properties      map[string]any // the declared variables
	numbersAreTexts bool           // as for Prefect 2
}

// readTemplate checks the outer shape of a base job template: the one that is given, or the pool's.
func readTemplate(found *findings, in Inputs, s subject) (t template) {
	document, err := in.Decoded.object(in.BaseJobTemplate)
	if len(in.BaseJobTemplate) == 0 {
		document, err = objectOr(s.pool["base_job_template"])
	}
	if err != nil {
		found.add("base_job_template", "see `prefect work-pool get-default-base-job-template --type ecs`",
			"it is not a JSON object: %v", err)
		return t
	}
	t.configuration = requiredObject(found, document, "job_configuration")
	variables := requiredObject(found, document, "variables")
	if properties, given := variables["properties"]; given {
		object, ok := properties.(map[string]any)
		if !ok {
			found.add("base_job_template.variables.properties", "", "it is %s, not an object", kind(properties))
		}
		t.properties = object
	}
	return t
}

// objectOr is a value that must be an object; null is an empty one.
func objectOr(value any) (map[string]any, error) {
	object, ok := value.(map[string]any)
	if !ok && value != nil {
		return nil, fmt.Errorf("it is %s, not an object", kind(value))
	}
	return object, nil
}

func requiredObject(found *findings, document map[string]any, key string) map[string]any {
	value, given := document[key]
	if !given {
		found.add("base_job_template."+key, "a base job template has the keys job_configuration and variables",
			"it is missing")
		return nil
	}
	object, ok := value.(map[string]any)
	if !ok {
		found.add("base_job_template."+key, "", "it is %s, not an object", kind(value))
	}
	return object
}

// populate makes the job configuration: defaults and job variables filled into the
// template, references to blocks and variables resolved.
func (t template) populate(found *findings, variables map[string]any, environ func(string) (string, bool),
	refs *references) map[string]any {
	values := variableDefaults(found, t.properties)
	defaultEnv, defaultLogs := values["env"], values[logOptionsVariable]
	for key, value := range nest(found, variables) {
		values[key] = value
	}
	keepLogGroup(values, defaultLogs)
	if t.numbersAreTexts {
		numbersToTexts(values)
	}
	configuration := maps.Clone(t.configuration)
	mergeEnv(found, configuration, defaultEnv, values["env"])
	populated, _ := expander{values: values, environ: environ, budget: refs.budget}.expand(configuration)
	populated = refs.variables(refs.blocks(populated))
	object, ok := populated.(map[string]any)
	if !ok {
		found.add("base_job_template.job_configuration", "", "it resolves to %s, not an object", kind(populated))
	}
	return object
}
