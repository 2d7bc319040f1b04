//go:build e2e

package worker

import (
	"encoding/json"
	"os/exec"
	"regexp"
	"strings"
	"testing"
	"time"

	"ecsctl/e2e/peers"
	"ecsctl/prefect"
)

// badJobs are jobs that can never work, and a word that the message must hold.
var badJobs = map[string]struct {
	variables map[string]any
	want      string
}{
	"unknown block": {map[string]any{"env": map[string]any{"A": "{{ prefect.blocks.secret.gone }}"}}, "secret"},
	"no image":      {map[string]any{"image": ""}, "image"},
	"missing vpc":   {map[string]any{"vpc_id": "vpc-0123456789abcdef0"}, "vpc_id"},
	"too long":      {map[string]any{"env": map[string]any{"LONG": strings.Repeat("x", 9000)}}, "LONG"},
	"wrong size":    {map[string]any{"cpu": 300}, "300"},
	"wrong cluster": {map[string]any{"cluster": "nowhere"}, "cluster"},
	"no definition": {map[string]any{
		"task_definition_arn": "arn:aws:ecs:eu-west-1:123456789012:task-definition/gone:1"}, "gone:1"},
}

// Every bad job ends as a Crashed run whose message says what to change, and the worker
// goes on; preview says the same.
func TestBadJobs(t *testing.T) {
	all.EachServer(t, func(t *testing.T, server *peers.Server) {
		w := newWorld(t, server)
		groups := []group{{Name: "good", Count: 1}}
		for name, job := range badJobs {
			groups = append(groups, group{Name: name, Count: 1, Variables: job.variables})
		}
		ids := w.seed(plan{Groups: groups})
		w.startOurs()
		w.await(2*time.Minute, "all runs to be settled",
			func() bool { return w.count(prefect.Crashed) == len(badJobs) && w.launched() == 1 })
		for name, job := range badJobs {
			run, err := w.api.ReadFlowRun(t.Context(), ids[name][0])
			w.must(err)
			message := run.State.Message
			if !strings.HasPrefix(message, "Failed to submit flow run to infrastructure: ") ||
				!strings.Contains(message, job.want) {
				t.Errorf("%s: the run says %q", name, message)
			}
			w.previewSays(name, message)
		}
	})
}

// previewSays compares preview's problems with the message of the run. What only a
// launch finds out (a cluster that is not there) preview does not know.
func (w *world) previewSays(name, message string) {
	w.t.Helper()
	out, code := w.preview("--deployment", "e2e-worker-flow/"+w.pool+"-"+name, "--output", "json")
	if name == "wrong cluster" {
		return
	}
	if code != 1 {
		w.t.Errorf("%s: preview exits with %d", name, code)
	}
	var shown struct {
		Problems []struct{ Message string }
	}
	if json.Unmarshal(out, &shown) != nil {
		return // not a problem of the job itself: said on standard error
	}
	for _, problem := range shown.Problems {
		if !strings.Contains(withoutNumbers(message), withoutNumbers(problem.Message)) {
			w.t.Errorf("%s: preview says %q, the run says %q", name, problem.Message, message)
		}
	}
}

var numbers = regexp.MustCompile(`\d+`)

// withoutNumbers: the preview of a deployment has no run, so its texts are shorter.
func withoutNumbers(text string) string { return numbers.ReplaceAllString(text, "N") }

// badTemplates are base job templates that a server takes and that can never work.
var badTemplates = map[string]struct {
	path  []string
	value any
	want  string
}{
	"definition is text":   {[]string{"task_definition"}, "text", "task_definition"},
	"overrides are a list": {[]string{"task_run_request", "overrides"}, []any{}, "task_run_request.overrides"},
	"a misspelt key":       {[]string{"task_run_request", "launchTyp"}, "FARGATE", "launchType"},
	"a key too high":       {[]string{"task_run_request", "containerOverrides"}, []any{}, "containerOverrides"},
	"a number as a name":   {[]string{"cluster"}, 7, "cluster"},
}

// The same holds for templates, and preview says it offline, from the files alone.
func TestBadTemplates(t *testing.T) {
	all.EachServer(t, func(t *testing.T, server *peers.Server) {
		w := newWorld(t, server)
		w.seed(plan{Groups: []group{{Name: "any", Count: 0}}})
		deployment, err := w.api.ReadDeploymentByName(t.Context(), "e2e-worker-flow", w.pool+"-any")
		w.must(err)
		pool, err := w.api.ReadWorkPool(t.Context(), w.pool)
		w.must(err)
		for name, bad := range badTemplates {
			template := w.spoil(pool.BaseJobTemplate, bad.path, bad.value)
			w.must(w.api.UpdateWorkPool(t.Context(), w.pool, prefect.WorkPoolUpdate{BaseJobTemplate: template}))
			run, err := w.api.CreateFlowRun(t.Context(), deployment.ID, prefect.FlowRunCreate{})
			w.must(err)
			message := w.crash(run.ID)
			if !strings.Contains(message, bad.want) {
				t.Errorf("%s: the run says %q", name, message)
			}
			w.offlineSays(name, template, deployment, message)
		}
	})
}

// spoil changes one value of the template's job configuration.
func (w *world) spoil(template json.RawMessage, path []string, value any) json.RawMessage {
	w.t.Helper()
	var tree map[string]any
	w.must(json.Unmarshal(template, &tree))
	at := tree["job_configuration"].(map[string]any)
	for _, key := range path[:len(path)-1] {
		at = at[key].(map[string]any)
	}
	at[path[len(path)-1]] = value
	out, err := json.Marshal(tree)
	w.must(err)
	return out
}

// crash polls once and returns the message of the run, which must be Crashed.
func (w *world) crash(id string) string {
	w.t.Helper()
	cmd := exec.CommandContext(w.t.Context(), all.Binary, "worker", "start", "--pool", w.pool, "--run-once")
	// With Prefect 2 the worker waits for its tasks: there must be none.
	cmd.Env, cmd.Dir, cmd.WaitDelay = w.env, w.home, time.Second
	if out, err := cmd.CombinedOutput(); err != nil {
		w.t.Fatalf("%v: %s", err, out)
	}
	run, err := w.api.ReadFlowRun(w.t.Context(), id)
	w.must(err)
	if run.StateType != prefect.Crashed {
		w.t.Fatalf("the run is %s", run.StateName)
	}
	return run.State.Message
}

// offlineSays compares the problems of an offline preview with the message of the run.
func (w *world) offlineSays(name string, template json.RawMessage, d *prefect.Deployment, message string) {
	w.t.Helper()
	run, err := json.Marshal(map[string]any{
		"deployment": d.Raw(), "flow_run": map[string]any{"deployment_id": d.ID},
		"work_pool": map[string]any{"name": w.pool},
	})
	w.must(err)
	variables := w.write("variables.json", d.JobVariables)
	out, code := w.preview("--base-job-template", w.write("template.json", template), "--run", w.write("run.json", run),
		"--job-variables", variables, "--output", "json")
	var shown struct {
		Problems []struct{ Message string }
	}
	if err := json.Unmarshal(out, &shown); err != nil || code != 1 || len(shown.Problems) == 0 {
		w.t.Fatalf("%s: preview exits with %d: %s", name, code, out)
	}
	for _, problem := range shown.Problems {
		if !strings.Contains(message, problem.Message) {
			w.t.Errorf("%s: preview says %q, the run says %q", name, problem.Message, message)
		}
	}
}
