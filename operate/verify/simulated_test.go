package verify_test

import (
	"context"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"ecsctl/internal/pipenet"
	"ecsctl/prefect"
	"ecsctl/sandbox"
)

// inSimulatedTime runs a test in a bubble of testing/synctest; a function plays its containers.
func inSimulatedTime(t *testing.T, container func(context.Context, *trial, string) error,
	test func(t *testing.T, w *trial)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		var w *trial
		play := func(ctx context.Context, env []string) int {
			const name = "PREFECT__FLOW_RUN_ID="
			i := slices.IndexFunc(env, func(entry string) bool { return strings.HasPrefix(entry, name) })
			if err := container(ctx, w, env[i][len(name):]); err != nil {
				return 1
			}
			return 0
		}
		w = trialIn(t, sandbox.Options{
			Listener: pipenet.New(), Functions: map[string]sandbox.Function{"prefecthq/*": play},
		})
		w.work()
		test(t, w)
	})
}

// hangs plays a flow run that does not begin.
func hangs(ctx context.Context, _ *trial, _ string) error {
	<-ctx.Done()
	return ctx.Err()
}

// runsSilently plays a flow run that logs nothing.
func runsSilently(ctx context.Context, w *trial, id string) error {
	for _, state := range []prefect.StateType{prefect.Running, prefect.Completed} {
		if _, err := w.client.SetFlowRunState(ctx, id, prefect.StateProposal{Type: state}); err != nil {
			return err
		}
	}
	return nil
}
