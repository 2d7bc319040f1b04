// Package flowrun is what the containers of the chaos tests do: a flow run that is
// counted, and that ends as its test wants it to.
package flowrun

import (
	"context"
	"fmt"
	"os"
	"time"

	"ecsctl/internal/pause"
	"ecsctl/internal/uuid"
	"ecsctl/prefect"
)

// What the tests tell the containers, in their environment.
const (
	ExecutedFile = "CHAOS_EXECUTED" // the file that each execution adds a line to
	Behaviour    = "CHAOS_BEHAVE"   // Completes, Fails or Crashes
	Lasts        = "CHAOS_LASTS"    // how long the flow run takes, as time.ParseDuration reads it
)

// The ways in which a flow run ends.
const (
	Completes = "completes"
	Fails     = "fails"   // the flow says Failed
	Crashes   = "crashes" // the process ends without a word
)

// Outcomes are the final states that belong to them.
var Outcomes = map[string]prefect.StateType{
	Completes: prefect.Completed, Fails: prefect.Failed, Crashes: prefect.Crashed,
}

// Execute is `prefect flow-run execute` of the flow run that the environment names, and
// returns the exit code. Its own calls of Prefect meet the same faults as the workers'.
func Execute(ctx context.Context) int {
	if err := execute(ctx, os.Getenv("PREFECT__FLOW_RUN_ID")); err != nil {
		fmt.Fprintln(os.Stderr, "prefect:", err)
		return 1
	}
	if os.Getenv(Behaviour) == Crashes {
		return 3
	}
	return 0
}

func execute(ctx context.Context, id string) error {
	if err := count(os.Getenv(ExecutedFile), id); err != nil {
		return err
	}
	lasts, err := time.ParseDuration(os.Getenv(Lasts))
	if err != nil {
		return fmt.Errorf("failed to read %s: %w", Lasts, err)
	}
	api, err := prefect.New(prefect.Options{APIURL: os.Getenv("PREFECT_API_URL")})
	if err != nil {
		return err
	}
	if err := Say(ctx, api, id, prefect.Running); err != nil {
		return err
	}
	if err := pause.For(ctx, lasts); err != nil {
		return err
	}
	if os.Getenv(Behaviour) == Crashes {
		return nil
	}
	return Say(ctx, api, id, Outcomes[os.Getenv(Behaviour)])
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

// Say proposes a state until Prefect has answered, as one transition. It returns an
// error that another attempt would not fix, or ctx's.
func Say(ctx context.Context, api *prefect.Client, id string, state prefect.StateType) error {
	proposal := prefect.StateProposal{Type: state, TransitionID: uuid.New()}
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
