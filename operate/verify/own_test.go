package verify_test

import (
	"context"
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"ecsctl/internal/testkit/patient"
	"ecsctl/operate"
	"ecsctl/operate/verify"
	"ecsctl/prefect"
)

const (
	clones  = `[{"prefect.deployments.steps.git_clone": {"repository": "https://example.com/flows.git"}}]`
	entered = `[{"prefect.deployments.steps.set_working_directory": {"directory": "/home/ada/flows"}}]`
)

// deploy makes a deployment as a user does and has it verified.
func (w *trial) deploy(pullSteps string) {
	w.T.Helper()
	flow, err := w.client.CreateFlow(w.T.Context(), "my-flow")
	if err != nil {
		w.T.Fatal(err)
	}
	_, err = w.client.CreateDeployment(w.T.Context(), prefect.DeploymentCreate{
		Name: "default", FlowID: flow.ID, WorkPoolName: patient.PatientPool, Entrypoint: "flow.py:my_flow",
		PullSteps: json.RawMessage(pullSteps), JobVariables: []byte("{}"),
	})
	if err != nil {
		w.T.Fatal(err)
	}
	w.deployment = "my-flow/default"
}

// ownRuns are those that a verify has left, which are all to have ended.
func (w *trial) ownRuns(want prefect.StateType) {
	w.T.Helper()
	runs, err := w.client.FilterFlowRuns(w.T.Context(), prefect.FlowRunFilter{})
	if err != nil || len(runs) != 1 || runs[0].StateType != want {
		w.T.Errorf("got %v %v, want one run that is %s", runs, err, want)
	}
	if _, err := w.client.ReadDeploymentByName(w.T.Context(), "my-flow", "default"); err != nil {
		w.T.Errorf("the user's deployment is gone: %v", err)
	}
}

func TestVerifyOfOnesOwnDeployment(t *testing.T) {
	t.Parallel()
	w := newTrial(t, helloProgram(t))
	w.work()
	w.deploy(clones)
	got, err := w.verify(t.Context(), patient.Patience)
	if err != nil {
		t.Fatal(err)
	}
	var steps []string
	for _, s := range got.Steps {
		steps = append(steps, string(s.Status)+" "+s.Name)
	}
	wanted := []string{"OK worker online", "OK deployment found", "OK claimed", "OK task pending", "OK running",
		"OK completed", "OK log line seen"}
	if !slices.Equal(steps, wanted) || !got.Passed || got.Deployment != "my-flow/default" {
		t.Errorf("got %q: %+v", steps, got)
	}
	w.ownRuns(prefect.Completed)
}

// A deployment that cannot work is not run, and the fix is a command.
func TestVerifyOfADeploymentOfAnotherMachine(t *testing.T) {
	t.Parallel()
	w := newTrial(t, helloProgram(t))
	w.work()
	w.deploy(entered)
	w.wantFail(patient.Patience, verify.StepFound, `takes its code from "/home/ada/flows", a folder of the machine`,
		"ecsctl deploy flow.py:my_flow --name default --pool etl")
	w.deployment = "my-flow/other"
	w.wantFail(patient.Patience, verify.StepFound, `there is no deployment "my-flow/other"`, "prefect deployment ls")
}

func TestVerifyOfOnesOwnDeploymentInterrupted(t *testing.T) {
	t.Parallel()
	inSimulatedTime(t, hangs, func(t *testing.T, w *trial) {
		w.deploy(clones)
		ctx, cancel := context.WithCancel(t.Context())
		defer time.AfterFunc(2*time.Second, cancel).Stop()
		got, err := w.verify(ctx, time.Minute)
		last := got.Steps[len(got.Steps)-1]
		if err == nil || got.Passed || last.Status != operate.CheckOK ||
			!strings.Contains(last.Reason, "was cancelled") {
			t.Errorf("got %v: %+v", err, got)
		}
		w.ownRuns(prefect.Cancelled)
	})
}
