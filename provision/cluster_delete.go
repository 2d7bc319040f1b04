package provision

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"ecsctl/internal/awserr"
	"ecsctl/internal/hint"
)

// guest is a service in the pool's cluster that is not the pool's.
type guest struct {
	name string
	tags map[string]string
}

// pool is the tag of the pool that bootstrap made the service for; "" is none.
func (g guest) pool() string { return g.tags[TagPool] }

// findAgain reads the cluster and the services in it.
func (c *cluster) findAgain(ctx context.Context) error {
	if err := c.find(ctx); err != nil {
		return err
	}
	return c.findGuests(ctx)
}

// planGuests finds the guests for the plan. Where ECS counts no service but the pool's own, it has none
// to list.
func (c *cluster) planGuests(ctx context.Context) error {
	others := 0
	if c.found != nil {
		others = int(c.found.ActiveServicesCount)
	}
	if c.own.found != nil {
		others--
	}
	if others <= 0 {
		return nil
	}
	return c.findGuests(ctx)
}

// findGuests lists the services of others in a cluster that is ours, in the order of their names.
func (c *cluster) findGuests(ctx context.Context) error {
	c.guests, c.back = nil, false
	if !c.owned() {
		return nil
	}
	pages := ecs.NewListServicesPaginator(c.w.aws.ECS, &ecs.ListServicesInput{
		Cluster: c.found.ClusterArn, MaxResults: aws.Int32(describeServicesAtOnce),
	})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil && unlessGone(err) == nil {
			c.found = nil
			return nil
		}
		if err != nil {
			return explain("list the services of the cluster", err)
		}
		if err := c.addGuests(ctx, page.ServiceArns); err != nil {
			return err
		}
	}
	slices.SortFunc(c.guests, func(a, b guest) int { return strings.Compare(a.name, b.name) })
	return nil
}

// describeServicesAtOnce is how many DescribeServices takes (API_DescribeServices).
const describeServicesAtOnce = 10

func (c *cluster) addGuests(ctx context.Context, arns []string) error {
	if len(arns) == 0 {
		return nil
	}
	out, err := c.w.aws.ECS.DescribeServices(ctx, &ecs.DescribeServicesInput{
		Cluster: c.found.ClusterArn, Services: arns, Include: []types.ServiceField{types.ServiceFieldTags},
	})
	if unlessGone(err) != nil {
		return explain("read the services of the cluster", err)
	}
	if err != nil {
		return nil // the next look sees that the cluster is gone
	}
	for _, s := range out.Services {
		g := guest{name: aws.ToString(s.ServiceName), tags: TagMap(s.Tags, ecsTagPair)}
		switch {
		case aws.ToString(s.Status) != "ACTIVE":
		case g.name != c.own.name():
			c.guests = append(c.guests, g)
		case c.own.found == nil || aws.ToTime(s.CreatedAt).After(aws.ToTime(c.own.found.CreatedAt)):
			c.back = true
		}
	}
	return nil
}

// heir is the service whose pool gets the cluster, since it cannot go while that runs; nil is none.
func (c *cluster) heir() *guest {
	i := slices.IndexFunc(c.guests, func(g guest) bool { return g.pool() != "" && !c.w.owns(g.tags) })
	if i < 0 {
		return nil
	}
	return &c.guests[i]
}

func (c *cluster) remove() Change {
	change := Change{Kind: KindCluster, Name: c.name(), Action: Delete}
	if c.found == nil {
		change.Action = None
		return change
	}
	change.ID = *c.found.ClusterArn
	heir := c.heir()
	switch {
	case !c.owned():
		change.Action, change.Reason = Leave, notOurs
	case heir != nil:
		change.Action = Update
		change.Reason = fmt.Sprintf("work pool %q runs in it too, and owns it from now on", heir.pool())
		change.Fields = []Field{{
			Path: "tags." + TagPool, Before: TagMap(c.found.Tags, ecsTagPair)[TagPool], After: heir.pool(),
		}}
	case c.runs > 0:
		change.Action, change.Reason = Leave, usedByRuns(c.runs)
	case len(c.guests) > 0:
		change.Action, change.Reason = Leave, "services of others run in it: "+c.guestNames()
	}
	return change
}

func (c *cluster) guestNames() string {
	names := make([]string, len(c.guests))
	for i, g := range c.guests {
		names[i] = g.name
	}
	return strings.Join(names, ", ")
}

// delete does with the cluster what can be done by now, which is not always what was planned: services
// of others come and go meanwhile. It waits for tasks to leave it, and for ECS to see that our own
// service has; the context has the limit.
func (c *cluster) delete(ctx context.Context) error {
	if c.remove().Action != Delete {
		if err := c.findAgain(ctx); err != nil {
			return err
		}
	}
	tried := false
	return c.w.until(ctx, func() (waiting, err error) {
		if tried {
			if err := c.findAgain(ctx); err != nil {
				return nil, err
			}
		}
		tried = true
		done, err := c.settle(ctx)
		if done {
			return nil, err
		}
		return explain("delete the cluster, in which "+stillIn(err), err), nil
	})
}

// stillIn says what ECS keeps a cluster for.
func stillIn(err error) string {
	if awserr.HasCode(err, "ClusterContainsServicesException") {
		return "services still run"
	}
	if awserr.HasCode(err, "ClusterContainsCapacityProviderException") {
		return "a capacity provider of Managed Instances still is"
	}
	return "tasks still run"
}

// settle tries once. Until it is done, the error is why the cluster is still there.
func (c *cluster) settle(ctx context.Context) (done bool, err error) {
	if c.back {
		return true, besideBootstrap(fmt.Errorf("service %q was made in it anew", c.own.name()))
	}
	c.came = c.remove().Action
	switch c.came {
	case None, Leave:
		return true, nil
	case Update:
		return true, c.handOn(ctx, c.heir())
	}
	_, err = c.w.aws.ECS.DeleteCluster(ctx, &ecs.DeleteClusterInput{Cluster: c.found.ClusterArn})
	if awserr.HasCode(err, "ClusterContainsServicesException", "ClusterContainsTasksException",
		"ClusterContainsCapacityProviderException",
		"UpdateInProgressException") {
		return false, err
	}
	return true, explain("delete the cluster", unlessGone(err))
}

// handOn makes the cluster the other pool's, with the tags that its bootstrap gave its service: the
// teardown of that pool then removes it. One that goes on at the same time may have looked before.
func (c *cluster) handOn(ctx context.Context, heir *guest) error {
	tags := maps.Clone(heir.tags)
	maps.DeleteFunc(tags, func(key, _ string) bool { return strings.HasPrefix(key, "aws:") })
	_, err := c.w.aws.ECS.TagResource(ctx, &ecs.TagResourceInput{ResourceArn: c.found.ClusterArn, Tags: ecsTags(tags)})
	if err != nil {
		return explain(fmt.Sprintf("make the cluster that of work pool %q", heir.pool()), err)
	}
	c.guests = nil
	if err := c.addGuests(ctx, []string{heir.name}); err != nil || len(c.guests) > 0 {
		return err
	}
	return hint.Add(fmt.Errorf("it is that of work pool %q now, whose own service has just gone", heir.pool()),
		fmt.Sprintf("remove it with `ecsctl teardown --pool %s --cluster %s`", heir.pool(), c.name()))
}

// mayBecomeOurs reports whether another pool may hand the cluster on to this one while this teardown goes on.
func (c *cluster) mayBecomeOurs() bool {
	return c.found != nil && !c.owned() && TagMap(c.found.Tags, ecsTagPair)[TagPool] != ""
}
