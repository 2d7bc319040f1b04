// Package ec2calls holds the few EC2 operations that ecsctl uses, as functions taken off
// the SDK's client.
//
// Wherever a client type is stored in an interface, or reachable from a value that is,
// Go's linker has to keep all its methods (text/template, which prints our help, may
// call any by name). EC2 has some 700 operations: they were two thirds of the binary,
// and of the worker's memory. Method values carry no such type.
package ec2calls

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
)

type call[In, Out any] func(context.Context, *In, ...func(*ec2.Options)) (*Out, error)

// Client makes EC2 calls; its methods are those of the SDK's client. The SDK's
// paginators take it.
type Client struct {
	authorizeSecurityGroupEgress call[ec2.AuthorizeSecurityGroupEgressInput, ec2.AuthorizeSecurityGroupEgressOutput]
	createSecurityGroup          call[ec2.CreateSecurityGroupInput, ec2.CreateSecurityGroupOutput]
	createTags                   call[ec2.CreateTagsInput, ec2.CreateTagsOutput]
	deleteSecurityGroup          call[ec2.DeleteSecurityGroupInput, ec2.DeleteSecurityGroupOutput]
	describeRegions              call[ec2.DescribeRegionsInput, ec2.DescribeRegionsOutput]
	describeRouteTables          call[ec2.DescribeRouteTablesInput, ec2.DescribeRouteTablesOutput]
	describeSecurityGroups       call[ec2.DescribeSecurityGroupsInput, ec2.DescribeSecurityGroupsOutput]
	describeSubnets              call[ec2.DescribeSubnetsInput, ec2.DescribeSubnetsOutput]
	describeVpcEndpoints         call[ec2.DescribeVpcEndpointsInput, ec2.DescribeVpcEndpointsOutput]
	describeVpcs                 call[ec2.DescribeVpcsInput, ec2.DescribeVpcsOutput]
	revokeSecurityGroupIngress   call[ec2.RevokeSecurityGroupIngressInput, ec2.RevokeSecurityGroupIngressOutput]
}

// New makes a client of a configuration, as ec2.NewFromConfig does.
func New(cfg aws.Config, options ...func(*ec2.Options)) *Client {
	c := ec2.NewFromConfig(cfg, options...)
	return &Client{
		authorizeSecurityGroupEgress: c.AuthorizeSecurityGroupEgress,
		createSecurityGroup:          c.CreateSecurityGroup,
		createTags:                   c.CreateTags,
		deleteSecurityGroup:          c.DeleteSecurityGroup,
		describeRegions:              c.DescribeRegions,
		describeRouteTables:          c.DescribeRouteTables,
		describeSecurityGroups:       c.DescribeSecurityGroups,
		describeSubnets:              c.DescribeSubnets,
		describeVpcEndpoints:         c.DescribeVpcEndpoints,
		describeVpcs:                 c.DescribeVpcs,
		revokeSecurityGroupIngress:   c.RevokeSecurityGroupIngress,
	}
}
