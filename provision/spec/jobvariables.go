package spec

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"ecsctl/jobtemplate"
)

// ownSettings are the variables of pools that have a setting of their own, which does more than to set them.
var ownSettings = map[string]string{
	"cluster": "cluster", "image": "flowRuns.image", "cpu": "flowRuns.cpu", "memory": "flowRuns.memory",
	"launch_type": "flowRuns.launchType", "execution_role_arn": "flowRuns.executionRole",
	"task_role_arn": "flowRuns.taskRole", "configure_cloudwatch_logs": "flowRuns.logs",
	"prefect_api_key_secret_arn": "prefect.apiKeySecret", "prefect_api_auth_string_secret_arn": "prefect.apiKeySecret",
}

func (f FlowRuns) checkJobVariables() []error {
	var errs []error
	for _, name := range slices.Sorted(maps.Keys(f.JobVariables)) {
		if setting, ok := ownSettings[name]; ok {
			errs = append(errs, fmt.Errorf("job variable %q has a setting of its own: %s", name, setting))
		}
	}
	for _, name := range slices.Sorted(maps.Keys(f.JobVariables)) {
		if strings.HasPrefix(name, "sidecar") {
			errs = append(errs, checkEnv("job variable "+name, environmentNames(f.JobVariables[name]))...)
		}
	}
	if _, named := f.JobVariables["cloudwatch_logs_options"]; named && f.Logs != nil && !*f.Logs {
		errs = append(errs, errors.New("job variable \"cloudwatch_logs_options\": flowRuns.logs is false, and "+
			"workers refuse options that have no effect"))
	}
	env, _ := f.JobVariables["env"].(map[string]any)
	return append(errs, checkEnv("job variable env", slices.Sorted(maps.Keys(env)))...)
}

// environmentNames are the variables of a container definition.
func environmentNames(container any) []string {
	definition, _ := container.(map[string]any)
	list, _ := definition["environment"].([]any)
	var out []string
	for _, item := range list {
		variable, _ := item.(map[string]any)
		name, _ := variable["name"].(string)
		out = append(out, name)
	}
	return out
}

// checkEnv refuses variables whose names say that they are secrets.
func checkEnv(what string, names []string) []error {
	var errs []error
	for _, name := range names {
		switch {
		case name == "":
			errs = append(errs, fmt.Errorf("%s: a variable has no name", what))
		case jobtemplate.SecretName(name):
			errs = append(errs, fmt.Errorf("%s: %q is a secret by its name, and anybody who may read the pool or the "+
				"task definition reads it: keep it in a secret", what, name))
		}
	}
	return errs
}
