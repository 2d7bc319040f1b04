package jobtemplate_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"ecsctl/jobtemplate"
)

// awsRule is a row of testdata/awsrules.json: a request that AWS refuses, or that runs twice.
// The sandbox's test has the same rows.
type awsRule struct {
	Name       string         `json:"name"`
	At         string         `json:"at"`
	Definition map[string]any `json:"definition"`
	Container  map[string]any `json:"container"`
	Sidecar    map[string]any `json:"sidecar"`
	Sidecars   int            `json:"sidecars"`
	Long       int            `json:"long"`
	Request    map[string]any `json:"request"`
	Problem    string         `json:"problem"`
}

// template is a base job template that comes to the rule's requests.
func (r awsRule) template() raw {
	first := merged(map[string]any{"name": "prefect", "image": "prefecthq/prefect:3"}, r.Container)
	if r.Long > 0 {
		first["environment"] = []any{map[string]any{"name": "LONG", "value": strings.Repeat("x", r.Long)}}
	}
	containers := []any{first}
	if r.Sidecar != nil {
		containers = append(containers, merged(map[string]any{"image": "prefecthq/prefect:3"}, r.Sidecar))
	}
	for i := range r.Sidecars {
		containers = append(containers, map[string]any{
			"name": fmt.Sprintf("sidecar%d", i), "image": "prefecthq/prefect:3",
		})
	}
	definition := merged(map[string]any{
		"family": "rules", "cpu": "256", "memory": "512", "containerDefinitions": containers,
		"executionRoleArn": "arn:aws:iam::123456789012:role/execution",
	}, r.Definition)
	request := merged(map[string]any{"launchType": "FARGATE"}, r.Request)
	out, err := json.Marshal(map[string]any{
		"job_configuration": map[string]any{"task_definition": definition, "task_run_request": request},
		"variables":         map[string]any{},
	})
	if err != nil {
		panic(err)
	}
	return out
}

func merged(under, over map[string]any) map[string]any {
	for key, value := range over {
		if value == nil {
			delete(under, key)
			continue
		}
		under[key] = value
	}
	return under
}

// A job that AWS would refuse is a problem before anything is sent, and a preview lists it.
func TestWhatAWSRefusesIsAProblem(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("../testdata/awsrules.json")
	if err != nil {
		t.Fatal(err)
	}
	var rules []awsRule
	if err := json.Unmarshal(text, &rules); err != nil {
		t.Fatal(err)
	}
	for _, rule := range append(rules, awsRule{Name: "nothing wrong"}) {
		t.Run(rule.Name, func(t *testing.T) {
			t.Parallel()
			in := newInputs()
			in.BaseJobTemplate = rule.template()
			job, err := jobtemplate.Resolve(in)
			if err == nil {
				_, err = job.RunTask(jobtemplate.Launch{TaskDefinition: "f", Network: vpc})
			}
			var problems *jobtemplate.Problems
			if rule.Problem == "" {
				if err != nil {
					t.Error(err)
				}
				return
			}
			if !errors.As(err, &problems) {
				t.Fatalf("no problem: %v", err)
			}
			if !slices.ContainsFunc(problems.List, func(p jobtemplate.Problem) bool {
				return p.Path == rule.Problem
			}) || len(problems.List) != 1 {
				t.Errorf("got %v, want one problem, at %s", problems, rule.Problem)
			}
		})
	}
}
