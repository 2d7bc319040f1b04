package provision

import (
	"context"
	"errors"
	"fmt"
	"strconv"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
)

// taskDefinition is the worker's. AWS keeps revisions for good, so a new one is
// registered only when the content differs from the family's latest.
type taskDefinition struct {
	w     *world
	found *types.TaskDefinition // the latest ACTIVE revision
	tags  map[string]string     // of found
	ours  revisions             // for teardown
	// edit makes the wanted content of what was found; nil where the Spec says it.
	edit func(taskContent) taskContent
}

func (t *taskDefinition) ref() (Kind, string) { return KindTaskDefinition, t.family() }
func (t *taskDefinition) family() string      { return t.w.spec.Names.Family }
func (t *taskDefinition) check() error        { return nil }

func (t *taskDefinition) needs() []Kind {
	return []Kind{KindExecutionRole, KindWorkerRole, KindAPIKeySecret, KindAuthStringSecret, KindLogGroup, KindImage}
}

func (t *taskDefinition) find(ctx context.Context) error {
	found, tags, err := t.describe(ctx, t.family())
	if err != nil {
		return err
	}
	t.found, t.tags = found, tags
	return nil
}

// describe reads a revision, or the latest ACTIVE one of a family; nil means there is none.
func (t *taskDefinition) describe(ctx context.Context, what string) (*types.TaskDefinition, map[string]string, error) {
	out, err := t.w.aws.ECS.DescribeTaskDefinition(ctx, &ecs.DescribeTaskDefinitionInput{
		TaskDefinition: aws.String(what), Include: []types.TaskDefinitionField{types.TaskDefinitionFieldTags},
	})
	var missing *types.ClientException
	if errors.As(err, &missing) {
		return nil, nil, nil
	}
	if err != nil {
		return nil, nil, explain(fmt.Sprintf("read task definition %q", what), err)
	}
	if out.TaskDefinition.Status != types.TaskDefinitionStatusActive {
		return nil, nil, nil
	}
	return out.TaskDefinition, TagMap(out.Tags, ecsTagPair), nil
}

func (t *taskDefinition) wanted() taskContent {
	if t.edit != nil {
		return t.edit(contentOf(t.found))
	}
	return t.w.fargateTask(t.w.container())
}

func (t *taskDefinition) fields() []Field { return compare("", contentOf(t.found), t.wanted()) }

func (t *taskDefinition) diff() Change {
	c := Change{Kind: KindTaskDefinition, Name: t.family()}
	if t.found == nil {
		c.Action = Create
		return c
	}
	c.ID = *t.found.TaskDefinitionArn
	c.Fields = t.fields()
	c.Action = updateIf(c.Fields)
	if c.Action == Update {
		c.Reason = "a new revision"
		return c
	}
	t.w.setValue(KindTaskDefinition, c.ID)
	if !t.w.owns(t.tags) {
		c.Action, c.Reason = Adopt, "not made by ecsctl: used as is"
		return c
	}
	c.Fields = t.w.tagFields(t.tags)
	c.Action = updateIf(c.Fields)
	return c
}

func (t *taskDefinition) apply(ctx context.Context) (string, error) {
	if t.found != nil && len(t.fields()) == 0 {
		arn := *t.found.TaskDefinitionArn
		t.w.setValue(KindTaskDefinition, arn)
		if !t.w.owns(t.tags) {
			return arn, nil
		}
		return arn, t.w.tagECS(ctx, arn, t.tags)
	}
	made, err := t.register(ctx)
	if err != nil {
		return "", err
	}
	arn, err := t.dropTwin(ctx, made)
	if err != nil {
		return "", err
	}
	t.w.setValue(KindTaskDefinition, arn)
	return arn, nil
}

func (t *taskDefinition) register(ctx context.Context) (*types.TaskDefinition, error) {
	var made *types.TaskDefinition
	err := t.w.insist(ctx, refusesRole, func() error {
		out, err := t.w.aws.ECS.RegisterTaskDefinition(ctx, t.wanted().registerInput(t.family(), t.w.wantedTags()))
		if err == nil {
			made = out.TaskDefinition
		}
		return err
	})
	return made, explain("register the task definition", err)
}

// dropTwin settles two bootstraps that register the same content at once: whoever
// has the higher revision deregisters it and uses the lower.
func (t *taskDefinition) dropTwin(ctx context.Context, made *types.TaskDefinition) (string, error) {
	first := int32(1)
	if t.found != nil {
		first = t.found.Revision + 1
	}
	for revision := max(first, made.Revision-twinsLookedAt); revision < made.Revision; revision++ {
		other, _, err := t.describe(ctx, t.family()+":"+strconv.Itoa(int(revision)))
		if err != nil {
			return "", err
		}
		if other == nil || len(compare("", contentOf(other), t.wanted())) > 0 {
			continue
		}
		return *other.TaskDefinitionArn, t.w.deregister(ctx, *made.TaskDefinitionArn)
	}
	return *made.TaskDefinitionArn, nil
}

// twinsLookedAt bounds the look back when a family has many deregistered revisions.
const twinsLookedAt = 5

func (w *world) deregister(ctx context.Context, arn string) error {
	_, err := w.aws.ECS.DeregisterTaskDefinition(ctx,
		&ecs.DeregisterTaskDefinitionInput{TaskDefinition: aws.String(arn)})
	return explain("deregister "+shortName(arn), err)
}
