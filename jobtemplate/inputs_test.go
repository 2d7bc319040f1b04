package jobtemplate_test

import (
	"encoding/json"
	"fmt"
	"testing"

	"ecsctl/jobtemplate"
	"ecsctl/templates"
)

// raw is a JSON document of a test.
type raw = json.RawMessage

// newInputs are those of a deployed run in a pool with Prefect's own template.
func newInputs() jobtemplate.Inputs {
	return jobtemplate.Inputs{
		BaseJobTemplate: templates.ECSBaseJobTemplate,
		FlowRun:         raw(`{"id": "run-1", "name": "wise-otter", "flow_id": "flow-1", "deployment_id": "dep-1", "tags": ["a"]}`),
		Flow:            raw(`{"id": "flow-1", "name": "etl"}`),
		Deployment:      raw(`{"id": "dep-1", "name": "prod", "updated": "2026-11-23T10:11:12Z"}`),
		WorkPool:        raw(`{"id": "pool-1", "name": "main"}`),
		WorkerName:      "worker 1",
		Settings:        map[string]string{"PREFECT_API_URL": "http://server:4200/api", "PREFECT_HOME": "/root"},
		PrefectVersion:  "3.8.8",
	}
}

// withVariables are the same with the run's job variables.
func withVariables(variables string) jobtemplate.Inputs {
	in := newInputs()
	in.FlowRun = raw(fmt.Sprintf(`{"id": "run-1", "name": "wise-otter", "flow_id": "flow-1", "deployment_id": "dep-1", "job_variables": %s}`, variables))
	return in
}

// withConfiguration are the same with a template of the test's own.
func withConfiguration(configuration, variables string) jobtemplate.Inputs {
	in := withVariables(variables)
	in.BaseJobTemplate = raw(fmt.Sprintf(`{"job_configuration": %s, "variables": {"properties": {}}}`, configuration))
	return in
}

func resolve(t *testing.T, in jobtemplate.Inputs) *jobtemplate.Job {
	t.Helper()
	job, err := jobtemplate.Resolve(in)
	if err != nil {
		t.Fatal(err)
	}
	return job
}

// vpc is a network that answers every need.
var vpc = &jobtemplate.Network{VPCID: "vpc-1", Subnets: []string{"subnet-1", "subnet-2"}}

func runTask(t *testing.T, job *jobtemplate.Job, launch jobtemplate.Launch) *jobtemplate.RunTask {
	t.Helper()
	run, err := job.RunTask(launch)
	if err != nil {
		t.Fatal(err)
	}
	return run
}
