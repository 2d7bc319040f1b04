package worker_test

import (
	"os"
	"path/filepath"
	"testing"

	"ecsctl/internal/executable"
	"ecsctl/prefect"
	"ecsctl/sandbox"
)

// A worker claims a run whose flow has ended, while the task of its launch is about to
// stop, and is killed before it sees its mistake. The worker of the launch gives the run
// its final state back: it did not crash.
func TestATaskThatEndsUnderAMistakenClaim(t *testing.T) {
	t.Parallel()
	for _, version := range []string{"3.8.8", "2.20.26"} {
		t.Run(version, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			stop := filepath.Join(dir, "stop")
			if err := executable.Write(filepath.Join(dir, "prefect"),
				[]byte("#!/bin/sh\nuntil [ -e '"+stop+"' ]; do sleep 0.05; done\n")); err != nil {
				t.Fatal(err)
			}
			w := newWorld(t, worldOptions{
				version: version, sandbox: sandbox.Options{Images: map[string]string{"prefecthq/*": dir}},
			})
			id := w.runs(w.deployment(nil), 1)[0]
			w.start(nil)
			eventually(t, "the launch", func() bool { return w.launched(id) })
			// The claim has the mark of a worker of ours.
			ids := map[prefect.StateType]string{prefect.Pending: "65637363-0000-8000-8000-aabbccddeeff"}
			for _, state := range []prefect.StateType{prefect.Running, prefect.Completed, prefect.Pending} {
				if got := must(w.api.SetFlowRunState(t.Context(), id, prefect.StateProposal{
					Type: state, TransitionID: ids[state],
				}))(t).Status; got != prefect.Accept {
					t.Fatalf("the server says %s to %s", got, state)
				}
			}
			if err := os.WriteFile(stop, nil, 0o600); err != nil {
				t.Fatal(err)
			}
			eventually(t, "a final state", func() bool {
				return must(w.api.ReadFlowRun(t.Context(), id))(t).StateType.Terminal()
			})
			if got := w.history(id); got[len(got)-1] != "Completed" {
				t.Errorf("the run's states are %q", got)
			}
		})
	}
}
