package provision

import (
	"context"
	"fmt"
	"strings"
	"sync"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"ecsctl/internal/awserr"
	"ecsctl/internal/english"
	"ecsctl/internal/hint"
)

func (g *securityGroup) remove() Change {
	c := Change{Kind: KindSecurityGroup, Name: g.name(), Action: Delete}
	if g.found == nil {
		c.Action = None
		return c
	}
	c.ID = *g.found.GroupId
	switch {
	case !g.owned():
		c.Action, c.Reason = Leave, notOurs
	case g.runs > 0:
		c.Action, c.Reason = Leave, usedByRuns(g.runs)
	}
	return c
}

// usedByRuns is why something stays with --running leave.
func usedByRuns(n int) string { return "still used by " + english.Count(n, "flow run") }

// delete waits for the network interfaces of stopped tasks to go: until then AWS
// answers DependencyViolation. The context has the limit. What others have in the group never goes by
// itself, and is not waited for.
func (g *securityGroup) delete(ctx context.Context) error {
	return g.w.until(ctx, func() (waiting, err error) {
		_, err = g.w.aws.EC2.DeleteSecurityGroup(ctx, &ec2.DeleteSecurityGroupInput{GroupId: g.found.GroupId})
		if !awserr.HasCode(err, "DependencyViolation") {
			return nil, explain("delete the security group", unlessGone(err))
		}
		if users := g.users(ctx); len(users) > 0 {
			return nil, hint.Add(fmt.Errorf("failed to delete the security group %s: it is used by %s",
				*g.found.GroupId, strings.Join(users, ", ")), takeOutOfThese+", then run the same command again")
		}
		return explain("delete the security group, which something still uses", err), nil
	})
}

const takeOutOfThese = "take the group out of these"

// GroupUsers is a security group of the pool that others use, so that a teardown cannot delete it.
type GroupUsers struct {
	Group string
	Users []string
}

// Fix is what to do about it.
func (GroupUsers) Fix() string { return takeOutOfThese + " before a teardown" }

// GroupsInUse lists the pool's security groups that something of others uses, as far as the caller may look.
func (j *Jobs) GroupsInUse(ctx context.Context) ([]GroupUsers, error) {
	groups, err := j.w.ownSecurityGroups(ctx)
	if err != nil {
		return nil, err
	}
	var out []GroupUsers
	for _, r := range groups {
		g := r.(*securityGroup)
		if users := g.users(ctx); len(users) > 0 {
			out = append(out, GroupUsers{*g.found.GroupId, users})
		}
	}
	return out, nil
}

// users are the things of others that keep the group: rules that name it, and network interfaces other than those
// of tasks. What the caller may not look at is not among them.
func (g *securityGroup) users(ctx context.Context) []string {
	var interfaces []types.NetworkInterface
	var looking sync.WaitGroup
	looking.Go(func() { interfaces, _ = g.w.interfacesIn(ctx, []string{*g.found.GroupId}) })
	out := g.rulesOfOthers(ctx)
	looking.Wait()
	for _, i := range interfaces {
		if isOfTask(i) {
			continue
		}
		text := "network interface " + aws.ToString(i.NetworkInterfaceId)
		if what := aws.ToString(i.Description); what != "" {
			text += fmt.Sprintf(" (%s)", what)
		}
		out = append(out, text)
	}
	return out
}

// isOfTask reports whether ECS made an interface for a task: its description is the ARN of the attachment.
func isOfTask(i types.NetworkInterface) bool {
	what := aws.ToString(i.Description)
	return strings.HasPrefix(what, "arn:") && strings.Contains(what, ":ecs:")
}

// rulesOfOthers looks at both directions at the same time.
func (g *securityGroup) rulesOfOthers(ctx context.Context) []string {
	var in, out []string
	var looking sync.WaitGroup
	looking.Go(func() {
		in = g.rulesThatName(ctx, "", func(g types.SecurityGroup) []types.IpPermission { return g.IpPermissions })
	})
	looking.Go(func() {
		out = g.rulesThatName(ctx, "egress.",
			func(g types.SecurityGroup) []types.IpPermission { return g.IpPermissionsEgress })
	})
	looking.Wait()
	return append(in, out...)
}

func (g *securityGroup) rulesThatName(ctx context.Context, direction string,
	rules func(types.SecurityGroup) []types.IpPermission) []string {
	var out []string
	pages := ec2.NewDescribeSecurityGroupsPaginator(g.w.aws.EC2, &ec2.DescribeSecurityGroupsInput{
		Filters: []types.Filter{filter(direction+"ip-permission.group-id", *g.found.GroupId)},
	})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			break
		}
		for _, other := range page.SecurityGroups {
			if id := aws.ToString(other.GroupId); id != *g.found.GroupId && nameGroup(rules(other), *g.found.GroupId) {
				out = append(out, fmt.Sprintf("a rule of security group %s (%s)", id, aws.ToString(other.GroupName)))
			}
		}
	}
	return out
}

// nameGroup reports whether any rule names the group.
func nameGroup(rules []types.IpPermission, id string) bool {
	for _, rule := range rules {
		for _, pair := range rule.UserIdGroupPairs {
			if aws.ToString(pair.GroupId) == id {
				return true
			}
		}
	}
	return false
}

// interfacesIn are the network interfaces in any of the groups.
func (w *world) interfacesIn(ctx context.Context, groups []string) ([]types.NetworkInterface, error) {
	var out []types.NetworkInterface
	pages := ec2.NewDescribeNetworkInterfacesPaginator(w.aws.EC2, &ec2.DescribeNetworkInterfacesInput{
		Filters: []types.Filter{{Name: aws.String("group-id"), Values: groups}},
	})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, explain("read the network interfaces", err)
		}
		for _, i := range page.NetworkInterfaces {
			if inAny(i, groups) { // an emulator may not know the filter
				out = append(out, i)
			}
		}
	}
	return out, nil
}

func inAny(i types.NetworkInterface, groups []string) bool {
	for _, group := range groups {
		if isIn(i, group) {
			return true
		}
	}
	return false
}

func isIn(i types.NetworkInterface, group string) bool {
	for _, g := range i.Groups {
		if aws.ToString(g.GroupId) == group {
			return true
		}
	}
	return false
}
