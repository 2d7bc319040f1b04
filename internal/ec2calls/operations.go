package ec2calls

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/service/ec2"
)

// AuthorizeSecurityGroupEgress is the SDK's.
func (c *Client) AuthorizeSecurityGroupEgress(ctx context.Context, in *ec2.AuthorizeSecurityGroupEgressInput, options ...func(*ec2.Options)) (*ec2.AuthorizeSecurityGroupEgressOutput, error) {
	return c.authorizeSecurityGroupEgress(ctx, in, options...)
}

// CreateSecurityGroup is the SDK's.
func (c *Client) CreateSecurityGroup(ctx context.Context, in *ec2.CreateSecurityGroupInput, options ...func(*ec2.Options)) (*ec2.CreateSecurityGroupOutput, error) {
	return c.createSecurityGroup(ctx, in, options...)
}

// CreateTags is the SDK's.
func (c *Client) CreateTags(ctx context.Context, in *ec2.CreateTagsInput, options ...func(*ec2.Options)) (*ec2.CreateTagsOutput, error) {
	return c.createTags(ctx, in, options...)
}

// DeleteSecurityGroup is the SDK's.
func (c *Client) DeleteSecurityGroup(ctx context.Context, in *ec2.DeleteSecurityGroupInput, options ...func(*ec2.Options)) (*ec2.DeleteSecurityGroupOutput, error) {
	return c.deleteSecurityGroup(ctx, in, options...)
}

// DescribeRegions is the SDK's.
func (c *Client) DescribeRegions(ctx context.Context, in *ec2.DescribeRegionsInput, options ...func(*ec2.Options)) (*ec2.DescribeRegionsOutput, error) {
	return c.describeRegions(ctx, in, options...)
}

// DescribeRouteTables is the SDK's.
func (c *Client) DescribeRouteTables(ctx context.Context, in *ec2.DescribeRouteTablesInput, options ...func(*ec2.Options)) (*ec2.DescribeRouteTablesOutput, error) {
	return c.describeRouteTables(ctx, in, options...)
}

// DescribeSecurityGroups is the SDK's.
func (c *Client) DescribeSecurityGroups(ctx context.Context, in *ec2.DescribeSecurityGroupsInput, options ...func(*ec2.Options)) (*ec2.DescribeSecurityGroupsOutput, error) {
	return c.describeSecurityGroups(ctx, in, options...)
}

// DescribeSubnets is the SDK's.
func (c *Client) DescribeSubnets(ctx context.Context, in *ec2.DescribeSubnetsInput, options ...func(*ec2.Options)) (*ec2.DescribeSubnetsOutput, error) {
	return c.describeSubnets(ctx, in, options...)
}

// DescribeVpcEndpoints is the SDK's.
func (c *Client) DescribeVpcEndpoints(ctx context.Context, in *ec2.DescribeVpcEndpointsInput, options ...func(*ec2.Options)) (*ec2.DescribeVpcEndpointsOutput, error) {
	return c.describeVpcEndpoints(ctx, in, options...)
}

// DescribeVpcs is the SDK's.
func (c *Client) DescribeVpcs(ctx context.Context, in *ec2.DescribeVpcsInput, options ...func(*ec2.Options)) (*ec2.DescribeVpcsOutput, error) {
	return c.describeVpcs(ctx, in, options...)
}

// RevokeSecurityGroupIngress is the SDK's.
func (c *Client) RevokeSecurityGroupIngress(ctx context.Context, in *ec2.RevokeSecurityGroupIngressInput, options ...func(*ec2.Options)) (*ec2.RevokeSecurityGroupIngressOutput, error) {
	return c.revokeSecurityGroupIngress(ctx, in, options...)
}
