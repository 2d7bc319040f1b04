// Command flowrun stands in for Prefect's program, a team's wrapper of it, and what runs the bundle of an @ecs
// flow, in the containers of the worker's tests. It is a program of its own because hundreds of it are
// started: it is up in a fraction of the time of the test binary, above all of one with the race detector.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"syscall"
	"time"

	"ecsctl/internal/pause"
	"ecsctl/prefect"
)

func main() { os.Exit(execute()) }

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
