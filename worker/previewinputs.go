package worker

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"ecsctl/internal/hint"
	"ecsctl/jobtemplate"
	"ecsctl/prefect"
)

// previewWorker stands for the worker's name, which is not known before it runs.
const previewWorker = "preview"

func (r PreviewRequest) inputs(ctx context.Context) (jobtemplate.Inputs, error) {
	switch {
	case r.Offline != nil:
		return r.offline(), nil
	case r.FlowRunID != "":
		run, err := r.Prefect.ReadFlowRun(ctx, r.FlowRunID)
		if err != nil {
			return jobtemplate.Inputs{}, err
		}
		return r.ofRun(ctx, run)
	}
	deployment, err := r.Prefect.ReadDeploymentByName(ctx, r.FlowName, r.DeploymentName)
	if err != nil {
		return jobtemplate.Inputs{}, err
	}
	return r.ofDeployment(ctx, deployment)
}

// offline looks nothing up: what the template refers to is a problem of the job.
func (r PreviewRequest) offline() jobtemplate.Inputs {
	run := r.Offline.Run
	return jobtemplate.Inputs{
		BaseJobTemplate: r.Offline.BaseJobTemplate,
		FlowRun:         notNull(run.FlowRun), Flow: notNull(run.Flow), Deployment: notNull(run.Deployment),
		WorkPool:   notNull(run.WorkPool),
		WorkerName: run.WorkerName, Settings: r.Settings, Environ: r.Environ,
		PrefectVersion: cmp.Or(run.PrefectVersion, cloudVersion),
	}
}

func notNull(raw json.RawMessage) json.RawMessage {
	if string(raw) == "null" {
		return nil
	}
	return raw
}

// ofRun reads what a worker would read for the run.
func (r PreviewRequest) ofRun(ctx context.Context, run *prefect.FlowRun) (jobtemplate.Inputs, error) {
	pool := run.WorkPoolName
	if pool == "" && run.DeploymentID != "" {
		deployment, err := r.Prefect.ReadDeployment(ctx, run.DeploymentID)
		if err != nil {
			return jobtemplate.Inputs{}, err
		}
		pool = deployment.WorkPoolName
	}
	known, err := r.snapshot(ctx, pool, fmt.Sprintf("flow run %q", run.Name))
	if err != nil {
		return jobtemplate.Inputs{}, err
	}
	return r.resolver().inputs(ctx, newCandidate(*run, time.Time{}), known)
}

// ofDeployment is a run that has not been made: what only a run has is left out.
func (r PreviewRequest) ofDeployment(ctx context.Context, d *prefect.Deployment) (jobtemplate.Inputs, error) {
	known, err := r.snapshot(ctx, d.WorkPoolName, fmt.Sprintf("deployment %q", d.Name))
	if err != nil {
		return jobtemplate.Inputs{}, err
	}
	in, err := r.resolver().inputs(ctx, candidate{run: prefect.FlowRun{FlowID: d.FlowID, DeploymentID: d.ID}}, known)
	in.FlowRun = nil
	return in, err
}

func (r PreviewRequest) resolver() *resolve {
	return &resolve{api: r.Prefect, settings: r.Settings, environ: r.Environ, worker: previewWorker}
}

func (r PreviewRequest) snapshot(ctx context.Context, pool, of string) (*snapshot, error) {
	if pool == "" {
		return nil, hint.Add(fmt.Errorf("%s has no work pool", of), "only runs of work pools are launched by workers")
	}
	h := &heartbeat{opts: Options{Prefect: r.Prefect, Pool: pool}}
	version, err := h.serverVersion(ctx)
	if err != nil {
		return nil, err
	}
	found, err := r.Prefect.ReadWorkPool(ctx, pool)
	if err != nil {
		return nil, err
	}
	if found.Type != Type {
		return nil, &PoolTypeError{found.Name, found.Type}
	}
	raw, err := json.Marshal(found)
	return &snapshot{pool: found, rawPool: raw, version: version}, err
}

// ProblemsOf are the problems of a job that can never work, or nil when err is
// something else.
func ProblemsOf(err error) []jobtemplate.Problem {
	var problems *jobtemplate.Problems
	if errors.As(err, &problems) {
		return problems.List
	}
	return nil
}
