package chaos_test

import (
	"context"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"ecsctl/internal/pause"
	"ecsctl/internal/uuid"
	"ecsctl/prefect"
)

// The ways in which a flow run ends.
const (
	completes = "completes"
	fails     = "fails"   // the flow says Failed
	crashes   = "crashes" // the container ends without a word
)

// outcomes are the final states that belong to them.
var outcomes = map[string]prefect.StateType{
	completes: prefect.Completed, fails: prefect.Failed, crashes: prefect.Crashed,
}

// life is how long the runs of a deployment run, and how they end.
type life struct {
	Lasts  time.Duration
	Behave string
}

const lifeVariable = "CHAOS_LIFE"

// variables are the job variables of a deployment whose runs live so.
func (l life) variables(t *testing.T) json.RawMessage {
	t.Helper()
	text := string(must(json.Marshal(l))(t))
	return must(json.Marshal(map[string]any{"env": map[string]string{lifeVariable: text}}))(t)
}

// execute plays `prefect flow-run execute` in a container with the environment, and returns its exit code; began is
// told of the run. While Prefect is away it waits for it, as Prefect's own runner does. A program in each of 10,000
// containers would take a third of what the tests of workers take.
func execute(ctx context.Context, env []string, api *prefect.Client, began func(id string)) int {
	variables := map[string]string{}
	for _, entry := range env {
		name, value, _ := strings.Cut(entry, "=")
		variables[name] = value
	}
	id := variables["PREFECT__FLOW_RUN_ID"]
	began(id)
	var l life
	if err := json.Unmarshal([]byte(variables[lifeVariable]), &l); err != nil {
		return 2
	}
	if say(ctx, api, id, prefect.Running) != nil || pause.For(ctx, l.Lasts) != nil {
		return 1
	}
	if l.Behave == crashes {
		return 3
	}
	if say(ctx, api, id, outcomes[l.Behave]) != nil {
		return 1
	}
	return 0
}

// say proposes a state until Prefect has answered, as one transition. It returns an
// error that another attempt would not fix, or ctx's.
func say(ctx context.Context, api *prefect.Client, id string, state prefect.StateType) error {
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
