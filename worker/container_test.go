package worker_test

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"ecsctl/prefect"
)

// The test binary plays two programs: the tests, and in the containers of the sandbox
// `prefect flow-run execute`.
func TestMain(m *testing.M) {
	if filepath.Base(os.Args[0]) == "prefect" {
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
		return fail(err)
	}
	switch os.Getenv("BEHAVE") {
	case "fail":
		fmt.Fprintln(os.Stderr, "the last words")
		return 3
	case "hang":
		<-ctx.Done()
		return 143
	}
	if _, err := api.SetFlowRunState(ctx, id, prefect.StateProposal{Type: prefect.Completed}); err != nil {
		return fail(err)
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
			return fail(err)
		}
	}
	return 0
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
