package worker_test

import (
	"strings"
	"testing"
	"time"

	"ecsctl/prefect"
	"ecsctl/worker"
)

// unhurried are the intervals of a worker that watches for long, in simulated time.
func unhurried(o *worker.Options) {
	o.QueryInterval, o.SweepInterval, o.CancelInterval, o.HeartbeatInterval = 10*time.Second, 10*time.Second,
		time.Minute, 30*time.Second
}

func (w *world) logLines(id string) string {
	w.t.Helper()
	var text strings.Builder
	for _, line := range must(w.api.FlowRunLogs(w.t.Context(), id))(w.t) {
		text.WriteString(line.Message + "\n")
	}
	return text.String()
}

// A task that does not start is spoken of in its run's log, with what ECS says.
func TestATaskThatHangsIsSpokenOf(t *testing.T) {
	t.Parallel()
	inSimulatedTime(t, func(t *testing.T, o worldOptions) {
		o.sandbox.TaskDelay = 8 * time.Minute
		w := newWorld(t, o)
		id := w.runs(w.deployment(map[string]any{"env": map[string]any{"BEHAVE": "hang"}}), 1)[0]
		w.start(unhurried)
		w.awaitIn(time.Hour, id, prefect.Running)
		var lines string
		eventually(t, "the task's start to be told", func() bool {
			lines = w.logLines(id)
			return strings.Contains(lines, "the ECS task has started after 16m")
		})
		for _, want := range []string{
			"the ECS task has not started for 3m", `ECS says: the task is PROVISIONING; container "prefect" is PENDING`,
			"the ECS task has not started for 12m", `the task is PENDING; container "prefect" is PENDING`,
		} {
			if !strings.Contains(lines, want) {
				t.Errorf("the log lacks %q:\n%s", want, lines)
			}
		}
		if n := strings.Count(lines, "has not started for"); n != 3 { // after 3, 6 and 12 minutes
			t.Errorf("it was said %d times:\n%s", n, lines)
		}
	})
}

// The timeout counts where a person has set it, and not as the default that servers show.
func TestTaskStartTimeout(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		variables map[string]any
		pool      string // the default in the pool's template; empty is the server's
		crashed   bool
		successor bool // the worker that launched it is gone
	}{
		"by the server":              {crashed: false},
		"in the deployment":          {variables: map[string]any{"task_start_timeout_seconds": 300}, crashed: true},
		"in the pool":                {pool: "120", crashed: true},
		"seen to by another worker":  {pool: "240", crashed: true, successor: true},
		"longer than the task takes": {pool: "3600", crashed: false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			inSimulatedTime(t, func(t *testing.T, o worldOptions) {
				o.sandbox.TaskDelay = 8 * time.Minute
				w := newWorld(t, o)
				template := string(must(w.api.WorkerTemplate(t.Context(), "ecs"))(t))
				if !strings.Contains(template, `"default":300`) {
					t.Fatal("the server's template has no timeout")
				}
				if tc.pool != "" {
					template = strings.Replace(template, `"default":300`, `"default":`+tc.pool, 1)
				}
				id := w.runs(w.deploymentOf([]byte(template), tc.variables), 1)[0]
				first := w.start(unhurried)
				if tc.successor {
					eventually(t, "the task", func() bool { return len(w.tasks()) == 1 })
					first.kill()
					<-first.ended
					w.start(func(o *worker.Options) {
						unhurried(o)
						o.Name, o.ClaimGrace, o.RecoverInterval = "w2", 30*time.Second, 30*time.Second
					})
				}
				if !tc.crashed {
					w.awaitIn(time.Hour, id, prefect.Completed)
					return
				}
				run := w.awaitIn(time.Hour, id, prefect.Crashed)
				if want := "the task did not start in the time that task_start_timeout_seconds gives " +
					"it"; !strings.Contains(run.State.Message, want) {
					t.Errorf("the message is %q", run.State.Message)
				}
				if status := *w.tasks()[0].LastStatus; status != "STOPPED" {
					t.Errorf("the task is %s", status)
				}
			})
		})
	}
}
