package worker_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"ecsctl/prefect"
	"ecsctl/sandbox"
	"ecsctl/worker"
)

func (w *world) previewOf(r worker.PreviewRequest) (*worker.Preview, error) {
	r.Prefect, r.AWS, r.Logger = w.client(), w.aws, testLogger(w.t)
	r.Settings = map[string]string{"PREFECT_API_URL": w.server.PrefectAPIURL()}
	return worker.MakePreview(w.t.Context(), r)
}

// What preview shows for a run is what the worker then sends.
func TestPreviewIsWhatIsSent(t *testing.T) {
	t.Parallel()
	w := newWorld(t, worldOptions{sandbox: sandbox.Options{Images: idleImage(t)}})
	id := w.runs(w.deployment(map[string]any{"cpu": 512, "memory": 1024, "env": map[string]any{"A": "b"}}), 1)[0]
	preview := must(w.previewOf(worker.PreviewRequest{FlowRunID: id}))(t)
	running := w.start(func(o *worker.Options) { o.RunOnce, o.Name = true, "preview" })
	<-running.ended
	last := must(preview.LastRun(t.Context(), w.client()))(t)
	if diff := cmp.Diff([]worker.Difference(nil), must(worker.DiffPreviews(last, preview))(t)); diff != "" {
		t.Error(diff)
	}
}

func TestPreviewOfADeploymentWithChanges(t *testing.T) {
	t.Parallel()
	w := newWorld(t, worldOptions{})
	w.deployment(map[string]any{"cpu": 512, "memory": 1024})
	named := worker.PreviewRequest{FlowName: "flow", DeploymentName: "deployment"}
	before := must(w.previewOf(named))(t)
	named.JobVariables = json.RawMessage(`{"cpu": 1024, "memory": 2048, "env": {"NEW": "x"}}`)
	after := must(w.previewOf(named))(t)
	want := []worker.Difference{
		{Path: "registerTaskDefinition.cpu", Before: "512", After: "1024"},
		{Path: "registerTaskDefinition.memory", Before: "1024", After: "2048"},
		{Path: "runTask.overrides.containerOverrides.prefect.cpu", Before: 512.0, After: 1024.0},
		{Path: "runTask.overrides.containerOverrides.prefect.environment.NEW", After: "x"},
		{Path: "runTask.overrides.containerOverrides.prefect.memory", Before: 1024.0, After: 2048.0},
		{Path: "runTask.overrides.cpu", Before: "512", After: "1024"},
		{Path: "runTask.overrides.memory", Before: "1024", After: "2048"},
	}
	if diff := cmp.Diff(want, must(worker.DiffPreviews(before, after))(t)); diff != "" {
		t.Error(diff)
	}
	if _, err := before.LastRun(t.Context(), w.client()); err == nil ||
		!strings.Contains(err.Error(), "ECS knows no task") {
		t.Errorf("got %v without an earlier run", err)
	}
}

func TestPreviewMasksSecrets(t *testing.T) {
	t.Parallel()
	w := newWorld(t, worldOptions{})
	w.deployment(map[string]any{"env": map[string]any{"DB_PASSWORD": "hunter2"}})
	named := worker.PreviewRequest{FlowName: "flow", DeploymentName: "deployment"}
	shown := string(must(json.Marshal(must(w.previewOf(named))(t)))(t))
	if strings.Contains(shown, "hunter2") || !strings.Contains(shown, "DB_PASSWORD") {
		t.Errorf("got %s", shown)
	}
	named.ShowSecrets = true
	if shown := string(must(json.Marshal(must(w.previewOf(named))(t)))(t)); !strings.Contains(shown, "hunter2") {
		t.Errorf("got %s with --show-secrets", shown)
	}
}

// Preview says the same of a bad job as the worker says of its run.
func TestPreviewListsEveryProblem(t *testing.T) {
	t.Parallel()
	w := newWorld(t, worldOptions{})
	id := w.runs(w.deployment(map[string]any{"cpu": "much", "env": "A=B"}), 1)[0]
	_, err := w.previewOf(worker.PreviewRequest{FlowName: "flow", DeploymentName: "deployment"})
	problems := worker.ProblemsOf(err)
	if len(problems) < 2 {
		t.Fatalf("got %v", err)
	}
	w.start(nil)
	if run := w.await(id, prefect.Crashed); !strings.HasSuffix(run.State.Message, err.Error()) {
		t.Errorf("the run says %q, preview says %q", run.State.Message, err)
	}
}

func TestPreviewOffline(t *testing.T) {
	t.Parallel()
	w := newWorld(t, worldOptions{})
	template := must(w.api.WorkerTemplate(t.Context(), "ecs"))(t)
	r := worker.PreviewRequest{AWS: w.aws, Logger: testLogger(t), Offline: &worker.OfflineJob{BaseJobTemplate: template,
		Run: worker.OfflineRun{
			FlowRun: json.RawMessage(
				`{"id": "7d0d7b5a-8f1c-4b9e-9f0a-3d1b6f0a2c11", "name": "run", "deployment_id": "d-1", "flow_id": "f-1"}`),
			WorkPool:   json.RawMessage(`{"name": "mine"}`),
			WorkerName: "w",
		}}}
	r.JobVariables = json.RawMessage(`{"image": "example/image:1"}`)
	preview := must(worker.MakePreview(t.Context(), r))(t)
	if preview.RegisterTaskDefinition["family"] != "prefect_mine_d-1" ||
		preview.RunTask["taskDefinition"] != "prefect_mine_d-1" {
		t.Errorf("got family %v, taskDefinition %v", preview.RegisterTaskDefinition["family"],
			preview.RunTask["taskDefinition"])
	}
	r.JobVariables = json.RawMessage(`{"image": "{{ prefect.variables.image }}"}`)
	if _, err := worker.MakePreview(t.Context(), r); worker.ProblemsOf(err) == nil {
		t.Errorf("got %v for a variable that cannot be looked up", err)
	}
	r.JobVariables = json.RawMessage(`{"task_definition_arn": "not-there:1"}`)
	if _, err := worker.MakePreview(t.Context(), r); err == nil ||
		!strings.Contains(err.Error(), `failed to describe task definition "not-there:1"`) {
		t.Errorf("got %v", err)
	}
}

// A definition that is registered for a run alone is marked, so that it goes with the task.
func TestPreviewShowsTheMarkOfADefinitionThatGoes(t *testing.T) {
	t.Parallel()
	w := newWorld(t, worldOptions{})
	w.deployment(map[string]any{"auto_deregister_task_definition": true})
	preview := must(w.previewOf(worker.PreviewRequest{FlowName: "flow", DeploymentName: "deployment"}))(t)
	if shown := string(must(json.Marshal(preview.RunTask))(t)); !strings.Contains(shown,
		"prefect.io/degregister-task-definition") {
		t.Errorf("got %s", shown)
	}
}
