package provision

import (
	"context"
	"errors"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"ecsctl/internal/awserr"
	"ecsctl/internal/hint"
	"ecsctl/provision/spec"
)

// cluster is the ECS cluster of the worker and the flow runs.
type cluster struct {
	w     *world
	found *types.Cluster
	// inactive: a cluster of this name was deleted, and AWS still shows it.
	inactive bool
	provider *types.CapacityProvider // that flow runs are to use, of an Auto Scaling group

	// The rest is for teardown.
	own    *service // the service in it that goes first
	guests []guest  // the other services in it
	runs   int      // flow runs in it that are left
	back   bool     // the pool's own service was made anew since the plan
	came   Action   // what became of it
}

func (c *cluster) ref() (Kind, string) { return KindCluster, c.name() }
func (c *cluster) needs() []Kind       { return nil }
func (c *cluster) name() string        { return shortName(c.w.spec.Cluster) }

func (c *cluster) find(ctx context.Context) error {
	if err := c.findProvider(ctx); err != nil {
		return err
	}
	out, err := c.w.aws.ECS.DescribeClusters(ctx, &ecs.DescribeClustersInput{
		Clusters: []string{c.w.spec.Cluster}, Include: []types.ClusterField{types.ClusterFieldTags,
			types.ClusterFieldSettings},
	})
	if err != nil {
		return explain(fmt.Sprintf("read cluster %q", c.name()), err)
	}
	c.found, c.inactive = nil, false
	for _, got := range out.Clusters {
		c.inactive = aws.ToString(got.Status) == "INACTIVE"
		if !c.inactive {
			c.found = &got
			c.w.setValue(KindCluster, *got.ClusterArn)
		}
	}
	return nil
}

// check refuses a cluster that cannot take tasks. One that is INACTIVE was deleted:
// its name is free, and it is created again.
func (c *cluster) check() error {
	if spec.IsARN(c.w.spec.Cluster) && c.w.id.clusterARN(c.name()) != c.w.spec.Cluster {
		return hint.Add(fmt.Errorf("cluster %q is not in account %s and region %s", c.w.spec.Cluster, c.w.id.Account,
			c.w.id.Region), "name a cluster of this account and region with --cluster")
	}
	if err := c.checkProvider(); err != nil || c.found == nil {
		return err
	}
	if status := aws.ToString(c.found.Status); status != "ACTIVE" {
		return hint.Add(fmt.Errorf("cluster %q is %s: it takes no tasks", c.name(), status),
			"wait until it is ACTIVE or gone, or name another one with --cluster")
	}
	return nil
}

func (c *cluster) owned() bool {
	return c.found != nil && c.w.owns(TagMap(c.found.Tags, ecsTagPair))
}

func (c *cluster) diff() Change {
	change := Change{Kind: KindCluster, Name: c.name()}
	switch {
	case c.found == nil:
		change.Action = Create
		if c.inactive {
			change.Reason = "a cluster of this name is INACTIVE, which is deleted: it is created again"
		}
		return change
	case !c.owned():
		change.Action, change.Reason = Adopt, "not made by ecsctl: used as is"
	default:
		change.Fields = append(append(c.providerFields(), c.insightsFields()...),
			c.w.tagFields(TagMap(c.found.Tags, ecsTagPair))...)
		change.Action = updateIf(change.Fields)
	}
	change.ID = *c.found.ClusterArn
	return change
}

// apply of two at once relies on CreateCluster answering with the cluster that exists already (API_CreateCluster).
func (c *cluster) apply(ctx context.Context) (string, error) {
	if c.found == nil {
		return c.create(ctx)
	}
	if !c.owned() {
		return *c.found.ClusterArn, nil
	}
	if err := errors.Join(c.associate(ctx), c.setInsights(ctx)); err != nil {
		return *c.found.ClusterArn, err
	}
	return *c.found.ClusterArn, c.w.tagECS(ctx, *c.found.ClusterArn, TagMap(c.found.Tags, ecsTagPair))
}

func (c *cluster) create(ctx context.Context) (string, error) {
	in := &ecs.CreateClusterInput{
		ClusterName: aws.String(c.name()), CapacityProviders: c.providersOfOurs(), Tags: ecsTags(c.w.wantedTags()),
	}
	if wanted := c.w.spec.ContainerInsights; wanted != "" {
		in.Settings = insights(wanted)
	}
	arn := ""
	err := c.w.insist(ctx, refusesRole, func() error {
		out, err := c.w.aws.ECS.CreateCluster(ctx, in)
		if err == nil {
			arn = *out.Cluster.ClusterArn
		}
		return err
	})
	if err == nil {
		c.w.setValue(KindCluster, arn)
		return arn, nil
	}
	return c.meetOther(ctx, explain("create the cluster", err))
}

// meetOther goes on with a cluster that somebody made since we looked, in another way: ECS
// answers InvalidParameterException then.
func (c *cluster) meetOther(ctx context.Context, created error) (string, error) {
	if !awserr.HasCode(created, "InvalidParameterException") {
		return "", created
	}
	if err := c.find(ctx); err != nil || c.found == nil {
		return "", created
	}
	return *c.found.ClusterArn, c.check()
}

// tagECS puts the tags that are missing on something in ECS.
func (w *world) tagECS(ctx context.Context, arn string, actual map[string]string) error {
	tags := w.missingTags(actual)
	if len(tags) == 0 {
		return nil
	}
	_, err := w.aws.ECS.TagResource(ctx, &ecs.TagResourceInput{ResourceArn: aws.String(arn), Tags: ecsTags(tags)})
	return explain("tag "+shortName(arn), err)
}

func ecsTags(tags map[string]string) []types.Tag {
	return tagList(tags, func(key, value *string) types.Tag { return types.Tag{Key: key, Value: value} })
}

func ecsTagPair(t types.Tag) (key, value *string) { return t.Key, t.Value }
