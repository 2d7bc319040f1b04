package stage

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/google/go-containerregistry/pkg/v1/tarball"

	"ecsctl/prefect"
)

// ExecutedFile is the variable with the file that each execution of a flow run adds
// a line to.
const ExecutedFile = "EXECUTED"

// execute is `prefect flow-run execute` in a container of the sandbox. BEHAVE=fail
// makes it end without a final state, BEHAVE=recorded wait until its task is known.
func execute() int {
	if err := executeRun(os.Getenv("PREFECT__FLOW_RUN_ID")); err != nil {
		fmt.Fprintln(os.Stderr, "prefect:", err)
		return 1
	}
	if os.Getenv("BEHAVE") == "fail" {
		return 3
	}
	return 0
}

func executeRun(id string) error {
	file, err := os.OpenFile(os.Getenv(ExecutedFile), os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer file.Close()
	if _, err := fmt.Fprintln(file, id); err != nil {
		return err
	}
	api, err := prefect.New(prefect.Options{
		APIURL: os.Getenv("PREFECT_API_URL"), APIKey: prefect.Secret(os.Getenv("PREFECT_API_KEY")),
	})
	if err != nil {
		return err
	}
	ctx := signalled()
	if os.Getenv("BEHAVE") == "recorded" {
		if err := awaitRecord(ctx, api, id); err != nil {
			return err
		}
	}
	if _, err := api.SetFlowRunState(ctx, id, prefect.StateProposal{Type: prefect.Running}); err != nil {
		return err
	}
	if os.Getenv("BEHAVE") == "fail" {
		return nil
	}
	timer := time.NewTimer(time.Second)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
		return ctx.Err()
	}
	_, err = api.SetFlowRunState(ctx, id, prefect.StateProposal{Type: prefect.Completed})
	return err
}

// awaitRecord waits until Prefect knows the task of the run.
func awaitRecord(ctx context.Context, api *prefect.Client, id string) error {
	ticker := time.NewTicker(100 * time.Millisecond)
	defer ticker.Stop()
	for {
		run, err := api.ReadFlowRun(ctx, id)
		if err != nil || run.InfrastructurePID != "" {
			return err
		}
		select {
		case <-ticker.C:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// signalled ends with SIGTERM, as the programs of containers do.
func signalled() context.Context {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	context.AfterFunc(ctx, stop)
	return ctx
}

// dockerProgram is as much of `docker load -i FILE` as says whether the file is an image.
func dockerProgram() {
	if len(os.Args) != 4 || os.Args[1] != "load" || os.Args[2] != "-i" {
		fmt.Fprintln(os.Stderr, "docker: this test knows no", os.Args[1:])
		os.Exit(2)
	}
	img, err := tarball.ImageFromPath(os.Args[3], nil)
	if err == nil {
		_, err = img.Digest()
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "docker:", err)
		os.Exit(1)
	}
}
