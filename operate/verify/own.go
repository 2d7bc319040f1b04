package verify

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"ecsctl/internal/codeplace"
	"ecsctl/internal/pause"
	"ecsctl/internal/shellword"
	"ecsctl/operate"
	"ecsctl/prefect"
)

// runOwn makes a run of the user's own deployment, unless it is known that it cannot work.
func (v *verification) runOwn(ctx context.Context) bool {
	began := time.Now()
	flow, name, _ := strings.Cut(v.Deployment, "/")
	api := v.Clients.Prefect
	deployment, err := api.ReadDeploymentByName(ctx, flow, name)
	if errors.Is(err, prefect.ErrNotFound) {
		return v.fail(StepFound, fmt.Sprintf("there is no deployment %q on this server", v.Deployment),
			"prefect deployment ls shows them; ecsctl deploy flow.py:my_flow --pool "+shellword.Quote(v.Pool)+
				" makes one")
	}
	if err != nil {
		return v.failed(StepFound, err)
	}
	if deployment.WorkPoolName != v.Pool {
		return v.fail(StepFound, fmt.Sprintf("deployment %q belongs to work pool %q, not %q", v.Deployment,
			deployment.WorkPoolName, v.Pool), "name its own pool with --pool")
	}
	image := codeplace.Image(v.pool.BaseJobTemplate, deployment.JobVariables)
	if missing, is := codeplace.Find(codeplace.Read(deployment.Raw()), image); is {
		return v.fail(StepFound, missing.String(), missing.Fix())
	}
	v.run, err = api.CreateFlowRun(ctx, deployment.ID, prefect.FlowRunCreate{Name: verifyName + "-" + v.suffix,
		Tags: []string{verifyName}})
	if err != nil {
		return v.failed(StepFound, err)
	}
	v.result.FlowRun, v.result.FlowRunID = v.run.Name, v.run.ID
	v.ok(StepFound, time.Since(began), fmt.Sprintf("flow run %q of %q is scheduled", v.run.Name, v.Deployment))
	return true
}

// workerLogger is the logger of lines that workers write into the logs of runs.
const workerLogger = "prefect.flow_runs.worker"

// awaitOwnLog waits for any line that the run itself has written. A flow may be quiet by choice.
func (v *verification) awaitOwnLog(ctx context.Context) {
	began := time.Now()
	waiting, cancel := context.WithTimeout(ctx, logPatience)
	defer cancel()
	for {
		lines, err := v.Clients.Prefect.FlowRunLogs(waiting, v.run.ID)
		if err != nil && waiting.Err() == nil {
			v.failed(StepLog, err)
			return
		}
		for _, line := range lines {
			if line.Name != workerLogger {
				v.ok(StepLog, time.Since(began), fmt.Sprintf("%q", strings.TrimSpace(line.Message)))
				return
			}
		}
		v.note("waiting for a log line of the flow")
		if pause.For(waiting, v.PollInterval) != nil {
			v.add(StepLog, operate.CheckWarn, 0, "the run has written no log line that Prefect has",
				"check whether its environment sets PREFECT_LOGGING_LEVEL or PREFECT_LOGGING_TO_API_ENABLED=false")
			return
		}
	}
}

// endOwn ends a run that is under way; what is the user's own stays.
func (v *verification) endOwn(ctx context.Context) {
	if v.run == nil || v.run.StateType.Terminal() {
		return
	}
	began := time.Now()
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), cleaningTime)
	defer cancel()
	if err := v.endRun(ctx); err != nil {
		v.failed(StepCleanup, err)
		return
	}
	v.ok(StepCleanup, time.Since(began), fmt.Sprintf("flow run %q was cancelled; it stays in Prefect", v.run.Name))
}
