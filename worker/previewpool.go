package worker

import (
	"context"
	"errors"
	"time"

	"ecsctl/jobtemplate"
	"ecsctl/prefect"
)

// DeploymentJob is what a run of a deployment would be launched as.
type DeploymentJob struct {
	Name string           // FLOW/NAME
	Job  *jobtemplate.Job // nil with Problems
	// Problems are why the job can never work.
	Problems []jobtemplate.Problem
}

// PreviewPool resolves the jobs of all deployments of a pool as a worker would. AWS is not asked.
func PreviewPool(ctx context.Context, r PreviewRequest, pool string) ([]DeploymentJob, error) {
	known, err := r.snapshot(ctx, pool, "it")
	if err != nil {
		return nil, err
	}
	all, err := r.Prefect.Deployments(ctx, pool)
	if err != nil {
		return nil, err
	}
	resolver := r.resolver() // it reads each flow and block once
	out := make([]DeploymentJob, 0, len(all))
	for _, d := range all {
		job, err := previewDeployment(ctx, resolver, d, known)
		if errors.Is(err, prefect.ErrNotFound) {
			continue // deleted since
		}
		if err != nil {
			return nil, err
		}
		out = append(out, job)
	}
	return out, nil
}

func previewDeployment(ctx context.Context, resolver *resolve, d prefect.Deployment,
	known *snapshot) (DeploymentJob, error) {
	c := candidate{run: prefect.FlowRun{FlowID: d.FlowID, DeploymentID: d.ID}, found: time.Time{}}
	in, err := resolver.inputs(ctx, c, known)
	if err != nil {
		return DeploymentJob{}, err
	}
	in.FlowRun = nil
	out := DeploymentJob{Name: textField(in.Flow, "name") + "/" + d.Name}
	out.Job, err = jobtemplate.Resolve(in)
	if out.Problems = ProblemsOf(err); out.Problems != nil {
		err = nil
	}
	return out, err
}
