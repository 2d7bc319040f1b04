package jobtemplate_test

import (
	"encoding/json"
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"ecsctl/jobtemplate"
	"ecsctl/templates"
)

// FuzzResolve looks for templates and variables that panic, or that come out as
// requests which the SDK would write differently.
func FuzzResolve(f *testing.F) {
	f.Add(string(templates.ECSBaseJobTemplate), `{"cpu": 512, "env": {"A": null}}`)
	f.Add(`{"job_configuration": `+wholeConfiguration+`, "variables": {"properties": {}}}`, `{}`)
	f.Add(
		`{"job_configuration": {"task_definition": {"containerDefinitions": [null, {}]}, "task_run_request": {"tags": [1], "overrides": {"containerOverrides": [{"environment": [{}]}]}}}, "variables": {"properties": {"a": 1}}}`, `{"a.b": 1, "a.b.c": 2}`)
	f.Add(`[]`, `[]`)
	f.Add(
		`{"job_configuration": {"env": {"$ref": 1}, "aws_credentials": {"$ref": {"block_document_id": 5}}}, "variables": {}}`, `{"env": []}`)
	f.Add(string(templates.ECSBaseJobTemplate),
		`{"labels": {"&#1114112;": ""}, "launch_type": "EC2", "cpu": 1e300, "name": "{{ ctx.flow.name[0] }}"}`)
	f.Fuzz(func(t *testing.T, template, variables string) {
		in := newInputs()
		in.BaseJobTemplate, in.JobVariables = raw(template), raw(variables)
		job, err := jobtemplate.Resolve(in)
		if err != nil {
			var problems *jobtemplate.Problems
			if !errors.As(err, &problems) || len(problems.List) == 0 {
				t.Errorf("an error without problems: %v", err)
			}
			return
		}
		definition, err := job.Definition("eu-west-1")
		if err != nil {
			t.Fatalf("resolved, but: %v", err)
		}
		if definition != nil && definition.Hash != jobtemplate.Hash(jobtemplate.Canonical(definition.Document)) {
			t.Error("the canonical form has another hash")
		}
		run, err := job.RunTask(jobtemplate.Launch{TaskDefinition: "arn", Network: vpc})
		if err != nil {
			return
		}
		again, err := job.RunTask(jobtemplate.Launch{TaskDefinition: "arn", Network: vpc})
		if err != nil || !cmp.Equal(run.Document, again.Document) {
			t.Errorf("not the same twice: %v", err)
		}
		if text, err := json.Marshal(run.Input); err != nil || len(text) < 10 {
			t.Errorf("no input: %s, %v", text, err)
		}
	})
}
