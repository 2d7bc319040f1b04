package provision

import (
	"context"
	"fmt"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"ecsctl/internal/awserr"
	"ecsctl/internal/hint"
)

// securityGroup lets tasks out and nothing in.
type securityGroup struct {
	w     *world
	found *types.SecurityGroup
	runs  int // of a teardown: flow runs that are left and use it
}

func (g *securityGroup) ref() (Kind, string) { return KindSecurityGroup, g.name() }
func (g *securityGroup) needs() []Kind       { return nil }
func (g *securityGroup) name() string        { return g.w.spec.Names.SecurityGroup }
func (g *securityGroup) check() error        { return nil }

func (g *securityGroup) find(ctx context.Context) error {
	vpc, err := g.w.network.vpc(ctx)
	if err != nil {
		return err
	}
	out, err := g.w.aws.EC2.DescribeSecurityGroups(ctx, &ec2.DescribeSecurityGroupsInput{
		Filters: []types.Filter{filter("vpc-id", vpc), filter("group-name", g.name())},
	})
	if err != nil {
		return explain(fmt.Sprintf("read security group %q", g.name()), err)
	}
	g.found = nil
	for _, found := range out.SecurityGroups {
		// Looked at again: an emulator may not know a filter, and then answers with all there is.
		if aws.ToString(found.GroupName) == g.name() && aws.ToString(found.VpcId) == vpc {
			g.found = &found
			g.w.setValue(KindSecurityGroup, *g.found.GroupId)
			break
		}
	}
	return nil
}

func (g *securityGroup) tags() map[string]string {
	return TagMap(g.found.Tags, func(t types.Tag) (key, value *string) { return t.Key, t.Value })
}

func (g *securityGroup) owned() bool { return g.found != nil && g.w.owns(g.tags()) }

func (g *securityGroup) diff() Change {
	c := Change{Kind: KindSecurityGroup, Name: g.name()}
	if g.found == nil {
		c.Action = Create
		return c
	}
	c.ID = *g.found.GroupId
	if !g.owned() {
		c.Action, c.Reason = Adopt, "not made by ecsctl: used as it is"
		return c
	}
	if n := len(g.found.IpPermissions); n > 0 {
		c.Fields = append(c.Fields, Field{Path: "ingress", Before: fmt.Sprintf("%d rules", n)})
	}
	if !g.allowsEgress() {
		c.Fields = append(c.Fields, Field{Path: "egress", After: "all traffic to 0.0.0.0/0"})
	}
	c.Fields = append(c.Fields, g.w.tagFields(g.tags())...)
	c.Action = updateIf(c.Fields)
	return c
}

func (g *securityGroup) allowsEgress() bool {
	return slices.ContainsFunc(g.found.IpPermissionsEgress, func(p types.IpPermission) bool {
		return aws.ToString(p.IpProtocol) == "-1" &&
			slices.ContainsFunc(p.IpRanges, func(r types.IpRange) bool { return aws.ToString(r.CidrIp) == "0.0.0.0/0" })
	})
}

func (g *securityGroup) apply(ctx context.Context) (string, error) {
	if g.found == nil {
		return g.create(ctx)
	}
	if !g.owned() {
		return *g.found.GroupId, nil
	}
	return *g.found.GroupId, g.converge(ctx)
}

// create makes the group with its tags in one call. AWS itself adds the rule that
// lets all traffic out (API_CreateSecurityGroup).
func (g *securityGroup) create(ctx context.Context) (string, error) {
	network, err := g.w.network.get(ctx)
	if err != nil {
		return "", err
	}
	out, err := g.w.aws.EC2.CreateSecurityGroup(ctx, &ec2.CreateSecurityGroupInput{
		GroupName:   aws.String(g.name()),
		Description: aws.String("Prefect worker and flow runs, egress only. Made by ecsctl"),
		VpcId:       aws.String(network.vpc),
		TagSpecifications: []types.TagSpecification{{ResourceType: types.ResourceTypeSecurityGroup,
			Tags: ec2Tags(g.w.wantedTags())}},
	})
	if awserr.HasCode(err, "InvalidGroup.Duplicate") { // another bootstrap was faster
		if err := g.w.await(ctx, g.find, func() bool { return g.found != nil }); err != nil {
			return "", err
		}
		if g.found == nil {
			return "", fmt.Errorf("it was created and deleted by somebody else at the same time: run the command again")
		}
		return *g.found.GroupId, nil
	}
	if err != nil {
		return "", explain("create the security group", err)
	}
	g.w.setValue(KindSecurityGroup, *out.GroupId)
	return *out.GroupId, nil
}

func (g *securityGroup) converge(ctx context.Context) error {
	api, id := g.w.aws.EC2, g.found.GroupId
	if tags := g.w.missingTags(g.tags()); len(tags) > 0 {
		if _, err := api.CreateTags(ctx, &ec2.CreateTagsInput{
			Resources: []string{*id}, Tags: ec2Tags(tags),
		}); err != nil {
			return explain("tag the security group", err)
		}
	}
	if len(g.found.IpPermissions) > 0 {
		_, err := api.RevokeSecurityGroupIngress(ctx, &ec2.RevokeSecurityGroupIngressInput{
			GroupId: id, IpPermissions: g.found.IpPermissions,
		})
		if err != nil {
			return explain("take back the ingress rules", err)
		}
	}
	if g.allowsEgress() {
		return nil
	}
	_, err := api.AuthorizeSecurityGroupEgress(ctx, &ec2.AuthorizeSecurityGroupEgressInput{GroupId: id,
		IpPermissions: []types.IpPermission{
			{IpProtocol: aws.String("-1"), IpRanges: []types.IpRange{{CidrIp: aws.String("0.0.0.0/0")}}},
		}})
	return explain("let traffic out", err)
}

func ec2Tags(tags map[string]string) []types.Tag {
	return tagList(tags, func(key, value *string) types.Tag { return types.Tag{Key: key, Value: value} })
}

// checkNamedGroups refuses security groups that are not there or in another VPC.
func (w *world) checkNamedGroups(ctx context.Context) error {
	ids := w.spec.Network.SecurityGroups
	network, err := w.network.get(ctx)
	if err != nil || len(ids) == 0 {
		return err
	}
	out, err := w.aws.EC2.DescribeSecurityGroups(ctx, &ec2.DescribeSecurityGroupsInput{GroupIds: ids})
	if awserr.HasCode(err, "InvalidGroup.NotFound", "InvalidGroupId.Malformed") {
		return hint.Add(explain("read the security groups", err),
			"list them with `aws ec2 describe-security-groups`, and check the region")
	}
	if err != nil {
		return explain("read the security groups", err)
	}
	for _, group := range out.SecurityGroups {
		if vpc := aws.ToString(group.VpcId); vpc != network.vpc {
			return hint.Add(fmt.Errorf("security group %q is in VPC %q, but the subnets are in %q", *group.GroupId, vpc,
				network.vpc),
				"name a security group of "+network.vpc+" with --security-group, or leave it out: ecsctl makes one")
		}
	}
	return nil
}
