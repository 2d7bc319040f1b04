package provision

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"ecsctl/jobtemplate"
	"ecsctl/prefect"
)

// poolJob is the job of a flow run whose deployment says nothing: what the pool itself uses,
// be it by a default or by a literal in the template.
type poolJob struct {
	Startable
	// failed is why such a run can never work.
	failed error
}

// findJob resolves the job of the pool's template as bootstrap leaves it.
func (p *workPool) findJob(ctx context.Context) error {
	p.job = nil
	raw, err := p.preview()
	if err != nil {
		return err
	}
	job, err := jobtemplate.Resolve(p.jobInputs(ctx, raw))
	var problems *jobtemplate.Problems
	if errors.As(err, &problems) {
		p.job = &poolJob{failed: err}
		return nil
	}
	if err != nil {
		return fmt.Errorf("work pool %q: %w", p.w.spec.Pool, err)
	}
	p.job = &poolJob{Startable: Startable{Named: job.TaskDefinition, Credentials: job.Credentials}}
	var described *types.TaskDefinition
	if job.TaskDefinition != "" {
		described, p.job.failed = p.w.describeNamed(ctx, job.TaskDefinition)
	}
	p.job.Uses = job.Uses(described)
	return nil
}

// preview is the template as it will be, made from a copy.
func (p *workPool) preview() (json.RawMessage, error) {
	if p.asFound {
		return p.found.BaseJobTemplate, nil
	}
	raw, err := p.template.encode() // a new pool has the server's own template
	if err != nil {
		return nil, err
	}
	template, err := parsePoolTemplate(raw)
	if err != nil {
		return nil, err
	}
	other := *p
	other.template = template
	return other.edited(p.changes())
}

// noDeployment is the id of a deployment that says nothing, or is not there yet.
const noDeployment = "00000000-0000-0000-0000-000000000000"

func (p *workPool) jobInputs(ctx context.Context, template json.RawMessage) jobtemplate.Inputs {
	pool, _ := json.Marshal(map[string]string{"name": p.w.spec.Pool}) // a string always has a JSON form
	version := p.w.server.Version
	if version == "" {
		version = "3" // Cloud's own is the newest
	}
	return jobtemplate.Inputs{
		BaseJobTemplate: template, WorkPool: pool, PrefectVersion: version,
		Deployment: json.RawMessage(`{"id": "` + noDeployment + `"}`),
		Lookup:     lookupIn(ctx, p.w.aws.Prefect),
	}
}

// lookupIn finds the blocks and variables that a template refers to.
func lookupIn(ctx context.Context, api *prefect.Client) jobtemplate.Lookup {
	block := func(document *prefect.BlockDocument, err error) (json.RawMessage, error) {
		if err != nil {
			return nil, inTemplatesWords(err)
		}
		return document.Data, nil
	}
	return jobtemplate.Lookup{
		Block: func(slug, name string) (json.RawMessage, error) {
			return block(api.ReadBlockDocumentByName(ctx, slug, name))
		},
		BlockByID: func(id string) (json.RawMessage, error) { return block(api.ReadBlockDocument(ctx, id)) },
		Variable: func(name string) (json.RawMessage, error) {
			variable, err := api.ReadVariable(ctx, name)
			if err != nil {
				return nil, inTemplatesWords(err)
			}
			return variable.Value, nil
		},
	}
}

// inTemplatesWords: an id that is none is not found either, though the server calls it invalid.
func inTemplatesWords(err error) error {
	if errors.Is(err, prefect.ErrNotFound) || errors.Is(err, prefect.ErrInvalid) {
		return fmt.Errorf("%w: %w", jobtemplate.ErrNotFound, err)
	}
	return err
}

// describeNamed reads the task definition that a pool names. That it cannot be read is told
// in the plan, and ends none.
func (w *world) describeNamed(ctx context.Context, name string) (*types.TaskDefinition, error) {
	out, err := w.aws.ECS.DescribeTaskDefinition(ctx,
		&ecs.DescribeTaskDefinitionInput{TaskDefinition: aws.String(name)})
	if err != nil {
		return nil, explain(fmt.Sprintf("read the task definition %q, which the pool names", name), err)
	}
	return out.TaskDefinition, nil
}

// jobRoles are the roles of the pool's job as ARNs: a task definition may have names.
func (p *workPool) jobRoles() []string {
	if p.job == nil {
		return nil
	}
	var out []string
	for _, role := range p.job.Uses.Roles() {
		out = append(out, p.w.id.roleARN(role))
	}
	return out
}
