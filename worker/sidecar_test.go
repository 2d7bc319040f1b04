package worker_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"ecsctl/sandbox"
)

// agents are an image whose programs end as sidecars do.
func agents(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	for name, script := range map[string]string{
		"killed": "kill -9 $$",                             // before the run's own container fails
		"dying":  "trap 'exit 137' TERM; sleep 600 & wait", // when it is told to end
		"failed": "exit 9",
		"proxy":  "sleep 0.3; echo the proxy has no route; exit 5",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte("#!/bin/sh\n"+script+"\n"), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// Cause, advice and last lines are those of the container that ended the task, whatever
// stands in front of it and however it is called.
func TestASidecarIsNotTheCause(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		program   string // of the sidecar
		essential bool
		container string // the run's
		env       map[string]any
		message   string
		log       string
	}{
		"an agent that was killed": {
			"killed", false, "flow", map[string]any{"BEHAVE": "say", "SAY": "ImportError: no module"},
			"the container's program failed (exit code 1)", `the last lines of container "flow"`},
		"an agent that failed": {
			"failed", false, "prefect", map[string]any{"BEHAVE": "say", "SAY": "ImportError: no module"},
			"the container's program failed (exit code 1)", `the last lines of container "prefect"`},
		"an agent that was killed with the task": {
			"dying", true, "flow", map[string]any{"BEHAVE": "say", "SAY": "ImportError: no module"},
			"the container's program failed (exit code 1)", "ImportError: no module"},
		"an agent that failed beside a run that said nothing": {
			"failed", false, "flow", map[string]any{"BEHAVE": "silent"},
			"the container ended well, but the flow run has no final state", `container "flow"`},
		"an essential one that failed by itself": {
			"proxy", true, "flow", map[string]any{"BEHAVE": "hang"},
			"the container's program failed (exit code 5)", "the proxy has no route"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, worldOptions{sandbox: sandbox.Options{
				Images: map[string]string{"prefecthq/*": imageDir(t), "agents/*": agents(t)},
			}})
			variables := w.logged(w.executionRole(), tc.env)
			variables["container_name"] = tc.container
			id := w.runs(w.deploymentOf(w.withSidecar(tc.program, tc.essential), variables), 1)[0]
			running := w.start(nil)
			w.crashes(t, id, []string{tc.message}, []string{tc.log})
			running.stop()
			<-running.ended
			for _, line := range must(w.api.FlowRunLogs(t.Context(), id))(t) {
				if strings.Contains(line.Message, "while it was launched") {
					t.Errorf("its own end is taken for another's: %s", line.Message)
				}
			}
		})
	}
}

// withSidecar is the server's template with a container in front of the run's.
func (w *world) withSidecar(program string, essential bool) json.RawMessage {
	w.t.Helper()
	var template map[string]any
	if err := json.Unmarshal(must(w.api.WorkerTemplate(w.t.Context(), "ecs"))(w.t), &template); err != nil {
		w.t.Fatal(err)
	}
	definition := template["job_configuration"].(map[string]any)["task_definition"].(map[string]any)
	sidecar := map[string]any{"name": "agent", "image": "agents/any:1", "command": []any{program},
		"essential": essential, "logConfiguration": map[string]any{
			"logDriver": "awslogs", "options": map[string]any{
				"awslogs-group": logGroup, "awslogs-region": "us-east-1", "awslogs-stream-prefix": "agents",
				"awslogs-create-group": "true",
			},
		}}
	definition["containerDefinitions"] = append([]any{sidecar}, definition["containerDefinitions"].([]any)...)
	return must(json.Marshal(template))(w.t)
}
