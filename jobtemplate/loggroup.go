package jobtemplate

const logOptionsVariable = "cloudwatch_logs_options"

// groupOptions say where lines go, and whether the driver makes the group.
var groupOptions = []string{"awslogs-group", "awslogs-create-group"}

// keepLogGroup gives log options of a deployment or run that name no group the one of the pool.
// With the official worker such options lose it: lines go to the group "prefect", which a role
// without logs:CreateLogGroup cannot make.
func keepLogGroup(values map[string]any, ofPool any) {
	given, ok := values[logOptionsVariable].(map[string]any)
	pool, hasPool := ofPool.(map[string]any)
	if !ok || !hasPool || len(given) == 0 || truthy(given["awslogs-group"]) || !truthy(pool["awslogs-group"]) {
		return
	}
	kept := cloneObject(given)
	for _, option := range groupOptions {
		if value, has := pool[option]; has {
			kept[option] = value
		}
	}
	values[logOptionsVariable] = kept
}
