package worker

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"ecsctl/internal/awserr"
	"ecsctl/jobtemplate"
	"ecsctl/worker/awsaccess"
)

// definition is the task definition of a launch.
type definition struct {
	arn        string
	hash       string                // of the content; empty when the job names it
	registered bool                  // for this launch, or for another by this worker
	described  *types.TaskDefinition // when the job names it
}

// register is the stage that has a task definition ready. Equal content is registered
// once: it is remembered, found again in its family after a restart, and shared.
type register struct {
	patience patience

	known     cache[definition]            // by credentials and hash
	described cache[*types.TaskDefinition] // by credentials and name
}

// definition returns the task definition for a job.
func (r *register) definition(ctx context.Context, log *slog.Logger, c *awsaccess.Clients, job *jobtemplate.Job,
	found time.Time) (definition, error) {
	if job.TaskDefinition != "" {
		described, err := r.describe(ctx, log, c, job.TaskDefinition, found)
		return definition{arn: job.TaskDefinition, described: described}, err
	}
	wanted, err := hashed(job, c.Region)
	if err != nil {
		return definition{}, err
	}
	// What is registered stays equal to its content, so age does not matter.
	return r.known.get(ctx, c.Key+wanted.Hash, time.Now().Add(-cacheLife),
		func(ctx context.Context) (definition, error) {
			return r.findOrRegister(ctx, log, c, wanted)
		})
}

// hashed is the job's definition with the tag that it is found again by.
func hashed(job *jobtemplate.Job, region string) (*jobtemplate.Definition, error) {
	wanted, err := job.Definition(region)
	if err != nil {
		return nil, err
	}
	wanted.Input.Tags = append(wanted.Input.Tags, types.Tag{Key: aws.String(jobtemplate.HashTag), Value: &wanted.Hash})
	tags, _ := wanted.Document["tags"].([]any)
	wanted.Document["tags"] = append(tags, map[string]any{"key": jobtemplate.HashTag, "value": wanted.Hash})
	return wanted, nil
}

func (r *register) findOrRegister(ctx context.Context, log *slog.Logger, c *awsaccess.Clients,
	wanted *jobtemplate.Definition) (definition, error) {
	arn, err := findDefinition(ctx, c, wanted)
	if err != nil {
		log.WarnContext(ctx, "cannot look for an equal task definition: a new one is registered", "error",
			awsaccess.Sentence(awsaccess.Explain("look for a task definition", err)))
	}
	if arn != "" {
		log.DebugContext(ctx, "reusing the task definition", "task definition", arn)
		return definition{arn: arn, hash: wanted.Hash}, nil
	}
	input := *wanted.Input
	var made *ecs.RegisterTaskDefinitionOutput
	err = patiently(ctx, log, r.patience, awsaccess.Passing, func() (err error) {
		made, err = c.ECS.RegisterTaskDefinition(ctx, &input)
		if tagsRefused(err, wanted) {
			input.Tags = input.Tags[:len(input.Tags)-1]
			made, err = c.ECS.RegisterTaskDefinition(ctx, &input)
		}
		return err
	})
	if err != nil {
		return definition{}, awsaccess.Explain("register task definition \""+aws.ToString(input.Family)+"\"", err)
	}
	arn = aws.ToString(made.TaskDefinition.TaskDefinitionArn)
	log.InfoContext(ctx, "registered task definition "+arn)
	return definition{arn: arn, hash: wanted.Hash, registered: true}, nil
}

// tagsRefused: tagging needs a permission of its own, which policies made for the
// official worker may lack. Our tag only saves registrations; the job works without.
func tagsRefused(err error, wanted *jobtemplate.Definition) bool {
	return awserr.HasCode(err, "AccessDeniedException") && len(wanted.Input.Tags) == 1
}

// describe reads a task definition that a job names.
func (r *register) describe(ctx context.Context, log *slog.Logger, c *awsaccess.Clients, name string,
	found time.Time) (*types.TaskDefinition, error) {
	return r.described.get(ctx, c.Key+name, found, func(ctx context.Context) (*types.TaskDefinition, error) {
		var out *ecs.DescribeTaskDefinitionOutput
		err := patiently(ctx, log, r.patience, awsaccess.Passing, func() (err error) {
			out, err = c.ECS.DescribeTaskDefinition(ctx, &ecs.DescribeTaskDefinitionInput{TaskDefinition: &name})
			return err
		})
		if err != nil {
			return nil, awsaccess.Explain("describe task definition \""+name+"\"", err)
		}
		return out.TaskDefinition, nil
	})
}

// Forget makes the next launch look for the definition again.
func (r *register) Forget(c *awsaccess.Clients, hash string) { r.known.Forget(c.Key + hash) }

// forgetARN forgets a definition that is about to be deregistered.
func (r *register) forgetARN(arn string) {
	r.known.forgetIf(func(d definition) bool { return d.arn == arn })
}

// retire deregisters task definitions whose jobs ask for it, when the last of their
// tasks has stopped.
type retire struct {
	log      *slog.Logger
	table    *table
	register *register

	mu     sync.Mutex
	unused map[string]*awsaccess.Clients // by ARN
}

// after notes the definition of a run whose task has stopped.
func (r *retire) after(entry tracked) {
	if entry.definition == "" {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.unused == nil {
		r.unused = map[string]*awsaccess.Clients{}
	}
	r.unused[entry.definition] = entry.at.clients
}

// idle deregisters what no run needs any more. While runs are being launched it waits:
// one of them may be about to use a definition.
func (r *retire) idle(ctx context.Context) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.unused) == 0 || len(r.table.inPhase(claiming)) > 0 {
		return nil
	}
	var failures []error
	for arn, clients := range r.unused {
		if r.table.uses(arn) > 0 {
			delete(r.unused, arn) // the last of them notes it again
			continue
		}
		r.register.forgetARN(arn)
		if _, err := clients.ECS.DeregisterTaskDefinition(ctx,
			&ecs.DeregisterTaskDefinitionInput{TaskDefinition: &arn}); err != nil {
			failures = append(failures, awsaccess.Explain("deregister task definition \""+arn+"\"", err))
			continue
		}
		r.log.InfoContext(ctx, "deregistered the task definition", "task definition", arn)
		delete(r.unused, arn)
	}
	return errors.Join(failures...)
}
