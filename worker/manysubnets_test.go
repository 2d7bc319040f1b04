package worker_test

import (
	"fmt"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"

	"ecsctl/prefect"
)

// A pool that names no subnets uses those of the VPC, and ECS takes 16 at most.
func TestAVPCOfManySubnets(t *testing.T) {
	t.Parallel()
	w := newWorld(t, worldOptions{})
	client := ec2.NewFromConfig(w.aws)
	vpcs := must(client.DescribeVpcs(t.Context(), &ec2.DescribeVpcsInput{}))(t)
	for i := range 16 {
		must(client.CreateSubnet(t.Context(), &ec2.CreateSubnetInput{
			VpcId: vpcs.Vpcs[0].VpcId, CidrBlock: aws.String(fmt.Sprintf("172.31.%d.0/24", 200+i)),
		}))(t)
	}
	id := w.runs(w.deployment(nil), 1)[0]
	w.start(nil)
	w.await(id, prefect.Completed)
}
