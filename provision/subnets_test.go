package provision_test

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"ecsctl/provision"
	"ecsctl/provision/spec"
	"ecsctl/sandbox"
)

// network builds a VPC in a sandbox, as its owner would.
type network struct {
	t      *testing.T
	server *sandbox.Server
	ec2    *ec2.Client
	vpc    *string
	igw    *string
	count  int
}

func newNetwork(t *testing.T, region string) *network {
	server, err := sandbox.Start(sandbox.Options{Region: region})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := server.Close(); err != nil {
			t.Error(err)
		}
	})
	n := &network{t: t, server: server, ec2: ec2.NewFromConfig(server.Config())}
	n.vpc = do(n, n.ec2.CreateVpc, &ec2.CreateVpcInput{CidrBlock: aws.String("10.0.0.0/16")}).Vpc.VpcId
	n.igw = do(n, n.ec2.CreateInternetGateway, &ec2.CreateInternetGatewayInput{}).InternetGateway.InternetGatewayId
	do(n, n.ec2.AttachInternetGateway, &ec2.AttachInternetGatewayInput{InternetGatewayId: n.igw, VpcId: n.vpc})
	return n
}

// do makes a call that must not fail.
func do[In, Out any](n *network, call func(context.Context, *In, ...func(*ec2.Options)) (*Out, error), in *In) *Out {
	n.t.Helper()
	out, err := call(n.t.Context(), in)
	if err != nil {
		n.t.Fatal(err)
	}
	return out
}

// subnet makes one in a zone ("a"), with routes in a table of its own.
func (n *network) subnet(zone string, routes ...*ec2.CreateRouteInput) string {
	n.t.Helper()
	return n.subnetOf(&ec2.CreateSubnetInput{AvailabilityZone: aws.String(n.server.Config().Region + zone)}, routes...)
}

func (n *network) subnetOf(in *ec2.CreateSubnetInput, routes ...*ec2.CreateRouteInput) string {
	n.t.Helper()
	in.VpcId = n.vpc
	if in.Ipv6Native == nil {
		in.CidrBlock = aws.String(fmt.Sprintf("10.0.%d.0/28", n.count))
	}
	n.count++
	id := do(n, n.ec2.CreateSubnet, in).Subnet.SubnetId
	table := n.table(routes...)
	do(n, n.ec2.AssociateRouteTable, &ec2.AssociateRouteTableInput{RouteTableId: table, SubnetId: id})
	return *id
}

func (n *network) table(routes ...*ec2.CreateRouteInput) *string {
	n.t.Helper()
	table := do(n, n.ec2.CreateRouteTable, &ec2.CreateRouteTableInput{VpcId: n.vpc}).RouteTable.RouteTableId
	for _, r := range routes {
		r := *r
		r.RouteTableId = table
		if r.DestinationCidrBlock == nil {
			r.DestinationCidrBlock = aws.String("0.0.0.0/0")
		}
		do(n, n.ec2.CreateRoute, &r)
	}
	return table
}

func (n *network) internet() *ec2.CreateRouteInput { return &ec2.CreateRouteInput{GatewayId: n.igw} }

func (n *network) nat() *ec2.CreateRouteInput {
	n.t.Helper()
	address := do(n, n.ec2.AllocateAddress, &ec2.AllocateAddressInput{}).AllocationId
	in := n.subnetOf(&ec2.CreateSubnetInput{OutpostArn: aws.String("arn:aws:outposts:::outpost/op-1")}, n.internet())
	nat := do(n, n.ec2.CreateNatGateway, &ec2.CreateNatGatewayInput{SubnetId: &in, AllocationId: address}).NatGateway
	return &ec2.CreateRouteInput{NatGatewayId: nat.NatGatewayId}
}

func (n *network) vgw() *ec2.CreateRouteInput {
	n.t.Helper()
	g := do(n, n.ec2.CreateVpnGateway, &ec2.CreateVpnGatewayInput{Type: types.GatewayTypeIpsec1}).VpnGateway
	do(n, n.ec2.AttachVpnGateway, &ec2.AttachVpnGatewayInput{VpnGatewayId: g.VpnGatewayId, VpcId: n.vpc})
	return &ec2.CreateRouteInput{GatewayId: g.VpnGatewayId}
}

// tgw is attached to a subnet of its own.
func (n *network) tgw() *ec2.CreateRouteInput {
	n.t.Helper()
	g := do(n, n.ec2.CreateTransitGateway, &ec2.CreateTransitGatewayInput{}).TransitGateway
	in := n.subnetOf(&ec2.CreateSubnetInput{})
	do(n, n.ec2.CreateTransitGatewayVpcAttachment, &ec2.CreateTransitGatewayVpcAttachmentInput{
		TransitGatewayId: g.TransitGatewayId, VpcId: n.vpc, SubnetIds: []string{in}})
	return &ec2.CreateRouteInput{TransitGatewayId: g.TransitGatewayId}
}

// firewall is an endpoint of Network Firewall whose subnet has the route.
func (n *network) firewall(behind *ec2.CreateRouteInput) *ec2.CreateRouteInput {
	n.t.Helper()
	in := n.subnetOf(&ec2.CreateSubnetInput{OutpostArn: aws.String("arn:aws:outposts:::outpost/op-1")}, behind)
	e := do(n, n.ec2.CreateVpcEndpoint, &ec2.CreateVpcEndpointInput{
		VpcEndpointType: types.VpcEndpointTypeGatewayLoadBalancer, VpcId: n.vpc, SubnetIds: []string{in},
		ServiceName: aws.String("com.amazonaws.vpce." + n.server.Config().Region + ".vpce-svc-1"),
	}).VpcEndpoint
	return &ec2.CreateRouteInput{VpcEndpointId: e.VpcEndpointId}
}

// comesBack sends what comes from the internet for a subnet through a firewall.
func (n *network) comesBack(subnet string, firewall *ec2.CreateRouteInput) {
	n.t.Helper()
	of := do(n, n.ec2.DescribeSubnets, &ec2.DescribeSubnetsInput{SubnetIds: []string{subnet}}).Subnets[0]
	table := n.table(&ec2.CreateRouteInput{DestinationCidrBlock: of.CidrBlock, VpcEndpointId: firewall.VpcEndpointId})
	do(n, n.ec2.AssociateRouteTable, &ec2.AssociateRouteTableInput{RouteTableId: table, GatewayId: n.igw})
}

// fill takes all free addresses of a subnet.
func (n *network) fill(subnet string) {
	n.t.Helper()
	of := do(n, n.ec2.DescribeSubnets, &ec2.DescribeSubnetsInput{SubnetIds: []string{subnet}}).Subnets[0]
	for range *of.AvailableIpAddressCount {
		do(n, n.ec2.CreateNetworkInterface, &ec2.CreateNetworkInterfaceInput{SubnetId: &subnet})
	}
}

// half is a route for one half of all addresses.
func half(block string, r *ec2.CreateRouteInput) *ec2.CreateRouteInput {
	out := *r
	out.DestinationCidrBlock = &block
	return &out
}

// subnetCase is what a network is expected to be taken as.
type subnetCase struct {
	region string // default eu-west-1
	// build makes the network, names some of its subnets, if the user does, and says which are to be taken.
	build    func(n *network) (named, want []string)
	publicIP bool
	warnings []string // each a part of one, in order
	err      string
}

var subnetCases = map[string]subnetCase{
	"a firewall in front of NAT needs no public IP": {build: func(n *network) (named, want []string) {
		return nil, []string{n.subnet("a", n.firewall(n.nat()))}
	}},
	"a firewall in front of the internet gateway needs one": {build: func(n *network) (named, want []string) {
		firewall := n.firewall(n.internet())
		id := n.subnet("a", firewall)
		n.comesBack(id, firewall)
		return nil, []string{id}
	}, publicIP: true},
	"without a free address it is left out": {build: func(n *network) (named, want []string) {
		full, roomy := n.subnet("a", n.internet()), n.subnet("b", n.internet())
		n.fill(full)
		return nil, []string{roomy}
	}, publicIP: true, warnings: []string{"is left out: it has no free addresses"}},
	"with no free address anywhere they are taken": {build: func(n *network) (named, want []string) {
		full := n.subnet("a", n.internet())
		n.fill(full)
		return nil, []string{full}
	}, publicIP: true, warnings: []string{"it has no free addresses"}},
	"named without a free address": {build: func(n *network) (named, want []string) {
		full := n.subnet("a", n.internet())
		n.fill(full)
		return []string{full}, []string{full}
	}, publicIP: true, warnings: []string{"all tasks will be in one zone", "it has no free addresses"}},
	"zones without Fargate go by their id": {region: "us-west-1", build: func(n *network) (named, want []string) {
		n.subnet("b", n.internet()) // usw1-az2
		return nil, []string{n.subnet("a", n.internet()), n.subnet("c", n.internet())}
	}, publicIP: true},
	"only a zone without Fargate": {region: "us-west-1", build: func(n *network) (named, want []string) {
		n.subnet("b", n.internet())
		return nil, nil
	}, err: "Fargate is not offered in this zone (usw1-az2)"},
	"named in a zone without Fargate": {region: "us-west-1", build: func(n *network) (named, want []string) {
		id := n.subnet("b", n.internet())
		return []string{id}, []string{id}
	}, publicIP: true, warnings: []string{"in one zone", "Fargate is not offered in this zone (usw1-az2)"}},
	"Outposts": {build: func(n *network) (named, want []string) {
		n.nat() // stands in one
		return nil, nil
	}, err: "it is on an Outpost, where Fargate is not offered"},
	"named on an Outpost": {build: func(n *network) (named, want []string) {
		return []string{n.subnetOf(&ec2.CreateSubnetInput{OutpostArn: aws.String("arn:aws:outposts:::outpost/op-1")})},
			nil
	}, err: "it is on an Outpost"},
	"a virtual private gateway may lead out": {build: func(n *network) (named, want []string) {
		return nil, []string{n.subnet("a", n.vgw())}
	}, warnings: []string{"leads to the virtual private gateway vgw-"}},
	"NAT comes before it": {build: func(n *network) (named, want []string) {
		n.subnet("a", n.vgw())
		return nil, []string{n.subnet("b", n.nat())}
	}},
	"a local gateway may lead out": {build: func(n *network) (named, want []string) {
		return nil, []string{n.subnet("a", &ec2.CreateRouteInput{LocalGatewayId: aws.String("lgw-1")})}
	}, warnings: []string{"leads to the local gateway lgw-1"}},
	"a transit gateway": {build: func(n *network) (named, want []string) {
		return nil, []string{n.subnet("a", n.tgw())}
	}},
	"a peering leads nowhere": {build: func(n *network) (named, want []string) {
		n.subnet("a", &ec2.CreateRouteInput{VpcPeeringConnectionId: aws.String("pcx-1")})
		return nil, nil
	}, err: "leads to the peering connection pcx-1"},
	"IPv6 alone": {build: func(n *network) (named, want []string) {
		n.subnetOf(&ec2.CreateSubnetInput{Ipv6Native: aws.Bool(true), Ipv6CidrBlock: aws.String("2001:db8::/64")},
			n.internet()) // its routes are no reason to leave it out
		return nil, []string{n.subnet("a", n.internet())}
	}, publicIP: true},
	"pending": {build: func(n *network) (named, want []string) {
		id := n.subnet("b", n.internet())
		n.server.SetLag(1000)
		n.subnet("a", n.internet())
		return nil, []string{id}
	}, publicIP: true},
	"named while it is pending": {build: func(n *network) (named, want []string) {
		n.server.SetLag(1000)
		return []string{n.subnet("a", n.internet())}, nil
	}, err: "it is pending"},
	"a default route in two halves": {build: func(n *network) (named, want []string) {
		return nil, []string{n.subnet("a", half("0.0.0.0/1", n.internet()), half("128.0.0.0/1", n.internet()))}
	}, publicIP: true},
	"half a default route": {build: func(n *network) (named, want []string) {
		n.subnet("a", half("0.0.0.0/1", n.internet()))
		return nil, nil
	}, err: "has no default route"},
	"halves come before the whole": {build: func(n *network) (named, want []string) {
		nat := n.nat()
		return nil, []string{n.subnet("a", n.internet(), half("0.0.0.0/1", nat), half("128.0.0.0/1", nat))}
	}},
	"shared by another account": {build: func(n *network) (named, want []string) {
		vpc, ids := n.server.ShareVPC("999988887777", false)
		n.vpc = &vpc
		return nil, ids
	}, publicIP: true},
	"shared without its routes": {build: func(n *network) (named, want []string) {
		vpc, ids := n.server.ShareVPC("999988887777", true)
		n.vpc = &vpc
		return nil, ids
	}, warnings: []string{"account 999988887777, which shares it", "account 999988887777, which shares it"}},
}

// TestSubnets finds, in networks as real accounts have them, the subnets in which tasks start and get out.
func TestSubnets(t *testing.T) {
	t.Parallel()
	for name, test := range subnetCases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			n := newNetwork(t, cmp.Or(test.region, "eu-west-1"))
			named, want := test.build(n)
			ways, err := provision.FindWays(t.Context(), provision.ClientsFor(n.server.Config(), nil),
				spec.Network{VPC: *n.vpc, Subnets: named})
			if test.err != "" {
				if err == nil || !strings.Contains(err.Error(), test.err) {
					t.Fatalf("got error %v, want one that says %q", err, test.err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			wantWays(t, ways, want, test)
		})
	}
}

func wantWays(t *testing.T, got provision.Ways, want []string, test subnetCase) {
	t.Helper()
	var ids []string
	for _, w := range got.Subnets {
		ids = append(ids, w.Subnet)
	}
	slices.Sort(ids)
	slices.Sort(want)
	if !slices.Equal(ids, want) || got.PublicIP != test.publicIP {
		t.Errorf("got subnets %v, public IP %v; want %v, %v", ids, got.PublicIP, want, test.publicIP)
	}
	if len(got.Warnings) != len(test.warnings) {
		t.Fatalf("got warnings %q, want %q", got.Warnings, test.warnings)
	}
	for i, part := range test.warnings {
		if !strings.Contains(got.Warnings[i], part) {
			t.Errorf("got warning %q, want it to say %q", got.Warnings[i], part)
		}
	}
}

// Without a default VPC those that there are are named.
func TestNoDefaultVPC(t *testing.T) {
	t.Parallel()
	n := newNetwork(t, "eu-west-1")
	found := do(n, n.ec2.DescribeVpcs, &ec2.DescribeVpcsInput{})
	for _, v := range found.Vpcs {
		if *v.IsDefault {
			n.deleteDefault(v.VpcId)
		}
	}
	_, err := provision.FindWays(t.Context(), provision.ClientsFor(n.server.Config(), nil), spec.Network{})
	if want := *n.vpc + " (10.0.0.0/16)"; err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("got error %v, want one that names %s", err, want)
	}
}

func (n *network) deleteDefault(vpc *string) {
	of := []types.Filter{{Name: aws.String("vpc-id"), Values: []string{*vpc}}}
	for _, s := range do(n, n.ec2.DescribeSubnets, &ec2.DescribeSubnetsInput{Filters: of}).Subnets {
		do(n, n.ec2.DeleteSubnet, &ec2.DeleteSubnetInput{SubnetId: s.SubnetId})
	}
	for _, g := range do(n, n.ec2.DescribeInternetGateways, &ec2.DescribeInternetGatewaysInput{}).InternetGateways {
		if len(g.Attachments) > 0 && *g.Attachments[0].VpcId == *vpc {
			do(n, n.ec2.DetachInternetGateway, &ec2.DetachInternetGatewayInput{InternetGatewayId: g.InternetGatewayId,
				VpcId: vpc})
		}
	}
	do(n, n.ec2.DeleteVpc, &ec2.DeleteVpcInput{VpcId: vpc})
}

// In a VPC that another account shares the printed policies suffice, with the owner in their ARNs.
func TestSharedVPCByThePolicy(t *testing.T) {
	t.Parallel()
	for name, subnets := range map[string]bool{"by its VPC": false, "by its subnets": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := enforcedAccount(t)
			vpc, ids := s.server.ShareVPC("999988887777", false)
			if s.spec.Network.VPC = vpc; subnets {
				s.spec.Network = spec.Network{Subnets: ids}
			}
			s.may(s.policyOf(provision.PolicyBootstrap))
			if err := s.try(t.Context()); err != nil {
				t.Fatal(err)
			}
			s.settled()
		})
	}
}
