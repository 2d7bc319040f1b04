package worker_test

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"ecsctl/internal/pause"
	"ecsctl/prefect"
)

// programs are those of the image that execute flow runs: Prefect's own, a team's wrapper, and
// what the bundle of an @ecs flow is run by.
var programs = []string{"prefect", "entry", "uv"}

// The test binary plays two programs: the tests, and in the containers of the sandbox
// `prefect flow-run execute`.
func TestMain(m *testing.M) {
	if slices.Contains(programs, filepath.Base(os.Args[0])) {
		os.Exit(execute())
	}
	os.Exit(m.Run())
}

// execute does as the variable BEHAVE says: without it the run completes.
func execute() int {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	switch os.Getenv("BEHAVE") {
	case "silent":
		return 0
	case "say": // and fail before the run has begun
		fmt.Fprintln(os.Stderr, "first line\n"+os.Getenv("SAY"))
		return 1
	case "starve":
		return starve()
	}
	api, err := prefect.New(prefect.Options{APIURL: os.Getenv("PREFECT_API_URL")})
	if err != nil {
		return fail(err)
	}
	id := os.Getenv("PREFECT__FLOW_RUN_ID")
	if _, err := api.SetFlowRunState(ctx, id, prefect.StateProposal{Type: prefect.Running}); err != nil {
		return failUnless(ctx, err)
	}
	switch os.Getenv("BEHAVE") {
	case "fail":
		fmt.Fprintln(os.Stderr, "the last words")
		return 3
	case "hang":
		<-ctx.Done()
		return 143
	case "obey":
		return obey(ctx, api, id)
	}
	if _, err := api.SetFlowRunState(ctx, id, prefect.StateProposal{Type: prefect.Completed}); err != nil {
		return failUnless(ctx, err)
	}
	return 0
}

// obey cancels its run as Prefect's runner does: it sees that it is to, runs its hooks, says so.
func obey(ctx context.Context, api *prefect.Client, id string) int {
	for {
		run, err := api.ReadFlowRun(ctx, id)
		if err != nil {
			return failUnless(ctx, err)
		}
		if err := pause.For(ctx, 100*time.Millisecond); err != nil {
			return 143 // told to stop
		}
		if run.StateType == prefect.Cancelling {
			break
		}
	}
	if err := pause.For(ctx, time.Second); err != nil {
		return 143
	}
	cancelled := prefect.StateProposal{Type: prefect.Cancelled, Message: "by the runner"}
	if _, err := api.SetFlowRunState(ctx, id, cancelled); err != nil {
		return failUnless(ctx, err)
	}
	return 0
}

// play is execute without a process. It can do nothing, too: BEHAVE=idle.
func (w *world) play(ctx context.Context, env []string) int {
	variables := map[string]string{}
	for _, entry := range env {
		name, value, _ := strings.Cut(entry, "=")
		variables[name] = value
	}
	id, api := variables["PREFECT__FLOW_RUN_ID"], w.client()
	for _, state := range []prefect.StateType{prefect.Running, prefect.Completed} {
		if behave := variables["BEHAVE"]; behave == "idle" || behave == "hang" && state == prefect.Completed {
			<-ctx.Done()
			return 143
		}
		if _, err := api.SetFlowRunState(ctx, id, prefect.StateProposal{Type: state}); err != nil {
			return failUnless(ctx, err)
		}
	}
	return 0
}

// failUnless is the exit code of a call that failed, and of any call if the container was told to stop.
func failUnless(stopped context.Context, err error) int {
	if stopped.Err() != nil {
		return 143
	}
	return fail(err)
}

func fail(err error) int {
	fmt.Fprintln(os.Stderr, "prefect:", err)
	return 1
}

// starve ends as a program that the kernel kills for its memory.
func starve() int {
	self, err := os.FindProcess(os.Getpid())
	if err != nil {
		return fail(err)
	}
	if err := self.Kill(); err != nil {
		return fail(err)
	}
	select {}
}
