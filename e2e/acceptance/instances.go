//go:build e2e

package main

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/arn"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"ecsctl/internal/testkit/inventory"
)

// instances is what an account must have before runs can be on instances: the suite makes neither.
type instances struct {
	subnets  []string // private ones with a way out
	provider string   // of an Auto Scaling group
}

var (
	subnetIDs = regexp.MustCompile(`^subnet-[0-9a-f]+$`)
	// errNotAsked is the end of a step that needs what nobody named.
	errNotAsked = errors.New("not asked for")
)

func readInstances(env map[string]string) (instances, error) {
	i := instances{provider: env["ACCEPTANCE_CAPACITY_PROVIDER"],
		subnets: strings.FieldsFunc(env["ACCEPTANCE_PRIVATE_SUBNETS"], func(r rune) bool { return r == ',' })}
	for _, id := range i.subnets {
		if !subnetIDs.MatchString(id) {
			return i, fmt.Errorf("ACCEPTANCE_PRIVATE_SUBNETS: %q is no id of a subnet: separate them with commas", id)
		}
	}
	if i.provider != "" && len(i.subnets) == 0 {
		return i, errors.New("ACCEPTANCE_CAPACITY_PROVIDER needs ACCEPTANCE_PRIVATE_SUBNETS too: a task on an " +
			"instance has no public address")
	}
	return i, nil
}

// description is what the steps of instances make and cost.
func (i instances) description() string {
	if len(i.subnets) == 0 {
		return ""
	}
	return "- a capacity provider of Managed Instances, two IAM roles for it, and an instance of 2 to 4 vCPUs for\n" +
		"  one flow run, which ends when it is idle: what EC2 and ECS take for it comes on top of what is below\n"
}

// onManagedInstances has bootstrap make a capacity provider, and a run on an instance that ECS starts for it.
func (s *suite) onManagedInstances(ctx context.Context) (string, error) {
	if len(s.far.instances.subnets) == 0 {
		return "", fmt.Errorf("%w: ACCEPTANCE_PRIVATE_SUBNETS names private subnets with a way out", errNotAsked)
	}
	return s.runsOn(ctx, types.LaunchTypeManagedInstances, "prefect-"+s.pool, "--capacity", "managed-instances",
		"--instance-vcpus", "2-4")
}

// onAutoScalingGroup has a run on an instance of a group of the user's.
func (s *suite) onAutoScalingGroup(ctx context.Context) (string, error) {
	provider := s.far.instances.provider
	if provider == "" {
		return "", fmt.Errorf("%w: ACCEPTANCE_CAPACITY_PROVIDER names that of an Auto Scaling group", errNotAsked)
	}
	return s.runsOn(ctx, types.LaunchTypeEc2, provider, "--capacity", "ec2", "--capacity-provider", provider)
}

// runsOn changes the pool's capacity: a second bootstrap changes nothing, and a run is where it should be.
func (s *suite) runsOn(ctx context.Context, launch types.LaunchType, provider string, args ...string) (string, error) {
	args = s.arguments(append(args, "--binary", s.newer)...)
	for _, id := range s.far.instances.subnets {
		args = append(args, "--subnet", id)
	}
	if _, err := s.must(ctx, args...); err != nil {
		return "", err
	}
	if _, err := s.must(ctx, append(args, "--dry-run", "--detailed-exitcode")...); err != nil {
		return "", err
	}
	task, err := s.completed(ctx, nil)
	if err != nil {
		return "", err
	}
	is := fmt.Sprintf("%s by %q", task.LaunchType, aws.ToString(task.CapacityProviderName))
	if task.LaunchType != launch || aws.ToString(task.CapacityProviderName) != provider {
		return "", fmt.Errorf("its task ran on %s, want %s by %q", is, launch, provider)
	}
	return "its task ran on " + is, nil
}

// giveInstances makes in a sandbox what a user's account has.
func giveInstances(ctx context.Context, source *inventory.Source) (instances, error) {
	group := arn.ARN{Partition: "aws", Service: "autoscaling", Region: "eu-west-1", AccountID: "123456789012",
		Resource: "autoScalingGroup:00000000-0000-4000-8000-000000000000:autoScalingGroupName/batch"}.String()
	made, err := source.ECS.CreateCapacityProvider(ctx, &ecs.CreateCapacityProviderInput{Name: aws.String("batch"),
		AutoScalingGroupProvider: &types.AutoScalingGroupProvider{AutoScalingGroupArn: aws.String(group),
			ManagedScaling: &types.ManagedScaling{Status: types.ManagedScalingStatusEnabled}}})
	if err != nil {
		return instances{}, err
	}
	subnet, err := privateSubnet(ctx, source.EC2)
	return instances{provider: *made.CapacityProvider.Name, subnets: []string{subnet}}, err
}

// privateSubnet makes one in the default VPC, with a route to a NAT gateway.
func privateSubnet(ctx context.Context, client *ec2.Client) (string, error) {
	public, err := client.DescribeSubnets(ctx, &ec2.DescribeSubnetsInput{Filters: []ec2types.Filter{
		{Name: aws.String("default-for-az"), Values: []string{"true"}}}})
	if err != nil {
		return "", err
	}
	address, err := client.AllocateAddress(ctx, &ec2.AllocateAddressInput{})
	if err != nil {
		return "", err
	}
	if len(public.Subnets) == 0 {
		return "", errors.New("the default VPC has no subnets")
	}
	beside := public.Subnets[0]
	nat, err := client.CreateNatGateway(ctx, &ec2.CreateNatGatewayInput{SubnetId: beside.SubnetId,
		AllocationId: address.AllocationId})
	if err != nil {
		return "", err
	}
	table, err := client.CreateRouteTable(ctx, &ec2.CreateRouteTableInput{VpcId: beside.VpcId})
	if err != nil {
		return "", err
	}
	if _, err := client.CreateRoute(ctx, &ec2.CreateRouteInput{RouteTableId: table.RouteTable.RouteTableId,
		DestinationCidrBlock: aws.String("0.0.0.0/0"), NatGatewayId: nat.NatGateway.NatGatewayId}); err != nil {
		return "", err
	}
	made, err := client.CreateSubnet(ctx, &ec2.CreateSubnetInput{VpcId: beside.VpcId,
		CidrBlock: aws.String("172.31.201.0/24"), AvailabilityZone: beside.AvailabilityZone})
	if err != nil {
		return "", err
	}
	_, err = client.AssociateRouteTable(ctx, &ec2.AssociateRouteTableInput{RouteTableId: table.RouteTable.RouteTableId,
		SubnetId: made.Subnet.SubnetId})
	return *made.Subnet.SubnetId, err
}
