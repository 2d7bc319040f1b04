// Package deployments tells which deployments of a pool would not start.
package deployments

import (
	"context"
	"errors"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"ecsctl/operate"
	"ecsctl/provision"
	"ecsctl/worker"
)

// Options say whose deployments are looked at, and by what they are judged.
type Options struct {
	Preview worker.PreviewRequest
	Pool    string
	Clients *provision.Clients
	Jobs    *provision.Jobs
	// Image looks for an image and returns what is wrong with it; nil does not look.
	Image func(ctx context.Context, name, image string) []operate.Check
}

// Check is the name of the check that sums up.
const Check = "deployments"

// Examine has a check for each deployment that would not start, or that has something nobody
// takes up, and one that sums up.
func Examine(ctx context.Context, o Options) ([]operate.Check, error) {
	jobs, err := worker.PreviewPool(ctx, o.Preview, o.Pool)
	if err != nil {
		return nil, err
	}
	var out []operate.Check
	failed := 0
	for _, job := range jobs {
		checks, err := o.examine(ctx, job)
		if err != nil {
			return nil, err
		}
		if operate.Worst(checks) == operate.CheckFail {
			failed++
		}
		out = append(out, checks...)
	}
	if len(jobs) == 0 {
		return []operate.Check{{Name: Check, Status: operate.CheckOK, Reason: "the pool has none"}}, nil
	}
	if failed == 0 {
		out = append(out, operate.Check{
			Name: Check, Status: operate.CheckOK,
			Reason: fmt.Sprintf("all %d would start, as far as their job variables tell", len(jobs)),
		})
	}
	return out, nil
}

func (o Options) examine(ctx context.Context, d worker.DeploymentJob) ([]operate.Check, error) {
	name := "deployment " + d.Name
	look := fmt.Sprintf("`ecsctl worker preview --deployment %s` shows the whole job", d.Name)
	var out []operate.Check
	for _, problem := range d.Problems {
		out = append(out, operate.Check{Name: name, Status: operate.CheckFail, Reason: problem.String(), Fix: look})
	}
	if d.Job == nil {
		return out, nil
	}
	described, err := o.describe(ctx, d.Job.TaskDefinition)
	if err != nil {
		return append(out, operate.Check{
			Name: name, Status: operate.CheckFail, Reason: err.Error(),
			Fix: "name a task definition that is there in task_definition_arn",
		}), nil
	}
	uses := d.Job.Uses(described)
	why, err := o.Jobs.WhyNot(ctx, provision.Startable{
		Uses: uses, Named: d.Job.TaskDefinition, Credentials: d.Job.Credentials,
	})
	if err != nil {
		return nil, err
	}
	for _, reason := range why {
		out = append(out, operate.Check{Name: name, Status: operate.CheckFail, Reason: reason, Fix: look})
	}
	for _, image := range uses.Images {
		if o.Image != nil {
			out = append(out, o.Image(ctx, name, image)...)
		}
	}
	for _, warning := range d.Job.Warnings {
		out = append(out, operate.Check{Name: name, Status: operate.CheckWarn, Reason: warning, Fix: look})
	}
	return out, nil
}

// describe reads the task definition that a job names; nil where it names none or the caller
// may not look.
func (o Options) describe(ctx context.Context, named string) (*types.TaskDefinition, error) {
	if named == "" {
		return nil, nil
	}
	out, err := o.Clients.ECS.DescribeTaskDefinition(ctx,
		&ecs.DescribeTaskDefinitionInput{TaskDefinition: aws.String(named)})
	var refused *types.ClientException
	if errors.As(err, &refused) {
		return nil, fmt.Errorf("task definition %q: %s", named, refused.ErrorMessage())
	}
	if err != nil {
		return nil, nil //nolint:nilerr // without this right, the other checks still count
	}
	return out.TaskDefinition, nil
}
