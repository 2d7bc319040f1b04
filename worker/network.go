package worker

import (
	"cmp"
	"context"
	"log/slog"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"ecsctl/internal/aws/ec2calls"
	"ecsctl/internal/awserr"
	"ecsctl/jobtemplate"
	"ecsctl/worker/awsaccess"
)

// networkLife is how long the subnets of a VPC are taken to be the same.
const networkLife = time.Minute

// networks looks up VPCs and their subnets.
type networks struct {
	patience patience
	known    cache[jobtemplate.Network]
}

// find answers what a job needs to know.
func (n *networks) find(ctx context.Context, log *slog.Logger, c *awsaccess.Clients, need jobtemplate.NetworkNeed) (*jobtemplate.Network, error) {
	network, err := n.known.get(ctx, c.Key+need.VPCID, time.Now().Add(-networkLife), func(ctx context.Context) (jobtemplate.Network, error) {
		var network jobtemplate.Network
		err := patiently(ctx, log, n.patience, awsaccess.Passing, func() (err error) {
			network, err = readNetwork(ctx, c.EC2, need.VPCID)
			return err
		})
		return network, err
	})
	return &network, err
}

func readNetwork(ctx context.Context, client *ec2calls.Client, vpcID string) (jobtemplate.Network, error) {
	query := &ec2.DescribeVpcsInput{VpcIds: []string{vpcID}}
	if vpcID == "" {
		query = &ec2.DescribeVpcsInput{Filters: []ec2types.Filter{{Name: aws.String("isDefault"), Values: []string{"true"}}}}
	}
	vpcs, err := client.DescribeVpcs(ctx, query)
	if awserr.HasCode(err, "InvalidVpcID.NotFound", "InvalidVpcID.Malformed", "InvalidVpcId.Malformed") || err == nil && len(vpcs.Vpcs) == 0 {
		return jobtemplate.Network{}, nil // jobtemplate words the problem
	}
	if err != nil {
		return jobtemplate.Network{}, awsaccess.Explain("look up the VPC", err)
	}
	network := jobtemplate.Network{VPCID: aws.ToString(vpcs.Vpcs[0].VpcId)}
	pages := ec2.NewDescribeSubnetsPaginator(client, &ec2.DescribeSubnetsInput{
		Filters: []ec2types.Filter{{Name: aws.String("vpc-id"), Values: []string{network.VPCID}}},
	})
	var subnets []ec2types.Subnet
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return jobtemplate.Network{}, awsaccess.Explain("list the subnets of VPC \""+network.VPCID+"\"", err)
		}
		subnets = append(subnets, page.Subnets...)
	}
	network.Subnets = zonesInTurn(subnets)
	return network, nil
}

// zonesInTurn are the ids of subnets, one of each zone in turn: a task takes the first of
// them, as many as ECS takes. How many addresses are free does not count: a retry must send
// the same request.
func zonesInTurn(subnets []ec2types.Subnet) []string {
	slices.SortFunc(subnets, func(a, b ec2types.Subnet) int { return cmp.Compare(*a.SubnetId, *b.SubnetId) })
	turn, seen := map[string]int{}, map[string]int{}
	for _, s := range subnets {
		zone := aws.ToString(s.AvailabilityZone)
		turn[*s.SubnetId] = seen[zone]
		seen[zone]++
	}
	slices.SortStableFunc(subnets, func(a, b ec2types.Subnet) int {
		return cmp.Or(turn[*a.SubnetId]-turn[*b.SubnetId], cmp.Compare(aws.ToString(a.AvailabilityZone), aws.ToString(b.AvailabilityZone)))
	})
	ids := make([]string, len(subnets))
	for i, s := range subnets {
		ids[i] = *s.SubnetId
	}
	return ids
}
