package jobtemplate_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"ecsctl/jobtemplate"
)

// bare is a template whose only interest is its env and labels.
const bare = `{
	"env": "{{ env }}", "labels": "{{ labels }}", "name": "{{ name }}",
	"task_definition": {"containerDefinitions": [{"name": "prefect", "image": "i"}]}, "task_run_request": {"launchType": "FARGATE"}
}`

func TestVariablesAreMerged(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		defaults, deployment, run string
		want                      map[string]string
	}{
		"env of all three": {`{"A": "pool", "B": "pool", "C": "pool"}`, `{"env": {"B": "dep", "C": "dep"}}`,
			`{"env": {"C": "run"}}`, map[string]string{"A": "pool", "B": "dep", "C": "run"}},
		"null removes": {`{"A": "pool", "B": "pool"}`, `{"env": {"A": null}}`, `{}`,
			map[string]string{"B": "pool"}},
		"a value after a null": {`{}`, `{"env": {"A": null}}`, `{"env": {"A": "run"}}`,
			map[string]string{"A": "run"}},
		"dotted keys reach in": {`{"A": "pool"}`, `{"env.B": "dep"}`, `{}`, map[string]string{
			"A": "pool", "B": "dep",
		}},
		"nested goes before dotted": {`{}`, `{"env.B": "dotted", "env": {"B": "nested"}}`, `{}`,
			map[string]string{"B": "nested"}},
		"dotted meets nested env": {`{}`, `{"env": {"A": "dep"}}`, `{"env.B": "run"}`,
			map[string]string{"A": "dep", "B": "run"}},
		"values of any type": {`{"A": 1, "B": true}`, `{"env": {"C": 1.50, "D": ["x"]}}`, `{}`,
			map[string]string{"A": "1", "B": "True", "C": "1.5", "D": "['x']"}},
		"null settings are removed": {`{"PREFECT_API_URL": null}`, `{}`, `{}`, map[string]string{}},
		"settings are overridden": {`{"PREFECT_API_URL": "x"}`, `{}`, `{}`,
			map[string]string{"PREFECT_API_URL": "x"}},
		"a setting that stays away": {`{"PREFECT_HOME": "/data"}`, `{}`, `{}`,
			map[string]string{"PREFECT_HOME": "/data"}},
		"templates in default env": {`{"A": "{{ labels.x }}"}`, `{"labels": {"x": "y"}}`, `{}`,
			map[string]string{"A": "y"}},
		"unset template in env goes": {`{"A": "{{ labels.z }}"}`, `{"labels": {"x": "y"}}`, `{}`, map[string]string{}},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			in := newInputs()
			in.BaseJobTemplate = raw(
				fmt.Sprintf(`{"job_configuration": %s, "variables": {"properties": {"env": {"default": %s}}}}`, bare,
					tc.defaults))
			in.Deployment = raw(fmt.Sprintf(`{"job_variables": %s}`, tc.deployment))
			in.FlowRun = raw(fmt.Sprintf(`{"job_variables": %s}`, tc.run))
			in.Flow, in.WorkerName = nil, ""
			if _, set := tc.want["PREFECT_API_URL"]; !set && name != "null settings are removed" {
				in.Settings = nil
			}
			if diff := cmp.Diff(tc.want, resolve(t, in).Env); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestCallersVariablesGoOverTheRuns(t *testing.T) {
	t.Parallel()
	in := withVariables(`{"image": "run", "env": {"A": "run", "B": "run"}}`)
	in.JobVariables = raw(`{"image": "caller", "env": {"B": "caller"}}`)
	job := resolve(t, in)
	definition, err := job.Definition("x")
	if err != nil {
		t.Fatal(err)
	}
	if got := *definition.Input.ContainerDefinitions[0].Image; got != "caller" || job.Env["A"] != "run" ||
		job.Env["B"] != "caller" {
		t.Errorf("image %q, env %v", got, job.Env)
	}
}

func TestNames(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{
		`"fixed"`: "fixed", `""`: "wise-otter", `null`: "wise-otter",
		`"{{ ctx.flow.name }}-{{ ctx.flow_run.id }}"`: "etl-run-1",
		`"{{ ctx.nope }}"`:                            "{{ ctx.nope }}", `"x{{ ctx.nope }}"`: "x",
		`"{{ name }}"`: "{{ name }}",
	} {
		if got := resolve(t, withVariables(`{"name": `+name+`}`)).Name; got != want {
			t.Errorf("%s: got %q, want %q", name, got, want)
		}
	}
}

// A server that is away is no problem of the job.
func TestFailedLookupsAreNotProblems(t *testing.T) {
	t.Parallel()
	away := errors.New("503")
	for _, text := range []string{"{{ prefect.blocks.secret.x }}", "{{ prefect.variables.x }}"} {
		in := withVariables(`{"env": {"A": "` + text + `"}}`)
		in.Lookup = jobtemplate.Lookup{
			Block:    func(string, string) (json.RawMessage, error) { return nil, away },
			Variable: func(string) (json.RawMessage, error) { return nil, away },
		}
		_, err := jobtemplate.Resolve(in)
		var problems *jobtemplate.Problems
		if !errors.Is(err, away) || errors.As(err, &problems) {
			t.Errorf("%s: got %v", text, err)
		}
		in.Lookup = jobtemplate.Lookup{}
		if _, err := jobtemplate.Resolve(in); !errors.As(err, &problems) {
			t.Errorf("%s without a server: got %v", text, err)
		}
	}
}

func TestReferencesAreReadOnce(t *testing.T) {
	t.Parallel()
	reads := 0
	in := withVariables(`{"env": {"A": "{{ prefect.blocks.secret.x }}", "B": "b{{ prefect.blocks.secret.x }}"}}`)
	in.Lookup.Block = func(string, string) (json.RawMessage, error) {
		reads++
		return raw(`{"value": "v"}`), nil
	}
	if job := resolve(t, in); reads != 1 || job.Env["A"] != "v" || job.Env["B"] != "bv" {
		t.Errorf("%d reads, env %v", reads, job.Env)
	}
}
