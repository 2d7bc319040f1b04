package provision

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
	"golang.org/x/sync/errgroup"

	"ecsctl/internal/awserr"
)

// revisions are ARNs of task definitions to remove. ECS deletes only what was deregistered, and keeps that
// for good otherwise.
type revisions struct{ active, inactive []string }

func (r revisions) all() []string { return slices.Concat(r.active, r.inactive) }

// String says how many there are.
func (r revisions) String() string {
	return fmt.Sprintf("%d ACTIVE, %d INACTIVE", len(r.active), len(r.inactive))
}

// revisionsOf lists the revisions of a family.
func (w *world) revisionsOf(ctx context.Context, family string) (revisions, error) {
	var out revisions
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() (err error) {
		out.active, err = w.listRevisions(ctx, family, types.TaskDefinitionStatusActive)
		return err
	})
	group.Go(func() (err error) {
		out.inactive, err = w.listRevisions(ctx, family, types.TaskDefinitionStatusInactive)
		return err
	})
	return out, group.Wait()
}

func (w *world) listRevisions(ctx context.Context, family string, status types.TaskDefinitionStatus) ([]string, error) {
	var arns []string
	pages := ecs.NewListTaskDefinitionsPaginator(w.aws.ECS, &ecs.ListTaskDefinitionsInput{
		FamilyPrefix: aws.String(family), Status: status,
	})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, explain("list the task definitions", err)
		}
		for _, arn := range page.TaskDefinitionArns {
			// The prefix matches longer family names too.
			if strings.HasPrefix(shortName(arn), family+":") {
				arns = append(arns, arn)
			}
		}
	}
	return arns, nil
}

// removeRevisions deregisters what is ACTIVE and then deletes all. Revisions that tasks still have go with them.
func (w *world) removeRevisions(ctx context.Context, r revisions) error {
	group, gctx := errgroup.WithContext(ctx)
	group.SetLimit(4)
	for _, arn := range r.active {
		group.Go(func() error {
			err := w.deregister(gctx, arn)
			if api, ok := awserr.Answer(err); ok && goneRevision.MatchString(api.ErrorMessage()) {
				return nil // another teardown was faster
			}
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return err
	}
	for arns := range slices.Chunk(r.all(), deletedAtOnce) {
		if err := w.deleteRevisions(ctx, arns); err != nil {
			return err
		}
	}
	return nil
}

// deletedAtOnce is how many DeleteTaskDefinitions takes (API_DeleteTaskDefinitions).
const deletedAtOnce = 10

func (w *world) deleteRevisions(ctx context.Context, arns []string) error {
	out, err := w.aws.ECS.DeleteTaskDefinitions(ctx, &ecs.DeleteTaskDefinitionsInput{TaskDefinitions: arns})
	if err != nil {
		return explain("delete task definitions", err)
	}
	var errs []error
	for _, f := range out.Failures {
		if !goneRevision.MatchString(aws.ToString(f.Reason)) {
			errs = append(errs, fmt.Errorf("failed to delete %s: %s", shortName(aws.ToString(f.Arn)),
				aws.ToString(f.Reason)))
		}
	}
	return errors.Join(errs...)
}

// goneRevision matches what ECS says of a revision that it no longer knows, for which it has no code of its own.
var goneRevision = regexp.MustCompile(`(?i)does not exist`)

// findOurs lists the family's revisions that carry our tag.
func (t *taskDefinition) findOurs(ctx context.Context) error {
	t.ours = revisions{}
	found, err := t.w.revisionsOf(ctx, t.family())
	if err != nil {
		return err
	}
	arns := found.all()
	owned := make([]bool, len(arns))
	group, gctx := errgroup.WithContext(ctx)
	group.SetLimit(8)
	for i, arn := range arns {
		group.Go(func() (err error) { owned[i], err = t.isOurs(gctx, arn); return err })
	}
	if err := group.Wait(); err != nil {
		return err
	}
	for i, arn := range arns {
		switch {
		case !owned[i]:
		case i < len(found.active):
			t.ours.active = append(t.ours.active, arn)
		default:
			t.ours.inactive = append(t.ours.inactive, arn)
		}
	}
	return nil
}

func (t *taskDefinition) isOurs(ctx context.Context, arn string) (bool, error) {
	out, err := t.w.aws.ECS.DescribeTaskDefinition(ctx, &ecs.DescribeTaskDefinitionInput{
		TaskDefinition: &arn, Include: []types.TaskDefinitionField{types.TaskDefinitionFieldTags},
	})
	var missing *types.ClientException
	if errors.As(err, &missing) {
		return false, nil
	}
	if err != nil {
		return false, explain(fmt.Sprintf("read task definition %q", shortName(arn)), err)
	}
	return t.w.owns(TagMap(out.Tags, ecsTagPair)), nil
}

func (t *taskDefinition) remove() Change {
	c := Change{Kind: KindTaskDefinition, Name: t.family(), Action: None}
	if all := t.ours.all(); len(all) > 0 {
		c.Action, c.ID, c.Reason = Delete, all[0], t.ours.String()
	}
	return c
}

func (t *taskDefinition) delete(ctx context.Context) error { return t.w.removeRevisions(ctx, t.ours) }
