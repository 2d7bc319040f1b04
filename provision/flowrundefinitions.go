package provision

import (
	"context"
	"ecsctl/provision/spec"
	"regexp"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
	"golang.org/x/sync/errgroup"
)

// flowRunDefinitions are the task definitions that workers registered for the pool's
// flow runs. Bootstrap makes none and they carry no tag of ours, so they go only
// together with a pool that is ours, and before it: then the pool still says so when a
// teardown is run again after a crash.
type flowRunDefinitions struct {
	w    *world
	pool *workPool
	all  revisions
}

// flowRunDefinition matches the families that workers make up: prefect_POOL_ and the id
// of a deployment or a flow. The id keeps pools apart whose names begin alike.
func flowRunDefinition(pool string) *regexp.Regexp {
	return regexp.MustCompile(`^prefect_` + regexp.QuoteMeta(pool) + `_[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$`)
}

func (f *flowRunDefinitions) find(ctx context.Context) error {
	f.all = revisions{}
	prefix, wanted := "prefect_"+f.w.spec.Pool+"_", flowRunDefinition(f.w.spec.Pool)
	if !spec.ECSName.MatchString(prefix) {
		return nil // no family has such a name
	}
	var families []string
	pages := ecs.NewListTaskDefinitionFamiliesPaginator(f.w.aws.ECS, &ecs.ListTaskDefinitionFamiliesInput{
		FamilyPrefix: aws.String(prefix), Status: types.TaskDefinitionFamilyStatusAll,
	})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return explain("list the task definition families", err)
		}
		for _, family := range page.Families {
			if wanted.MatchString(family) {
				families = append(families, family)
			}
		}
	}
	each := make([]revisions, len(families))
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(4)
	for i, family := range families {
		group.Go(func() (err error) { each[i], err = f.w.revisionsOf(ctx, family); return err })
	}
	err := group.Wait()
	for _, r := range each {
		f.all.active, f.all.inactive = append(f.all.active, r.active...), append(f.all.inactive, r.inactive...)
	}
	return err
}

func (f *flowRunDefinitions) remove() Change {
	c := Change{Kind: KindTaskDefinition, Name: "prefect_" + f.w.spec.Pool + "_*", Action: None}
	switch {
	case len(f.all.all()) == 0:
	case f.pool.remove().Action == Delete:
		c.Action, c.Reason = Delete, "of flow runs; "+f.all.String()
	default:
		c.Action, c.Reason = Leave, "of flow runs, and no pool of ecsctl's that goes with them"
	}
	return c
}

func (f *flowRunDefinitions) delete(ctx context.Context) error {
	return f.w.removeRevisions(ctx, f.all)
}
