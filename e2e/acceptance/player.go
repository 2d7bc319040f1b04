//go:build e2e

package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/signal"
	"syscall"
	"time"

	"ecsctl/internal/pause"
	"ecsctl/operate/verify"
	"ecsctl/prefect"
)

// playedProgram is the name by which this program is `prefect` in the sandbox's containers.
const playedProgram = "prefect"

// play is `prefect flow-run execute` for a flow of the suite, or of `ecsctl verify`.
func play() int {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	if err := playRun(ctx, os.Getenv("PREFECT__FLOW_RUN_ID")); err != nil {
		fmt.Fprintln(os.Stderr, "prefect:", err)
		return 1
	}
	return 0
}

func playRun(ctx context.Context, id string) error {
	api, err := prefect.New(prefect.Options{
		APIURL: os.Getenv("PREFECT_API_URL"), APIKey: prefect.Secret(os.Getenv("PREFECT_API_KEY")),
		AuthString: prefect.Secret(os.Getenv("PREFECT_API_AUTH_STRING")),
	})
	if err != nil {
		return err
	}
	run, err := api.ReadFlowRun(ctx, id)
	if err != nil {
		return err
	}
	var parameters struct{ Seconds float64 }
	if err := json.Unmarshal(run.Parameters, &parameters); err != nil {
		return err
	}
	if err := setState(ctx, api, id, prefect.Running); err != nil {
		return err
	}
	if err := api.CreateLogs(ctx, []prefect.Log{{Name: "prefect.flow_runs", Level: 20, Message: verify.HelloLine,
		Timestamp: time.Now(), FlowRunID: id}}); err != nil {
		return err
	}
	end, err := lookOut(ctx, api, id, time.Duration(parameters.Seconds*float64(time.Second)))
	if err != nil {
		return err
	}
	return setState(ctx, api, id, end)
}

// lookOut waits, and looks for cancellation meanwhile, as Prefect's runner does.
func lookOut(ctx context.Context, api *prefect.Client, id string, wait time.Duration) (prefect.StateType, error) {
	const between = 300 * time.Millisecond
	for until := time.Now().Add(wait); time.Until(until) > 0; {
		if err := pause.For(ctx, min(between, time.Until(until))); err != nil {
			return "", err
		}
		run, err := api.ReadFlowRun(ctx, id)
		if err != nil {
			return "", err
		}
		if run.StateType == prefect.Cancelling {
			return prefect.Cancelled, nil
		}
	}
	return prefect.Completed, nil
}

func setState(ctx context.Context, api *prefect.Client, id string, state prefect.StateType) error {
	result, err := api.SetFlowRunState(ctx, id, prefect.StateProposal{Type: state})
	if err == nil && result.Status != prefect.Accept {
		err = fmt.Errorf("failed to set flow run %q to %s: %s %s", id, state, result.Status, result.Reason)
	}
	return err
}
