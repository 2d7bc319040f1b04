package jobtemplate_test

import (
	"encoding/json"
	"strings"
	"testing"

	"ecsctl/jobtemplate"
)

// TestTheExecutionRoleIsNoTaskRole: a deployment does not get the role that reads the key.
func TestTheExecutionRoleIsNoTaskRole(t *testing.T) {
	t.Parallel()
	const execution = "arn:aws:iam::123456789012:role/team/prefect-etl-execution"
	for name, tc := range map[string]struct {
		variables, poolsTaskRole string
		refused                  bool
	}{
		"by its ARN":  {`{"task_role_arn": "` + execution + `"}`, "", true},
		"by its name": {`{"task_role_arn": "prefect-etl-execution"}`, "", true},
		"beside another": {`{"task_role_arn": "` + execution +
			`", "execution_role_arn": "arn:aws:iam::123456789012:role/x"}`, "", true},
		"another":                {`{"task_role_arn": "arn:aws:iam::123456789012:role/x"}`, "", false},
		"as the pool itself has": {`{}`, execution, false},
	} {
		in := withVariables(tc.variables)
		var template map[string]map[string]any
		if err := json.Unmarshal(in.BaseJobTemplate, &template); err != nil {
			t.Fatal(err)
		}
		properties := template["variables"]["properties"].(map[string]any)
		properties["execution_role_arn"].(map[string]any)["default"] = execution
		if tc.poolsTaskRole != "" {
			properties["task_role_arn"].(map[string]any)["default"] = tc.poolsTaskRole
		}
		in.BaseJobTemplate, _ = json.Marshal(template)
		_, err := jobtemplate.Resolve(in)
		if refused := err != nil &&
			strings.Contains(err.Error(), "it is the pool's execution role"); refused != tc.refused {
			t.Errorf("%s: %v", name, err)
		}
	}
}
