package worker

import (
	"errors"
	"net/http/httptest"
	"testing"

	"ecsctl/prefect"
	"ecsctl/sandbox/prefectapi"
	"ecsctl/worker/runlog"
)

// A run that began to be cancelled while its task was looked at is not given up.
func TestACrashThatIsNotTaken(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(prefectapi.New())
	t.Cleanup(server.Close)
	api, err := prefect.New(prefect.Options{APIURL: server.URL + "/api"})
	if err != nil {
		t.Fatal(err)
	}
	ctx := t.Context()
	flow, err := api.CreateFlow(ctx, "flow")
	if err != nil {
		t.Fatal(err)
	}
	deployment, err := api.CreateDeployment(ctx, prefect.DeploymentCreate{Name: "d", FlowID: flow.ID})
	if err != nil {
		t.Fatal(err)
	}
	for state, want := range map[prefect.StateType]error{
		prefect.Running: nil, prefect.Completed: nil, prefect.Cancelling: errNotOver,
	} {
		run, err := api.CreateFlowRun(ctx, deployment.ID, prefect.FlowRunCreate{})
		if err != nil {
			t.Fatal(err)
		}
		for _, next := range []prefect.StateType{prefect.Pending, prefect.Running, state} {
			if _, err := api.SetFlowRunState(ctx, run.ID, prefect.StateProposal{Type: next}); err != nil {
				t.Fatal(err)
			}
		}
		if err := (&report{api: api}).crashed(ctx, silence, runlog.Run{ID: run.ID, Name: run.Name}, "reason",
			nil); !errors.Is(err, want) {
			t.Errorf("%s: got %v, want %v", state, err, want)
		}
	}
	gone := runlog.Run{ID: "7d0d7b5a-8f1c-4b9e-9f0a-3d1b6f0a2c11", Name: "gone"}
	if err := (&report{api: api}).crashed(ctx, silence, gone, "reason", nil); err != nil {
		t.Errorf("a run that was deleted: %v", err)
	}
}
