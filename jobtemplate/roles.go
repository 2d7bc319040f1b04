package jobtemplate

import "strings"

// checkRoles refuses the pool's execution role as the role of a flow run, unless the pool itself
// says so: it reads the API key and pulls images, and the author of a deployment must not
// get that by naming it. IAM cannot tell: whoever may pass the role may pass it as either.
func checkRoles(found *findings, t template, definition, request map[string]any) {
	execution := defaultText(t, "execution_role_arn")
	if execution == "" || sameRole(execution, defaultText(t, "task_role_arn")) {
		return
	}
	overrides, _ := request["overrides"].(map[string]any)
	for path, role := range map[string]string{
		"task_definition.taskRoleArn":            field(definition, "taskRoleArn"),
		"task_run_request.overrides.taskRoleArn": field(overrides, "taskRoleArn"),
	} {
		if sameRole(role, execution) {
			found.add(path, "name another role in task_role_arn, or make it the default of the work pool if every "+
				"flow may have its rights",
				"it is the pool's execution role, which reads the API key")
		}
	}
}

func defaultText(t template, variable string) string {
	declared, _ := t.properties[variable].(map[string]any)
	return field(declared, "default")
}

// sameRole compares names: ECS takes a role by its name as well as by its ARN.
func sameRole(a, b string) bool {
	name := func(role string) string { return role[strings.LastIndex(role, "/")+1:] }
	return a != "" && strings.EqualFold(name(a), name(b))
}
