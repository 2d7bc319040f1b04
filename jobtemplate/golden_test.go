package jobtemplate_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"ecsctl/jobtemplate"
)

var update = flag.Bool("update", false, "write the golden files anew")

// goldenCase is one file of testdata/jobs: what a job is made from. Absent objects are
// those of newInputs.
type goldenCase struct {
	Configuration  raw               `json:"job_configuration"`
	FlowRun        raw               `json:"flow_run"`
	Deployment     raw               `json:"deployment"`
	Variables      raw               `json:"job_variables"`
	Blocks         map[string]raw    `json:"blocks"`
	PrefectValues  map[string]raw    `json:"prefect_variables"`
	Environ        map[string]string `json:"environ"`
	ClientToken    string            `json:"client_token"`
	ShowTheSecrets bool              `json:"show_secrets"`
}

// result is what the golden file holds.
type result struct {
	Name         string                `json:"name,omitempty"`
	PID          string                `json:"infrastructurePID,omitempty"`
	Register     map[string]any        `json:"registerTaskDefinition,omitempty"`
	RunTask      map[string]any        `json:"runTask,omitempty"`
	Warnings     []string              `json:"warnings,omitempty"`
	Problems     []jobtemplate.Problem `json:"problems,omitempty"`
	OtherFailure string                `json:"failure,omitempty"`
}

func TestJobsAgainstGoldenFiles(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("../testdata/jobs/*.json")
	if err != nil || len(files) == 0 {
		t.Fatalf("no jobs: %v", err)
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			t.Parallel()
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			var c goldenCase
			decoder := json.NewDecoder(bytes.NewReader(text))
			decoder.DisallowUnknownFields()
			if err := decoder.Decode(&c); err != nil {
				t.Fatal(err)
			}
			checkGolden(t, filepath.Join("..", "testdata", "golden", filepath.Base(file)), c.run())
		})
	}
}

func (c goldenCase) inputs() jobtemplate.Inputs {
	in := newInputs()
	if c.Configuration != nil {
		in.BaseJobTemplate = raw(`{"job_configuration": ` + string(c.Configuration) +
			`, "variables": {"properties": {}}}`)
	}
	if c.FlowRun != nil {
		in.FlowRun = c.FlowRun
	}
	if c.Deployment != nil {
		in.Deployment = c.Deployment
	}
	in.JobVariables = c.Variables
	in.Environ = func(name string) (string, bool) { value, ok := c.Environ[name]; return value, ok }
	in.Lookup = jobtemplate.Lookup{
		Block:     func(slug, name string) (json.RawMessage, error) { return look(c.Blocks, slug+"/"+name) },
		BlockByID: func(id string) (json.RawMessage, error) { return look(c.Blocks, id) },
		Variable:  func(name string) (json.RawMessage, error) { return look(c.PrefectValues, name) },
	}
	return in
}

func look(documents map[string]raw, name string) (json.RawMessage, error) {
	if document, ok := documents[name]; ok {
		return document, nil
	}
	return nil, jobtemplate.ErrNotFound
}

func (c goldenCase) run() (r result) {
	in := c.inputs()
	in.Decoded = &jobtemplate.Decoded{}
	_, _ = jobtemplate.Resolve(in) // the second job is made from what the first has decoded
	job, err := jobtemplate.Resolve(in)
	if err != nil {
		return failed(err)
	}
	r.Name, r.PID = job.Name, job.InfrastructurePID("arn:cluster/default", "arn:task/1")
	definition, err := job.Definition("eu-west-1")
	if err != nil {
		return failed(err)
	}
	launch := jobtemplate.Launch{
		TaskDefinition: job.Family(), Registered: true, ClientToken: c.ClientToken, Network: vpc,
	}
	if definition != nil {
		r.Register = job.Mask(definition.Document)
	}
	run, err := job.RunTask(launch)
	if err != nil {
		return failed(err)
	}
	r.RunTask, r.Warnings = job.Mask(run.Document), run.Warnings
	if c.ShowTheSecrets {
		r.RunTask = run.Document
	}
	return r
}

func failed(err error) result {
	var problems *jobtemplate.Problems
	if errors.As(err, &problems) {
		return result{Problems: problems.List}
	}
	return result{OtherFailure: err.Error()}
}

func checkGolden(t *testing.T, path string, got result) {
	t.Helper()
	var text bytes.Buffer
	encoder := json.NewEncoder(&text)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	if err := encoder.Encode(got); err != nil {
		t.Fatal(err)
	}
	if *update {
		if err := os.WriteFile(path, text.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatalf("%v (go test -update writes it)", err)
	}
	if diff := cmp.Diff(string(want), text.String()); diff != "" {
		t.Errorf("%s (-want +got):\n%s", path, diff)
	}
}
