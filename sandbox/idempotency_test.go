package sandbox_test

import (
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"ecsctl/sandbox"
)

func TestClientTokensOfEC2(t *testing.T) {
	t.Parallel()
	c := start(t, sandbox.Options{})
	subnet := must(c.ec2.DescribeSubnets(t.Context(), &ec2.DescribeSubnetsInput{}))(t).Subnets[0]
	nat := &ec2.CreateNatGatewayInput{
		SubnetId: subnet.SubnetId, ConnectivityType: ec2types.ConnectivityTypePrivate, ClientToken: unique("token"),
	}
	first := must(c.ec2.CreateNatGateway(t.Context(), nat))(t)
	again := must(c.ec2.CreateNatGateway(t.Context(), nat))(t)
	if *first.NatGateway.NatGatewayId != *again.NatGateway.NatGatewayId ||
		aws.ToString(again.ClientToken) != *nat.ClientToken {
		t.Errorf("got %s, then %s", *first.NatGateway.NatGatewayId, *again.NatGateway.NatGatewayId)
	}
	nat.TagSpecifications = []ec2types.TagSpecification{{ResourceType: ec2types.ResourceTypeNatgateway,
		Tags: []ec2types.Tag{{Key: aws.String("k"), Value: aws.String("v")}}}}
	_, err := c.ec2.CreateNatGateway(t.Context(), nat)
	wantCode(t, err, "IdempotentParameterMismatch")

	// another operation, so another token
	table := &ec2.CreateRouteTableInput{VpcId: subnet.VpcId, ClientToken: nat.ClientToken}
	one, two := must(c.ec2.CreateRouteTable(t.Context(), table))(t), must(c.ec2.CreateRouteTable(t.Context(), table))(t)
	if *one.RouteTable.RouteTableId != *two.RouteTable.RouteTableId {
		t.Errorf("got %s, then %s", *one.RouteTable.RouteTableId, *two.RouteTable.RouteTableId)
	}
}

// TestOverridesAreCountedAsJSON is the limit of RunTask: 8192 characters "including the
// JSON formatting characters of the override structure" (API_TaskOverride).
func TestOverridesAreCountedAsJSON(t *testing.T) {
	t.Parallel()
	c := running(t, "exit 0", sandbox.Options{})
	definition := c.app(t, nil)
	frame := len(`{"containerOverrides":[{"name":"main","environment":[{"name":"A","value":""}]}]}`)
	for extra, ok := range map[int]bool{0: true, 1: false} {
		value := strings.Repeat("<", 8192-frame+extra)
		_, err := c.launch(t, definition, func(in *ecs.RunTaskInput) {
			in.Overrides = &types.TaskOverride{ContainerOverrides: []types.ContainerOverride{{
				Name: aws.String("main"), Environment: []types.KeyValuePair{{Name: aws.String("A"), Value: &value}}}}}
		})
		if ok && err != nil {
			t.Errorf("just within the limit: %v", err)
		}
		if !ok {
			wantMessage(t, err, "InvalidParameterException", "Container Overrides length must be at most 8192")
		}
	}
}
