package status

import (
	"context"
	"net/netip"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"ecsctl/provision"
	"ecsctl/provision/spec"
)

// ClosedEndpoints are those of the needed services whose interface endpoints take all of the VPC's traffic
// to the service (private DNS) and whose security groups let in no HTTPS from the worker's tasks: with such
// an endpoint a NAT gateway does not help.
func ClosedEndpoints(ctx context.Context, c *provision.Clients, ways provision.Ways, want spec.Spec,
	needed []string) ([]string, error) {
	endpoints, err := endpointsOf(ctx, c, ways.VPC)
	if err != nil {
		return nil, err
	}
	endpoints = slices.DeleteFunc(endpoints, func(e types.VpcEndpoint) bool {
		return !aws.ToBool(e.PrivateDnsEnabled) || !slices.ContainsFunc(needed, serves(c.Region, e))
	})
	if len(endpoints) == 0 {
		return nil, nil
	}
	from, err := taskSource(ctx, c, ways, want)
	if err != nil {
		return nil, err
	}
	var out []string
	for _, e := range endpoints {
		open, err := from.reaches(ctx, c, e)
		if err != nil {
			return nil, err
		}
		if !open {
			out = append(out, aws.ToString(e.VpcEndpointId)+" of "+aws.ToString(e.ServiceName))
		}
	}
	return out, nil
}

// serves is whether an endpoint is that of a service.
func serves(region string, e types.VpcEndpoint) func(service string) bool {
	return func(service string) bool {
		return strings.HasSuffix(aws.ToString(e.ServiceName), "."+region+"."+service)
	}
}

func endpointsOf(ctx context.Context, c *provision.Clients, vpc string) ([]types.VpcEndpoint, error) {
	var out []types.VpcEndpoint
	pages := ec2.NewDescribeVpcEndpointsPaginator(c.EC2,
		&ec2.DescribeVpcEndpointsInput{Filters: []types.Filter{{Name: aws.String("vpc-id"), Values: []string{vpc}}}})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, provision.ExplainAWS("read the VPC endpoints", err)
		}
		for _, e := range page.VpcEndpoints {
			if strings.EqualFold(string(e.State), "available") {
				out = append(out, e)
			}
		}
	}
	return out, nil
}

// source is where the worker's tasks have their addresses.
type source struct {
	groups  []string // ids
	subnets []netip.Prefix
}

func taskSource(ctx context.Context, c *provision.Clients, ways provision.Ways, want spec.Spec) (source, error) {
	from := source{groups: slices.Clone(want.Network.SecurityGroups)}
	if len(from.groups) == 0 {
		made, err := c.EC2.DescribeSecurityGroups(ctx, &ec2.DescribeSecurityGroupsInput{Filters: []types.Filter{
			{Name: aws.String("vpc-id"), Values: []string{ways.VPC}},
			{Name: aws.String("group-name"), Values: []string{want.Names.SecurityGroup}},
		}})
		if err != nil {
			return from, provision.ExplainAWS("read the security groups", err)
		}
		for _, g := range made.SecurityGroups {
			from.groups = append(from.groups, aws.ToString(g.GroupId))
		}
	}
	var ids []string
	for _, way := range ways.Subnets {
		ids = append(ids, way.Subnet)
	}
	subnets, err := c.EC2.DescribeSubnets(ctx, &ec2.DescribeSubnetsInput{SubnetIds: ids})
	if err != nil {
		return from, provision.ExplainAWS("read the subnets", err)
	}
	for _, s := range subnets.Subnets {
		if prefix, err := netip.ParsePrefix(aws.ToString(s.CidrBlock)); err == nil {
			from.subnets = append(from.subnets, prefix)
		}
	}
	return from, nil
}

// reaches reports whether a group of the endpoint lets the tasks in.
func (s source) reaches(ctx context.Context, c *provision.Clients, e types.VpcEndpoint) (bool, error) {
	var ids []string
	for _, g := range e.Groups {
		ids = append(ids, aws.ToString(g.GroupId))
	}
	if len(ids) == 0 {
		return true, nil // AWS gives each interface endpoint a group: nothing is known of this one
	}
	groups, err := c.EC2.DescribeSecurityGroups(ctx, &ec2.DescribeSecurityGroupsInput{GroupIds: ids})
	if err != nil {
		return false, provision.ExplainAWS("read the security groups of the VPC endpoints", err)
	}
	return slices.ContainsFunc(groups.SecurityGroups, func(g types.SecurityGroup) bool {
		return slices.ContainsFunc(g.IpPermissions, s.isLetIn)
	}), nil
}

func (s source) isLetIn(p types.IpPermission) bool {
	const https = 443
	if protocol := aws.ToString(p.IpProtocol); protocol != "-1" &&
		(protocol != "tcp" || aws.ToInt32(p.FromPort) > https || aws.ToInt32(p.ToPort) < https) {
		return false
	}
	return len(p.PrefixListIds) > 0 || slices.ContainsFunc(p.UserIdGroupPairs, func(g types.UserIdGroupPair) bool {
		return slices.Contains(s.groups, aws.ToString(g.GroupId))
	}) || slices.ContainsFunc(p.IpRanges, func(r types.IpRange) bool {
		allowed, err := netip.ParsePrefix(aws.ToString(r.CidrIp))
		return err == nil && slices.ContainsFunc(s.subnets, allowed.Overlaps)
	})
}
