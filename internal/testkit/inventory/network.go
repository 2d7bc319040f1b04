package inventory

import (
	"context"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
)

// readNetwork files the security groups, by VPC and name, and learns the names of
// VPCs and subnets, which ecsctl only looks at.
func (s *Source) readNetwork(ctx context.Context, snap *Snapshot) error {
	vpcs, err := s.readVPCs(ctx, snap)
	if err != nil {
		return err
	}
	if err := s.readSubnets(ctx, snap, vpcs); err != nil {
		return err
	}
	pages := ec2.NewDescribeSecurityGroupsPaginator(s.EC2, &ec2.DescribeSecurityGroupsInput{})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return fmt.Errorf("failed to list security groups: %w", err)
		}
		for _, found := range page.SecurityGroups {
			name := vpcs[aws.ToString(found.VpcId)] + "/" + aws.ToString(found.GroupName)
			snap.Rename(aws.ToString(found.GroupId), "<security group "+name+">")
			if err := snap.add(SecurityGroup, name, found); err != nil {
				return err
			}
		}
	}
	return nil
}

func (s *Source) readVPCs(ctx context.Context, snap *Snapshot) (map[string]string, error) {
	names := map[string]string{}
	pages := ec2.NewDescribeVpcsPaginator(s.EC2, &ec2.DescribeVpcsInput{})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, fmt.Errorf("failed to list VPCs: %w", err)
		}
		for _, vpc := range page.Vpcs {
			id, name := aws.ToString(vpc.VpcId), vpcName(vpc)
			names[id] = name
			snap.Rename(id, "<vpc "+name+">")
		}
	}
	return names, nil
}

func vpcName(vpc types.Vpc) string {
	if aws.ToBool(vpc.IsDefault) {
		return "default"
	}
	for _, tag := range vpc.Tags {
		if aws.ToString(tag.Key) == "Name" {
			return aws.ToString(tag.Value)
		}
	}
	return aws.ToString(vpc.CidrBlock)
}

func (s *Source) readSubnets(ctx context.Context, snap *Snapshot, vpcs map[string]string) error {
	pages := ec2.NewDescribeSubnetsPaginator(s.EC2, &ec2.DescribeSubnetsInput{})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return fmt.Errorf("failed to list subnets: %w", err)
		}
		for _, subnet := range page.Subnets {
			name := vpcs[aws.ToString(subnet.VpcId)] + "/" + aws.ToString(subnet.CidrBlock)
			snap.Rename(aws.ToString(subnet.SubnetId), "<subnet "+name+">")
		}
	}
	return nil
}
