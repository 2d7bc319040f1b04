package sandbox_test

import (
	"context"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
)

func filter(name string, values ...string) types.Filter {
	return types.Filter{Name: &name, Values: values}
}

// defaultVPC is the one that every account begins with.
func (c *clients) defaultVPC(t *testing.T) *string {
	t.Helper()
	out := must(c.ec2.DescribeVpcs(t.Context(),
		&ec2.DescribeVpcsInput{Filters: []types.Filter{filter("isDefault", "true")}}))(t)
	if len(out.Vpcs) != 1 {
		t.Fatalf("got %d default VPCs", len(out.Vpcs))
	}
	return out.Vpcs[0].VpcId
}

func (c *clients) subnets(t *testing.T, vpc *string) []types.Subnet {
	t.Helper()
	return must(c.ec2.DescribeSubnets(t.Context(),
		&ec2.DescribeSubnetsInput{Filters: []types.Filter{filter("vpc-id", *vpc)}}))(t).Subnets
}

func (c *clients) defaultGroup(t *testing.T, vpc *string) *string {
	t.Helper()
	groups := must(c.ec2.DescribeSecurityGroups(t.Context(), &ec2.DescribeSecurityGroupsInput{
		Filters: []types.Filter{filter("vpc-id", *vpc), filter("group-name", "default")}}))(t).SecurityGroups
	if len(groups) != 1 {
		t.Fatalf("got %d groups called default", len(groups))
	}
	return groups[0].GroupId
}

func (c *clients) group(t *testing.T) *string {
	t.Helper()
	out := must(c.ec2.CreateSecurityGroup(t.Context(), &ec2.CreateSecurityGroupInput{
		GroupName: unique("contract"), Description: aws.String("d"), VpcId: c.defaultVPC(t),
	}))(t)
	afterwards(t, func(ctx context.Context) {
		_, _ = c.ec2.DeleteSecurityGroup(ctx, &ec2.DeleteSecurityGroupInput{GroupId: out.GroupId})
	})
	return out.GroupId
}

func TestDefaultNetwork(t *testing.T) {
	t.Parallel()
	c := contract(t)
	vpc := c.defaultVPC(t)
	zones := map[string]bool{}
	for _, s := range c.subnets(t, vpc) {
		if !*s.DefaultForAz || !*s.MapPublicIpOnLaunch || s.State != types.SubnetStateAvailable {
			t.Errorf("got subnet %+v", s)
		}
		zones[*s.AvailabilityZone] = true
	}
	if len(zones) < 2 {
		t.Errorf("got zones %v", zones)
	}
}

func TestDefaultGroupStays(t *testing.T) {
	t.Parallel()
	c := contract(t)
	_, err := c.ec2.DeleteSecurityGroup(t.Context(),
		&ec2.DeleteSecurityGroupInput{GroupId: c.defaultGroup(t, c.defaultVPC(t))})
	wantCode(t, err, "CannotDelete")
}

func TestDefaultRouteGoesToTheInternet(t *testing.T) {
	t.Parallel()
	c := contract(t)
	vpc := c.defaultVPC(t)
	gateways := must(c.ec2.DescribeInternetGateways(t.Context(), &ec2.DescribeInternetGatewaysInput{
		Filters: []types.Filter{filter("attachment.vpc-id", *vpc)}}))(t).InternetGateways
	if len(gateways) != 1 {
		t.Fatalf("got %d internet gateways", len(gateways))
	}
	tables := must(c.ec2.DescribeRouteTables(t.Context(), &ec2.DescribeRouteTablesInput{
		Filters: []types.Filter{filter("vpc-id", *vpc), filter("association.main", "true")}}))(t).RouteTables
	if len(tables) != 1 {
		t.Fatalf("got %d main route tables", len(tables))
	}
	targets := map[string]string{}
	for _, r := range tables[0].Routes {
		targets[*r.DestinationCidrBlock] = *r.GatewayId
	}
	if targets["172.31.0.0/16"] != "local" || targets["0.0.0.0/0"] != *gateways[0].InternetGatewayId {
		t.Errorf("got routes %v", targets)
	}
}

func TestUnknownNetworkIDs(t *testing.T) {
	t.Parallel()
	c := contract(t)
	_, err := c.ec2.DescribeVpcs(t.Context(), &ec2.DescribeVpcsInput{VpcIds: []string{"vpc-0123456789abcdef0"}})
	wantMessage(t, err, "InvalidVpcID.NotFound", "vpc-0123456789abcdef0")
	_, err = c.ec2.DescribeSubnets(t.Context(),
		&ec2.DescribeSubnetsInput{SubnetIds: []string{"subnet-0123456789abcdef0"}})
	wantCode(t, err, "InvalidSubnetID.NotFound")
	_, err = c.ec2.DescribeSecurityGroups(t.Context(),
		&ec2.DescribeSecurityGroupsInput{GroupIds: []string{"sg-0123456789abcdef0"}})
	wantCode(t, err, "InvalidGroup.NotFound")
	_, err = c.ec2.DeleteSecurityGroup(t.Context(),
		&ec2.DeleteSecurityGroupInput{GroupId: aws.String("sg-0123456789abcdef0")})
	wantCode(t, err, "InvalidGroup.NotFound")
	_, err = c.ec2.DescribeRouteTables(t.Context(),
		&ec2.DescribeRouteTablesInput{RouteTableIds: []string{"rtb-0123456789abcdef0"}})
	wantCode(t, err, "InvalidRouteTableID.NotFound")
}

func TestUnknownFilterIsRefused(t *testing.T) {
	t.Parallel()
	c := contract(t)
	_, err := c.ec2.DescribeVpcs(t.Context(), &ec2.DescribeVpcsInput{Filters: []types.Filter{filter("colour", "red")}})
	wantCode(t, err, "InvalidParameterValue")
}

func TestSecurityGroup(t *testing.T) {
	t.Parallel()
	c := contract(t)
	vpc, name := c.defaultVPC(t), unique("contract")
	in := &ec2.CreateSecurityGroupInput{GroupName: name, Description: aws.String("d"), VpcId: vpc,
		TagSpecifications: []types.TagSpecification{{
			ResourceType: types.ResourceTypeSecurityGroup,
			Tags:         []types.Tag{{Key: aws.String("contract"), Value: name}}}}}
	made := must(c.ec2.CreateSecurityGroup(t.Context(), in))(t)
	_, err := c.ec2.CreateSecurityGroup(t.Context(), in)
	wantCode(t, err, "InvalidGroup.Duplicate")
	for _, f := range []types.Filter{filter("group-name", *name), filter("tag:contract", *name),
		filter("group-id", *made.GroupId)} {
		found := must(c.ec2.DescribeSecurityGroups(t.Context(),
			&ec2.DescribeSecurityGroupsInput{Filters: []types.Filter{f}}))(t).SecurityGroups
		if len(found) != 1 || *found[0].GroupId != *made.GroupId {
			t.Fatalf("filter %s found %+v", *f.Name, found)
		}
		g := found[0]
		if len(g.IpPermissions) != 0 || len(g.IpPermissionsEgress) != 1 ||
			*g.IpPermissionsEgress[0].IpProtocol != "-1" ||
			len(g.IpPermissionsEgress[0].IpRanges) != 1 || *g.IpPermissionsEgress[0].IpRanges[0].CidrIp != "0.0.0.0/0" {
			t.Errorf("got rules %+v and %+v, want all egress alone", g.IpPermissions, g.IpPermissionsEgress)
		}
	}
	must(c.ec2.DeleteSecurityGroup(t.Context(), &ec2.DeleteSecurityGroupInput{GroupId: made.GroupId}))(t)
	_, err = c.ec2.DeleteSecurityGroup(t.Context(), &ec2.DeleteSecurityGroupInput{GroupId: made.GroupId})
	wantCode(t, err, "InvalidGroup.NotFound")
}

func TestSecurityGroupRules(t *testing.T) {
	t.Parallel()
	c := contract(t)
	id := c.group(t)
	http := []types.IpPermission{{IpProtocol: aws.String("tcp"), FromPort: aws.Int32(80), ToPort: aws.Int32(80),
		IpRanges: []types.IpRange{{CidrIp: aws.String("10.0.0.0/8")}}}}
	authorize := &ec2.AuthorizeSecurityGroupIngressInput{GroupId: id, IpPermissions: http}
	must(c.ec2.AuthorizeSecurityGroupIngress(t.Context(), authorize))(t)
	_, err := c.ec2.AuthorizeSecurityGroupIngress(t.Context(), authorize)
	wantCode(t, err, "InvalidPermission.Duplicate")
	if got := c.rules(t, id); got != 2 {
		t.Errorf("got %d rules, want ingress and the first egress", got)
	}
	revoke := &ec2.RevokeSecurityGroupIngressInput{GroupId: id, IpPermissions: http}
	must(c.ec2.RevokeSecurityGroupIngress(t.Context(), revoke))(t)
	_, err = c.ec2.RevokeSecurityGroupIngress(t.Context(), revoke)
	wantCode(t, err, "InvalidPermission.NotFound")
	all := []types.IpPermission{{IpProtocol: aws.String("-1"),
		IpRanges: []types.IpRange{{CidrIp: aws.String("0.0.0.0/0")}}}}
	must(c.ec2.RevokeSecurityGroupEgress(t.Context(), &ec2.RevokeSecurityGroupEgressInput{
		GroupId: id, IpPermissions: all,
	}))(t)
	if got := c.rules(t, id); got != 0 {
		t.Errorf("got %d rules, want none", got)
	}
	must(c.ec2.AuthorizeSecurityGroupEgress(t.Context(), &ec2.AuthorizeSecurityGroupEgressInput{
		GroupId: id, IpPermissions: all,
	}))(t)
	if got := c.rules(t, id); got != 1 {
		t.Errorf("got %d rules, want egress back", got)
	}
}

func (c *clients) rules(t *testing.T, group *string) int {
	t.Helper()
	return len(must(c.ec2.DescribeSecurityGroupRules(t.Context(), &ec2.DescribeSecurityGroupRulesInput{
		Filters: []types.Filter{filter("group-id", *group)}}))(t).SecurityGroupRules)
}

func TestTagsOfResources(t *testing.T) {
	t.Parallel()
	c := contract(t)
	id := c.group(t)
	tags := func() map[string]string {
		out := map[string]string{}
		for _, tag := range must(c.ec2.DescribeSecurityGroups(t.Context(),
			&ec2.DescribeSecurityGroupsInput{GroupIds: []string{*id}}))(t).SecurityGroups[0].Tags {
			out[*tag.Key] = *tag.Value
		}
		return out
	}
	must(c.ec2.CreateTags(t.Context(), &ec2.CreateTagsInput{Resources: []string{*id}, Tags: []types.Tag{
		{Key: aws.String("a"), Value: aws.String("1")}, {Key: aws.String("b"), Value: aws.String("2")}}}))(t)
	must(c.ec2.CreateTags(t.Context(), &ec2.CreateTagsInput{
		Resources: []string{*id}, Tags: []types.Tag{{Key: aws.String("a"), Value: aws.String("3")}},
	}))(t)
	must(c.ec2.DeleteTags(t.Context(), &ec2.DeleteTagsInput{
		Resources: []string{*id}, Tags: []types.Tag{{Key: aws.String("b")}},
	}))(t)
	if got := tags(); len(got) != 1 || got["a"] != "3" {
		t.Errorf("got tags %v", got)
	}
}

// TestPrivateNetwork builds a VPC with a public and a private subnet behind a NAT gateway.
func TestPrivateNetwork(t *testing.T) {
	t.Parallel()
	c := contract(t)
	vpc := must(c.ec2.CreateVpc(t.Context(), &ec2.CreateVpcInput{CidrBlock: aws.String("10.9.0.0/16")}))(t).Vpc.VpcId
	public := must(c.ec2.CreateSubnet(t.Context(), &ec2.CreateSubnetInput{
		VpcId: vpc, CidrBlock: aws.String("10.9.0.0/24"),
	}))(t).Subnet
	private := must(c.ec2.CreateSubnet(t.Context(), &ec2.CreateSubnetInput{
		VpcId: vpc, CidrBlock: aws.String("10.9.1.0/24"),
	}))(t).Subnet
	if *public.MapPublicIpOnLaunch || *public.AvailableIpAddressCount != 251 {
		t.Errorf("got subnet %+v", public)
	}
	igw := must(c.ec2.CreateInternetGateway(t.Context(), &ec2.CreateInternetGatewayInput{}))(
		t).InternetGateway.InternetGatewayId
	must(c.ec2.AttachInternetGateway(t.Context(), &ec2.AttachInternetGatewayInput{
		VpcId: vpc, InternetGatewayId: igw,
	}))(t)
	address := must(c.ec2.AllocateAddress(t.Context(), &ec2.AllocateAddressInput{Domain: types.DomainTypeVpc}))(
		t).AllocationId
	nat := must(c.ec2.CreateNatGateway(t.Context(), &ec2.CreateNatGatewayInput{
		SubnetId: public.SubnetId, AllocationId: address,
	}))(t).NatGateway.NatGatewayId
	table := must(c.ec2.CreateRouteTable(t.Context(), &ec2.CreateRouteTableInput{VpcId: vpc}))(
		t).RouteTable.RouteTableId
	must(c.ec2.CreateRoute(t.Context(), &ec2.CreateRouteInput{
		RouteTableId: table, DestinationCidrBlock: aws.String("0.0.0.0/0"), NatGatewayId: nat,
	}))(t)
	must(c.ec2.AssociateRouteTable(t.Context(), &ec2.AssociateRouteTableInput{
		RouteTableId: table, SubnetId: private.SubnetId,
	}))(t)

	got := must(c.ec2.DescribeRouteTables(t.Context(), &ec2.DescribeRouteTablesInput{
		Filters: []types.Filter{filter("association.subnet-id", *private.SubnetId)}}))(t).RouteTables
	if len(got) != 1 || *got[0].RouteTableId != *table || len(got[0].Routes) != 2 {
		t.Fatalf("got tables %+v", got)
	}
	nats := must(c.ec2.DescribeNatGateways(t.Context(),
		&ec2.DescribeNatGatewaysInput{Filter: []types.Filter{filter("vpc-id", *vpc)}}))(t).NatGateways
	if len(nats) != 1 || nats[0].State != types.NatGatewayStateAvailable || *nats[0].SubnetId != *public.SubnetId {
		t.Errorf("got NAT gateways %+v", nats)
	}
	_, err := c.ec2.CreateSubnet(t.Context(), &ec2.CreateSubnetInput{VpcId: vpc, CidrBlock: aws.String("10.9.1.0/25")})
	wantCode(t, err, "InvalidSubnet.Conflict")
	_, err = c.ec2.CreateSubnet(t.Context(), &ec2.CreateSubnetInput{VpcId: vpc, CidrBlock: aws.String("10.8.0.0/24")})
	wantCode(t, err, "InvalidSubnet.Range")
}

func TestAvailabilityZonesAndEndpoints(t *testing.T) {
	t.Parallel()
	c := contract(t)
	zones := must(c.ec2.DescribeAvailabilityZones(t.Context(),
		&ec2.DescribeAvailabilityZonesInput{ZoneNames: []string{"us-east-1a"}}))(t).AvailabilityZones
	if len(zones) != 1 || *zones[0].RegionName != "us-east-1" ||
		zones[0].State != types.AvailabilityZoneStateAvailable {
		t.Errorf("got zones %+v", zones)
	}
	endpoints := must(c.ec2.DescribeVpcEndpoints(t.Context(), &ec2.DescribeVpcEndpointsInput{
		Filters: []types.Filter{filter("vpc-id", "vpc-0123456789abcdef0")}}))(t).VpcEndpoints
	if len(endpoints) != 0 {
		t.Errorf("got endpoints %+v", endpoints)
	}
}
