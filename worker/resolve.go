package worker

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"ecsctl/jobtemplate"
	"ecsctl/prefect"
)

// resolve is the stage that gathers what a job is made from and makes it.
type resolve struct {
	api      *prefect.Client
	settings map[string]string
	environ  func(string) (string, bool)
	worker   string // name

	deployments cache[deploymentDocument]
	flows       cache[*prefect.Flow]
	blocks      cache[json.RawMessage]
	variables   cache[json.RawMessage]
	decoded     jobtemplate.Decoded
}

// deploymentDocument is a deployment, and the same as jobtemplate wants it.
type deploymentDocument struct {
	*prefect.Deployment
	document json.RawMessage
}

func newResolve(o Options) *resolve {
	return &resolve{api: o.Prefect, settings: o.Settings, environ: o.Environ, worker: o.Name}
}

// job resolves the job of a run.
func (r *resolve) job(ctx context.Context, c candidate, known *snapshot) (*jobtemplate.Job, error) {
	inputs, err := r.inputs(ctx, c, known)
	if err != nil {
		return nil, err
	}
	return jobtemplate.Resolve(inputs)
}

func (r *resolve) inputs(ctx context.Context, c candidate, known *snapshot) (jobtemplate.Inputs, error) {
	in := jobtemplate.Inputs{
		FlowRun: c.run.Raw(), WorkPool: known.rawPool,
		WorkerName: r.worker, WorkerID: known.workerID,
		Settings: r.settings, Environ: r.environ,
		Lookup: r.lookup(ctx, c.found), PrefectVersion: known.version, Decoded: &r.decoded,
	}
	flow, err := r.flow(ctx, c)
	if err != nil {
		return in, err
	}
	in.Flow = flow.Raw()
	if c.run.DeploymentID == "" {
		return in, nil
	}
	deployment, err := r.deployment(ctx, c)
	if err != nil {
		return in, err
	}
	in.Deployment = deployment.document
	return in, nil
}

// withJobVariables is the deployment as jobtemplate wants it: Prefect 2 has the job
// variables under an older name.
func withJobVariables(d *prefect.Deployment) (json.RawMessage, error) {
	var object map[string]json.RawMessage
	if err := json.Unmarshal(d.Raw(), &object); err != nil {
		return nil, fmt.Errorf("failed to read deployment %q: %w", d.ID, err)
	}
	if _, given := object["job_variables"]; given || len(d.JobVariables) == 0 {
		return d.Raw(), nil
	}
	object["job_variables"] = d.JobVariables
	return json.Marshal(object)
}

// deployment reads the deployment of a run, or returns prefect.ErrNotFound.
func (r *resolve) deployment(ctx context.Context, c candidate) (deploymentDocument, error) {
	return r.deployments.get(ctx, c.run.DeploymentID, c.found, func(ctx context.Context) (deploymentDocument, error) {
		read, err := r.api.ReadDeployment(ctx, c.run.DeploymentID)
		if err != nil {
			return deploymentDocument{}, err
		}
		document, err := withJobVariables(read)
		return deploymentDocument{read, document}, err
	})
}

func (r *resolve) flow(ctx context.Context, c candidate) (*prefect.Flow, error) {
	return r.flows.get(ctx, c.run.FlowID, c.found, func(ctx context.Context) (*prefect.Flow, error) {
		return r.api.ReadFlow(ctx, c.run.FlowID)
	})
}

// lookup finds blocks and variables for a job template.
func (r *resolve) lookup(ctx context.Context, notBefore time.Time) jobtemplate.Lookup {
	block := func(key string, read func(context.Context) (*prefect.BlockDocument, error)) (json.RawMessage, error) {
		data, err := r.blocks.get(ctx, key, notBefore, func(ctx context.Context) (json.RawMessage, error) {
			document, err := read(ctx)
			if err != nil {
				return nil, err
			}
			return document.Data, nil
		})
		return data, translate(err)
	}
	return jobtemplate.Lookup{
		Block: func(slug, name string) (json.RawMessage, error) {
			return block(slug+"/"+name, func(ctx context.Context) (*prefect.BlockDocument, error) {
				return r.api.ReadBlockDocumentByName(ctx, slug, name)
			})
		},
		BlockByID: func(id string) (json.RawMessage, error) {
			return block(id, func(ctx context.Context) (*prefect.BlockDocument, error) { return r.api.ReadBlockDocument(ctx, id) })
		},
		Variable: func(name string) (json.RawMessage, error) {
			value, err := r.variables.get(ctx, name, notBefore, func(ctx context.Context) (json.RawMessage, error) {
				variable, err := r.api.ReadVariable(ctx, name)
				if err != nil {
					return nil, err
				}
				return variable.Value, nil
			})
			return value, translate(err)
		},
	}
}

// translate says "not found" in jobtemplate's words. An id that is no id is not found
// either: the server calls it invalid.
func translate(err error) error {
	if errors.Is(err, prefect.ErrNotFound) || errors.Is(err, prefect.ErrInvalid) {
		return fmt.Errorf("%w: %w", jobtemplate.ErrNotFound, err)
	}
	return err
}
