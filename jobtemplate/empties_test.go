package jobtemplate_test

import (
	"testing"

	"ecsctl/jobtemplate"
)

// What is empty is no value, as with the official worker: none of these keeps a job from
// being sent. e2e/parity tries far more of them on the real one.
func TestWhatIsEmptyIsNoValue(t *testing.T) {
	t.Parallel()
	for name, variables := range map[string]string{
		"network_configuration": `{"network_configuration": {}, "vpc_id": ""}`,
		"labels":                `{"labels": {}}`,
		"strategy":              `{"capacity_provider_strategy": []}`,
		"roles":                 `{"task_role_arn": "", "execution_role_arn": ""}`,
		"names":                 `{"family": "", "cluster": ""}`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			launch(t, withVariables(variables))
		})
	}
}

// Templates may have something else for a list, or for an object, as long as it is empty.
func TestAnEmptyListMayBeOfAnyType(t *testing.T) {
	t.Parallel()
	for name, configuration := range map[string]string{
		"containers":    `{"task_definition": {"family": "f", "containerDefinitions": ""}, "task_run_request": {"launchType": "FARGATE"}}`,
		"a container":   `{"task_definition": {"containerDefinitions": [{"name": "prefect", "image": "i"}, []]}, "task_run_request": {"launchType": "FARGATE"}}`,
		"environment":   `{"task_definition": {"containerDefinitions": [{"name": "prefect", "image": "i", "environment": {}}]}, "task_run_request": {"launchType": "FARGATE"}}`,
		"overrides":     `{"task_definition": {"family": "f"}, "task_run_request": {"launchType": "FARGATE", "overrides": {"containerOverrides": {}}}}`,
		"tags":          `{"task_definition": {"family": "f"}, "task_run_request": {"launchType": "FARGATE", "tags": ""}}`,
		"network":       `{"task_definition": {"family": "f"}, "task_run_request": {"launchType": "FARGATE", "networkConfiguration": null}}`,
		"network, text": `{"task_definition": {"family": "f"}, "task_run_request": {"launchType": "FARGATE", "networkConfiguration": ""}}`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			in := newInputs()
			in.BaseJobTemplate = raw(`{"job_configuration": ` + configuration + `, "variables": {}}`)
			launch(t, in)
		})
	}
}

func launch(t *testing.T, in jobtemplate.Inputs) {
	t.Helper()
	job := resolve(t, in)
	request, err := job.RunTask(jobtemplate.Launch{
		TaskDefinition: "f", Network: &jobtemplate.Network{VPCID: "vpc-1", Subnets: []string{"subnet-1"}},
	})
	if err != nil {
		t.Fatal(err)
	}
	if request.Document["networkConfiguration"] == nil {
		t.Errorf("no network: %v", request.Document)
	}
}
