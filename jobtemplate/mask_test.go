package jobtemplate_test

import (
	"encoding/json"
	"strings"
	"testing"

	"ecsctl/jobtemplate"
)

// TestProblemsTellNoSecrets: a problem quotes what is wrong, and a value of a block may be
// a secret, wherever a deployment puts it.
func TestProblemsTellNoSecrets(t *testing.T) {
	t.Parallel()
	const secret = `hunter2"\secret`
	for _, variable := range []string{"cpu", "memory", "launch_type", "family", "vpc_id", "execution_role_arn",
		"cluster", "container_name", "network_configuration"} {
		for _, value := range []string{"{{ prefect.blocks.secret.s }}", "x{{ prefect.blocks.secret.s }}"} {
			in := newInputs()
			var template map[string]map[string]any
			if err := json.Unmarshal(in.BaseJobTemplate, &template); err != nil {
				t.Fatal(err)
			}
			configuration := template["job_configuration"]
			configuration[variable] = value
			configuration["task_definition"].(map[string]any)[variable] = value
			in.BaseJobTemplate, _ = json.Marshal(template)
			in.Lookup = jobtemplate.Lookup{Block: func(string, string) (json.RawMessage, error) {
				return json.Marshal(map[string]string{"value": secret})
			}}
			job, err := jobtemplate.Resolve(in)
			if err == nil {
				t.Logf("%s: no problem, warnings %q", variable, job.Warnings)
				continue
			}
			if text := err.Error(); strings.Contains(text, "hunter2") {
				t.Errorf("%s: %s", variable, text)
			}
		}
	}
}

// TestMaskTextKnowsVariables: the value of a variable that is called a secret is one.
func TestMaskTextKnowsVariables(t *testing.T) {
	t.Parallel()
	job, err := jobtemplate.Resolve(withVariables(`{"env": {"DB_PASSWORD": "hunter2", "REGION": "eu-west-1"}}`))
	if err != nil {
		t.Fatal(err)
	}
	if got := job.MaskText("eu-west-1 refuses hunter2"); got != "eu-west-1 refuses ********" {
		t.Errorf("got %q", got)
	}
}
