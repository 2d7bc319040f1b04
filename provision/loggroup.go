package provision

import (
	"context"
	"errors"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs/types"
)

// logGroup is where the worker and the flow runs write.
type logGroup struct {
	w     *world
	keep  bool // teardown leaves it
	found *foundLogGroup
}

type foundLogGroup struct {
	retention int
	tags      map[string]string
}

func (g *logGroup) ref() (Kind, string) { return KindLogGroup, g.name() }
func (g *logGroup) needs() []Kind       { return nil }
func (g *logGroup) name() string        { return g.w.spec.Names.LogGroup }
func (g *logGroup) arn() string         { return g.w.id.arn("logs", "log-group:"+g.name()) }
func (g *logGroup) owned() bool         { return g.found != nil && g.w.owns(g.found.tags) }

func (g *logGroup) find(ctx context.Context) error {
	g.found = nil
	group, err := g.describe(ctx)
	if err != nil || group == nil {
		return explain(fmt.Sprintf("read log group %q", g.name()), err)
	}
	tags, err := g.readTags(ctx)
	if err != nil {
		return explain(fmt.Sprintf("read the tags of log group %q", g.name()), err)
	}
	g.found = &foundLogGroup{retention: int(aws.ToInt32(group.RetentionInDays)), tags: tags}
	return nil
}

func (g *logGroup) describe(ctx context.Context) (*types.LogGroup, error) {
	return g.w.groupNamed(ctx, g.name())
}

// groupNamed is the log group of a name; nil when there is none.
func (w *world) groupNamed(ctx context.Context, name string) (*types.LogGroup, error) {
	pages := cloudwatchlogs.NewDescribeLogGroupsPaginator(w.aws.Logs,
		&cloudwatchlogs.DescribeLogGroupsInput{LogGroupNamePrefix: aws.String(name)})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, err
		}
		for _, group := range page.LogGroups {
			if aws.ToString(group.LogGroupName) == name {
				return &group, nil
			}
		}
	}
	return nil, nil
}

func (g *logGroup) readTags(ctx context.Context) (map[string]string, error) {
	out, err := g.w.aws.Logs.ListTagsForResource(ctx,
		&cloudwatchlogs.ListTagsForResourceInput{ResourceArn: aws.String(g.arn())})
	if unlessGone(err) != nil {
		return nil, err
	}
	if out == nil {
		return nil, nil
	}
	return out.Tags, nil
}

func (g *logGroup) check() error { return nil }

func (g *logGroup) diff() Change {
	c := Change{Kind: KindLogGroup, Name: g.name(), ID: g.arn()}
	switch {
	case g.found == nil:
		c.Action, c.ID = Create, ""
	case !g.owned():
		c.Action, c.Reason = Adopt, "not made by ecsctl: used as is"
	default:
		c.Fields = append(compare("retentionInDays", g.found.retention, g.w.spec.LogRetentionDays),
			g.w.tagFields(g.found.tags)...)
		c.Action = updateIf(c.Fields)
	}
	return c
}

func (g *logGroup) apply(ctx context.Context) (string, error) {
	if g.found == nil {
		if err := g.create(ctx); err != nil {
			return "", err
		}
	}
	if !g.owned() {
		return g.arn(), nil
	}
	if tags := g.w.missingTags(g.found.tags); len(tags) > 0 {
		_, err := g.w.aws.Logs.TagResource(ctx, &cloudwatchlogs.TagResourceInput{
			ResourceArn: aws.String(g.arn()), Tags: tags,
		})
		if err != nil {
			return "", explain("tag the log group", err)
		}
	}
	if g.found.retention == g.w.spec.LogRetentionDays {
		return g.arn(), nil
	}
	_, err := g.w.aws.Logs.PutRetentionPolicy(ctx, &cloudwatchlogs.PutRetentionPolicyInput{
		LogGroupName: aws.String(g.name()), RetentionInDays: aws.Int32(int32(g.w.spec.LogRetentionDays)),
	})
	return g.arn(), explain("set the retention", err)
}

func (g *logGroup) create(ctx context.Context) error {
	_, err := g.w.aws.Logs.CreateLogGroup(ctx, &cloudwatchlogs.CreateLogGroupInput{
		LogGroupName: aws.String(g.name()), Tags: g.w.wantedTags(),
	})
	var exists *types.ResourceAlreadyExistsException
	if errors.As(err, &exists) {
		return g.find(ctx) // another bootstrap was faster
	}
	g.found = &foundLogGroup{tags: g.w.wantedTags()}
	return explain("create the log group", err)
}

func (g *logGroup) remove() Change {
	c := Change{Kind: KindLogGroup, Name: g.name(), ID: g.arn(), Action: Delete}
	switch {
	case g.found == nil:
		c.Action, c.ID = None, ""
	case !g.owned():
		c.Action, c.Reason = Leave, notOurs
	case g.keep:
		c.Action, c.Reason = Leave, "kept, as --keep-logs says"
	}
	return c
}

func (g *logGroup) delete(ctx context.Context) error {
	_, err := g.w.aws.Logs.DeleteLogGroup(ctx, &cloudwatchlogs.DeleteLogGroupInput{LogGroupName: aws.String(g.name())})
	return explain("delete the log group", unlessGone(err))
}
