package verify_test

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"ecsctl/internal/executable"
	"ecsctl/internal/testkit/patient"
	"ecsctl/operate"
	"ecsctl/operate/verify"
	"ecsctl/prefect"
	"ecsctl/sandbox"
	"ecsctl/worker"
)

// TestHelloContainer is no test: in the containers of the sandbox this binary does what
// `prefect flow-run execute` does with the hello flow. The real one is in e2e.
func TestHelloContainer(t *testing.T) {
	id := os.Getenv("PREFECT__FLOW_RUN_ID")
	if id == "" {
		t.Skip("not in a container")
	}
	api, err := prefect.New(prefect.Options{APIURL: os.Getenv("PREFECT_API_URL")})
	if err != nil {
		t.Fatal(err)
	}
	ctx := t.Context()
	set := func(state prefect.StateType) {
		if _, err := api.SetFlowRunState(ctx, id, prefect.StateProposal{Type: state}); err != nil {
			t.Fatal(err)
		}
	}
	set(prefect.Running)
	if err := api.CreateLogs(ctx,
		[]prefect.Log{{Name: "prefect.flow_runs", Level: prefect.LevelInfo, Message: verify.HelloLine,
			Timestamp: time.Now(), FlowRunID: id}}); err != nil {
		t.Fatal(err)
	}
	set(prefect.Completed)
}

// helloProgram is a container's `prefect` that runs the hello flow.
func helloProgram(t *testing.T) string {
	t.Helper()
	return "exec '" + testBinary(t) + "' -test.run '^TestHelloContainer$'"
}

func testBinary(t *testing.T) string {
	t.Helper()
	binary, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	return binary
}

// trial is a pool with a worker of its own, in a sandbox.
type trial struct {
	*patient.Patient
	client *prefect.Client
	ecs    *ecs.Client

	deployment string // of the user's own, or ""
}

// newTrial makes the pool. program is the shell script that is the container's `prefect`.
func newTrial(t *testing.T, program string) *trial {
	t.Helper()
	o := sandbox.Options{}
	if program != "" {
		dir := t.TempDir()
		if err := executable.Write(filepath.Join(dir, "prefect"), []byte("#!/bin/sh\n"+program+"\n")); err != nil {
			t.Fatal(err)
		}
		o.Images = map[string]string{"prefecthq/*": dir}
		o.Volumes = []string{testBinary(t)}
	}
	return trialIn(t, o)
}

func trialIn(t *testing.T, o sandbox.Options) *trial {
	t.Helper()
	w := &trial{Patient: patient.NewPatient(t, o)}
	w.client, w.ecs = w.API(w.Server.PrefectAPIURL()), ecs.NewFromConfig(w.Cfg)
	if _, err := w.ecs.CreateCluster(t.Context(), &ecs.CreateClusterInput{}); err != nil {
		t.Fatal(err)
	}
	template, err := w.client.WorkerTemplate(t.Context(), "ecs")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.client.CreateWorkPool(t.Context(), prefect.WorkPoolCreate{
		Name: patient.PatientPool, Type: "ecs", BaseJobTemplate: template,
	}); err != nil {
		t.Fatal(err)
	}
	return w
}

// work starts a worker and waits until it is online.
func (w *trial) work() {
	w.T.Helper()
	made, err := worker.New(worker.Options{
		Prefect: w.API(w.Server.PrefectAPIURL()), AWS: w.Cfg, Pool: patient.PatientPool, Name: "w1",
		QueryInterval: 100 * time.Millisecond, HeartbeatInterval: time.Second, SweepInterval: 50 * time.Millisecond,
		Settings: map[string]string{"PREFECT_API_URL": w.Server.PrefectAPIURL()},
		Logger:   slog.New(slog.NewTextHandler(w.T.Output(), nil)),
	})
	if err != nil {
		w.T.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		if err := made.Run(ctx, make(chan struct{})); err != nil && ctx.Err() == nil {
			w.T.Errorf("the worker ended: %v", err)
		}
	}()
	w.T.Cleanup(func() { cancel(); <-ended })
	w.Eventually("a worker is online", func() bool {
		workers, err := w.client.Workers(ctx, patient.PatientPool)
		return err == nil && len(workers) > 0
	})
}

func (w *trial) verify(ctx context.Context, timeout time.Duration) (*verify.Verification, error) {
	clients := w.Options(w.Cfg, w.client).Clients
	return verify.Verify(ctx, verify.VerifyOptions{
		Pool: patient.PatientPool, Deployment: w.deployment, Clients: clients, Timeout: timeout,
		PollInterval: 20 * time.Millisecond, Note: func(text string) { w.T.Log(text) },
	})
}

// wantFail asserts which step failed, and what reason and fix say.
func (w *trial) wantFail(timeout time.Duration, step, says, fix string) {
	w.T.Helper()
	got, err := w.verify(w.T.Context(), timeout)
	if err != nil {
		w.T.Fatal(err)
	}
	i := slices.IndexFunc(got.Steps, func(s verify.Step) bool { return s.Status == operate.CheckFail })
	if i < 0 || got.Passed {
		w.T.Fatalf("nothing failed: %+v", got)
	}
	failed := got.Steps[i]
	if failed.Name != step || !strings.Contains(failed.Reason, says) || !strings.Contains(failed.Fix, fix) {
		w.T.Errorf("got %q: %q, fix %q; want %q: %q, fix %q", failed.Name, failed.Reason, failed.Fix, step, says, fix)
	}
	w.wantNothingLeft()
}

// wantNothingLeft asserts that all that a verify makes is gone again.
func (w *trial) wantNothingLeft() {
	w.T.Helper()
	ctx := w.T.Context()
	runs, err := w.client.FilterFlowRuns(ctx, prefect.FlowRunFilter{})
	if err != nil || len(runs) != 0 {
		w.T.Errorf("flow runs are left: %v %v", runs, err)
	}
	definitions, err := w.ecs.ListTaskDefinitions(ctx,
		&ecs.ListTaskDefinitionsInput{Status: types.TaskDefinitionStatusActive})
	if err != nil || len(definitions.TaskDefinitionArns) != 0 {
		w.T.Errorf("task definitions are left: %v %v", definitions.TaskDefinitionArns, err)
	}
	// The task of a run that has just completed is still ending.
	w.Eventually("no task runs", func() bool {
		tasks, err := w.ecs.ListTasks(ctx, &ecs.ListTasksInput{DesiredStatus: types.DesiredStatusRunning})
		return err == nil && len(tasks.TaskArns) == 0
	})
}

// Eventually waits for something that other processes bring about.
func (w *trial) Eventually(what string, done func() bool) {
	w.T.Helper()
	ctx, cancel := context.WithTimeout(w.T.Context(), patient.Patience)
	defer cancel()
	ticker := time.NewTicker(20 * time.Millisecond)
	defer ticker.Stop()
	for !done() {
		select {
		case <-ticker.C:
		case <-ctx.Done():
			w.T.Fatalf("waited in vain: %s", what)
		}
	}
}

func TestVerifyPasses(t *testing.T) {
	t.Parallel()
	w := newTrial(t, helloProgram(t))
	w.work()
	got, err := w.verify(t.Context(), patient.Patience)
	if err != nil {
		t.Fatal(err)
	}
	var steps []string
	for _, s := range got.Steps {
		steps = append(steps, fmt.Sprintf("%s %s", s.Status, s.Name))
		if s.Seconds < 0 || s.Seconds > patient.Patience.Seconds() {
			t.Errorf("%s took %v s", s.Name, s.Seconds)
		}
	}
	wanted := []string{"OK worker online", "OK deployed", "OK claimed", "OK task pending", "OK running", "OK completed",
		"OK log line seen", "OK cleaned up"}
	if !slices.Equal(steps, wanted) || !got.Passed || got.Worker != "w1" ||
		!strings.HasPrefix(got.Task, "arn:aws:ecs:") {
		t.Errorf("got %q: %+v", steps, got)
	}
	w.wantNothingLeft()
}

func TestVerifyWithoutAWorker(t *testing.T) {
	t.Parallel()
	w := newTrial(t, "exit 0")
	w.wantFail(patient.Patience, verify.StepWorker, `work pool "etl" has never had a worker`,
		"ecsctl bootstrap --pool etl")
	paused := true
	if err := w.client.UpdateWorkPool(t.Context(), patient.PatientPool,
		prefect.WorkPoolUpdate{IsPaused: &paused}); err != nil {
		t.Fatal(err)
	}
	w.wantFail(patient.Patience, verify.StepWorker, `work pool "etl" is paused`, "prefect work-pool resume etl")
	if err := w.client.DeleteWorkPool(t.Context(), patient.PatientPool); err != nil {
		t.Fatal(err)
	}
	w.wantFail(patient.Patience, verify.StepWorker, `there is no work pool "etl"`, "it has none of type ecs")
}

func TestVerifyOfAPausedQueue(t *testing.T) {
	t.Parallel()
	inSimulatedTime(t, hangs, func(t *testing.T, w *trial) {
		paused := true
		if err := w.client.UpdateWorkQueue(t.Context(), patient.PatientPool, "default",
			prefect.WorkQueueUpdate{IsPaused: &paused}); err != nil {
			t.Fatal(err)
		}
		w.wantFail(time.Second, verify.StepClaimed, `work queue "default" is paused`,
			"prefect work-queue resume default --pool etl")
	})
}

func TestVerifyOfAFlowRunThatCrashes(t *testing.T) {
	t.Parallel()
	w := newTrial(t, "exit 3")
	w.work()
	w.wantFail(patient.Patience, verify.StepRunning, "is Crashed", "ecsctl doctor")
}

func TestVerifyWithoutAnImage(t *testing.T) {
	t.Parallel()
	w := newTrial(t, "")
	w.work()
	w.wantFail(patient.Patience, verify.StepTask, "CannotPullContainerError", "ecsctl doctor")
}

func TestVerifyOfATaskThatHangs(t *testing.T) {
	t.Parallel()
	inSimulatedTime(t, hangs, func(_ *testing.T, w *trial) {
		w.wantFail(3*time.Second, verify.StepRunning, "after 3s", "--timeout")
	})
}

// An interrupt leaves nothing behind either.
func TestVerifyInterrupted(t *testing.T) {
	t.Parallel()
	inSimulatedTime(t, hangs, func(t *testing.T, w *trial) {
		ctx, cancel := context.WithCancel(t.Context())
		defer time.AfterFunc(2*time.Second, cancel).Stop()
		got, err := w.verify(ctx, time.Minute)
		if err == nil || got.Passed || got.Steps[len(got.Steps)-1].Name != verify.StepCleanup {
			t.Errorf("got %v: %+v", err, got)
		}
		if !slices.ContainsFunc(got.Steps, func(s verify.Step) bool {
			return strings.HasPrefix(s.Reason, "interrupted while flow run ")
		}) {
			t.Errorf("no step says that it was interrupted: %+v", got.Steps)
		}
		w.wantNothingLeft()
	})
}

// A log line that Prefect does not get is not one that was seen.
func TestVerifyWithoutTheLogLine(t *testing.T) {
	t.Parallel()
	inSimulatedTime(t, runsSilently, func(_ *testing.T, w *trial) {
		w.wantFail(8*time.Second, verify.StepLog, verify.HelloLine, "PREFECT_LOGGING_TO_API_ENABLED")
	})
}
