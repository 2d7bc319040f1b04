package worker_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"ecsctl/internal/executable"
	"ecsctl/internal/testkit/inmemory"
	"ecsctl/internal/testkit/staticbuild"
	"ecsctl/prefect"
)

// programs are those of the image that execute flow runs: Prefect's own, a team's wrapper, and
// what the bundle of an @ecs flow is run by. They are all internal/testkit/flowrun.
var programs = []string{"prefect", "entry", "uv"}

// programDir is where what the tests share lies.
var programDir string

func TestMain(m *testing.M) {
	inmemory.Use()
	var err error
	if programDir, err = os.MkdirTemp("", "ecsctl-worker-test-"); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	code := m.Run()
	_ = os.RemoveAll(programDir)
	os.Exit(code)
}

// flowRunProgram is made once.
var flowRunProgram = sync.OnceValues(func() (string, error) {
	raw, err := staticbuild.Program("ecsctl/internal/testkit/flowrun")
	path := filepath.Join(programDir, "flowrun")
	if err == nil {
		err = executable.Write(path, raw)
	}
	return path, err
})

// play is what internal/testkit/flowrun does, without a process. It can do nothing, too: BEHAVE=idle.
func (w *world) play(ctx context.Context, env []string) int {
	variables := map[string]string{}
	for _, entry := range env {
		name, value, _ := strings.Cut(entry, "=")
		variables[name] = value
	}
	id, api := variables["PREFECT__FLOW_RUN_ID"], w.client()
	for _, state := range []prefect.StateType{prefect.Running, prefect.Completed} {
		behave, over := variables["BEHAVE"], state == prefect.Completed
		if behave == "idle" || behave == "hang" && over {
			<-ctx.Done()
			return 143
		}
		if behave == "fail" && over {
			return 3
		}
		if _, err := api.SetFlowRunState(ctx, id, prefect.StateProposal{Type: state}); err != nil {
			if ctx.Err() != nil {
				return 143
			}
			return 1
		}
	}
	return 0
}
