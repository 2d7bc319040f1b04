package sandbox_test

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"
	"github.com/aws/aws-sdk-go-v2/service/iam"

	"ecsctl/sandbox"
	"ecsctl/templates"
)

// A route names a transit gateway that is attached to its VPC, and leads nowhere once it is detached.
func TestTransitGateways(t *testing.T) {
	t.Parallel()
	c := start(t, sandbox.Options{})
	ctx := t.Context()
	subnets := must(c.ec2.DescribeSubnets(ctx, &ec2.DescribeSubnetsInput{}))(t).Subnets
	table := must(c.ec2.CreateRouteTable(ctx, &ec2.CreateRouteTableInput{VpcId: subnets[0].VpcId}))(t).RouteTable
	gateway := must(c.ec2.CreateTransitGateway(ctx, &ec2.CreateTransitGatewayInput{}))(t).TransitGateway
	route := &ec2.CreateRouteInput{RouteTableId: table.RouteTableId, TransitGatewayId: gateway.TransitGatewayId,
		DestinationCidrBlock: aws.String("0.0.0.0/0")}
	wantCode(t, failed(c.ec2.CreateRoute(ctx, route)), "InvalidTransitGatewayID.NotFound")
	attach := &ec2.CreateTransitGatewayVpcAttachmentInput{TransitGatewayId: gateway.TransitGatewayId,
		VpcId: subnets[0].VpcId, SubnetIds: []string{*subnets[0].SubnetId}}
	attachment := must(c.ec2.CreateTransitGatewayVpcAttachment(ctx, attach))(t).TransitGatewayVpcAttachment
	wantCode(t, failed(c.ec2.CreateTransitGatewayVpcAttachment(ctx, attach)), "DuplicateTransitGatewayAttachment")
	must(c.ec2.CreateRoute(ctx, route))(t)
	state := func() types.RouteState {
		tables := must(c.ec2.DescribeRouteTables(ctx,
			&ec2.DescribeRouteTablesInput{RouteTableIds: []string{*table.RouteTableId}}))(t).RouteTables
		if got := tables[0].Routes[1]; *got.TransitGatewayId == *gateway.TransitGatewayId {
			return got.State
		}
		return ""
	}
	if got := state(); got != types.RouteStateActive {
		t.Errorf("the route is %q", got)
	}
	must(c.ec2.DeleteTransitGatewayVpcAttachment(ctx, &ec2.DeleteTransitGatewayVpcAttachmentInput{
		TransitGatewayAttachmentId: attachment.TransitGatewayAttachmentId}))(t)
	if got := state(); got != types.RouteStateBlackhole {
		t.Errorf("the route is %q after the attachment is gone", got)
	}
}

// A task with an EBS volume is run by who may pass the role that makes it, to ECS; the volume is one that its
// definition leaves open, and the role trusts ECS.
func TestVolumesConfiguredAtLaunch(t *testing.T) {
	t.Parallel()
	w := newWorker(t)
	ctx := t.Context()
	made := func(name, service string) *string {
		return must(w.iam.CreateRole(ctx,
			&iam.CreateRoleInput{RoleName: aws.String(name), AssumeRolePolicyDocument: aws.String(
				`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"sts:AssumeRole","Principal":{"Service":"` +
					service + `"}}]}`)}))(t).Role.Arn
	}
	infrastructure, other := made("infrastructure", "ecs.amazonaws.com"), made("other", "ecs-tasks.amazonaws.com")
	definition := w.definition(t, familyOf("p", 1))
	definition.Volumes = []ecstypes.Volume{{Name: aws.String("data"), ConfiguredAtLaunch: aws.Bool(true)}}
	w.run.TaskDefinition = must(w.it.ecs.RegisterTaskDefinition(ctx, definition))(t).TaskDefinition.TaskDefinitionArn
	with := func(name string, role *string) *ecs.RunTaskInput {
		in := *w.run
		in.VolumeConfigurations = []ecstypes.TaskVolumeConfiguration{{Name: &name,
			ManagedEBSVolume: &ecstypes.TaskManagedEBSVolumeConfiguration{RoleArn: role, SizeInGiB: aws.Int32(10)}}}
		return &in
	}
	wantMessage(t, failed(w.ecs.RunTask(ctx, w.run)), "InvalidParameterException", "must be configured at launch")
	wantMessage(t, failed(w.ecs.RunTask(ctx, with("else", infrastructure))), "InvalidParameterException",
		"is not configured")
	wantMessage(t, failed(w.ecs.RunTask(ctx, with("data", other))), "ClientException", "unable to assume the role")
	wantMessage(t, failed(w.it.ecs.RunTask(ctx, with("data", infrastructure))), "AccessDeniedException", "iam:PassRole")
	values := w.values
	values["InfrastructureRoles"] = *infrastructure
	policy := templates.Policy(templates.WorkerPolicy, values)
	must(w.iam.PutRolePolicy(ctx, &iam.PutRolePolicyInput{RoleName: aws.String("worker"),
		PolicyName: aws.String("more"), PolicyDocument: &policy}))(t)
	must(w.it.ecs.RunTask(ctx, with("data", infrastructure)))(t)
}
