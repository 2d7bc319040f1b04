package provision

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"ecsctl/internal/awserr"
	"ecsctl/jobtemplate"
	"ecsctl/prefect"
)

// FlowJob is what a deployment's image has to go by.
type FlowJob struct {
	// Architecture is X86_64 or ARM64, as AWS calls it; empty where nothing says.
	Architecture types.CPUArchitecture
	// Definition is the task definition that the pool names, whose own image every run has.
	Definition string
}

// ReadFlowJob resolves the job of a pool for a deployment with these job variables. A job that cannot work tells
// nothing: who runs it is told. Clients may lack AWS; then a task definition that the pool names is not looked at.
func ReadFlowJob(ctx context.Context, clients *Clients, api *prefect.Client, pool *prefect.WorkPool,
	variables map[string]any) (FlowJob, error) {
	deployment, err := json.Marshal(map[string]any{"id": noDeployment, "job_variables": variables})
	if err != nil {
		return FlowJob{}, fmt.Errorf("failed to write the job variables: %w", err)
	}
	named, _ := json.Marshal(map[string]string{"name": pool.Name}) // a string always has a JSON form
	job, err := jobtemplate.Resolve(jobtemplate.Inputs{BaseJobTemplate: pool.BaseJobTemplate, WorkPool: named,
		PrefectVersion: "3", Deployment: deployment, Lookup: lookupIn(ctx, api)})
	var problems *jobtemplate.Problems
	if errors.As(err, &problems) {
		return FlowJob{}, nil
	}
	if err != nil {
		return FlowJob{}, fmt.Errorf("work pool %q: %w", pool.Name, err)
	}
	var described *types.TaskDefinition
	if job.TaskDefinition != "" && clients != nil {
		w := &world{aws: clients}
		described, err = w.describeNamed(ctx, job.TaskDefinition)
		if err != nil && !awserr.Denied(err) { // who deploys need not be allowed to look
			return FlowJob{}, err
		}
	}
	return FlowJob{types.CPUArchitecture(job.Uses(described).Architecture), job.TaskDefinition}, nil
}
