package chaos_test

import (
	"context"
	"fmt"
	"os"
	"time"

	"ecsctl/internal/pause"
	"ecsctl/prefect"
)

// What the tests tell the containers.
const (
	executedFile = "CHAOS_EXECUTED" // the file that each execution adds a line to
	behaviour    = "CHAOS_BEHAVE"
)

// The ways in which a flow run ends.
const (
	completes = "completes"
	fails     = "fails"   // the flow says Failed
	crashes   = "crashes" // the process ends without a word
)

// outcomes are the final states that belong to them.
var outcomes = map[string]prefect.StateType{completes: prefect.Completed, fails: prefect.Failed, crashes: prefect.Crashed}

// runTime is how long a flow run takes.
const runTime = 200 * time.Millisecond

// execute is `prefect flow-run execute` of one flow run. Its own calls of Prefect meet
// the same faults as the workers'.
func execute() int {
	ctx, stop := signalled()
	defer stop()
	if err := executeRun(ctx, os.Getenv("PREFECT__FLOW_RUN_ID")); err != nil {
		fmt.Fprintln(os.Stderr, "prefect:", err)
		return 1
	}
	if os.Getenv(behaviour) == crashes {
		return 3
	}
	return 0
}

func executeRun(ctx context.Context, id string) error {
	if err := count(os.Getenv(executedFile), id); err != nil {
		return err
	}
	api, err := prefect.New(prefect.Options{APIURL: os.Getenv("PREFECT_API_URL")})
	if err != nil {
		return err
	}
	if err := say(ctx, api, id, prefect.Running); err != nil {
		return err
	}
	if err := pause.For(ctx, runTime); err != nil {
		return err
	}
	if os.Getenv(behaviour) == crashes {
		return nil
	}
	return say(ctx, api, id, outcomes[os.Getenv(behaviour)])
}

// count adds a line in one write, which O_APPEND makes atomic.
func count(path, id string) error {
	file, err := os.OpenFile(path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	if _, err := file.WriteString(id + "\n"); err != nil {
		return err
	}
	return file.Close()
}

// say proposes a state until Prefect has answered, as one transition.
func say(ctx context.Context, api *prefect.Client, id string, state prefect.StateType) error {
	proposal := prefect.StateProposal{Type: state, TransitionID: newUUID()}
	for {
		_, err := api.SetFlowRunState(ctx, id, proposal)
		if err == nil || !prefect.Temporary(err) {
			return err
		}
		if err := pause.For(ctx, 100*time.Millisecond); err != nil {
			return err
		}
	}
}
