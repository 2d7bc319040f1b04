package demo

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"ecsctl/commands/console"
	"ecsctl/prefect"
)

// helloLine is what the guide's flow logs.
const helloLine = "Hello from ECS!!"

// runHelloFlow does for the demo what `prefect flow-run execute` does for a flow in
// Python: it takes the run that its environment names, sets it Running, logs, and sets
// it Completed.
func runHelloFlow(ctx context.Context, out io.Writer) error {
	id := os.Getenv("PREFECT__FLOW_RUN_ID")
	if id == "" {
		return errors.New("PREFECT__FLOW_RUN_ID is not set: this is for the containers of the demo")
	}
	api, err := prefect.New(prefect.Options{
		APIURL: os.Getenv("PREFECT_API_URL"), APIKey: prefect.Secret(os.Getenv("PREFECT_API_KEY")),
		AuthString: prefect.Secret(os.Getenv("PREFECT_API_AUTH_STRING")),
	})
	if err != nil {
		return err
	}
	if err := setHelloState(ctx, api, id, prefect.Running); err != nil {
		return err
	}
	console.Printf(out, "%s\n", helloLine)
	if err := api.CreateLogs(ctx, []prefect.Log{{Name: "prefect.flow_runs", Level: 20, Message: helloLine,
		Timestamp: time.Now(), FlowRunID: id}}); err != nil {
		return err
	}
	return setHelloState(ctx, api, id, prefect.Completed)
}

func setHelloState(ctx context.Context, api *prefect.Client, id string, state prefect.StateType) error {
	result, err := api.SetFlowRunState(ctx, id, prefect.StateProposal{Type: state})
	if err == nil && result.Status != prefect.Accept {
		err = fmt.Errorf("failed to set flow run %q to %s: %s %s", id, state, result.Status, result.Reason)
	}
	return err
}
