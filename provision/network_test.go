package provision

import (
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/google/go-cmp/cmp"
)

// The subnets of the tables, named by zone and way out.
var (
	privateA = subnet{id: "subnet-private-a", vpc: "vpc-1", zone: "eu-west-1a", out: exit{kind: exitPrivate}}
	privateB = subnet{id: "subnet-private-b", vpc: "vpc-1", zone: "eu-west-1b", out: exit{kind: exitPrivate}}
	publicA  = subnet{id: "subnet-public-a", vpc: "vpc-1", zone: "eu-west-1a", out: exit{kind: exitPublic}}
	publicB  = subnet{id: "subnet-public-b", vpc: "vpc-1", zone: "eu-west-1b", out: exit{kind: exitPublic}}
	closedA  = subnet{id: "subnet-closed-a", vpc: "vpc-1", zone: "eu-west-1a",
		out: exit{why: "its route table rtb-1 has no default route"}}
	closedB = subnet{id: "subnet-closed-b", vpc: "vpc-1", zone: "eu-west-1b",
		out: exit{why: "its route table rtb-1 has no default route"}}
	localB = subnet{id: "subnet-local", vpc: "vpc-1", zone: "us-west-2-lax-1a", out: exit{kind: exitPrivate},
		misfit: misfit{why: noFargate}}
	wave = subnet{id: "subnet-wave", vpc: "vpc-1", zone: "us-east-1-wl1-bos-wlz-1", out: exit{kind: exitPublic},
		misfit: misfit{why: noFargate}}
	foreign = subnet{id: "subnet-foreign", vpc: "vpc-2", zone: "eu-west-1a", out: exit{kind: exitPublic}}
)

func TestChooseSubnets(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		all      []subnet
		want     []string
		publicIP bool
	}{
		"private goes first": {[]subnet{publicA, privateA, publicB, privateB},
			[]string{"subnet-private-a", "subnet-private-b"}, false},
		"closed ones are left out": {[]subnet{closedA, privateA, privateB, closedB},
			[]string{"subnet-private-a", "subnet-private-b"}, false},
		"public when there is no private": {[]subnet{publicA, publicB, closedA},
			[]string{"subnet-public-a", "subnet-public-b"}, true},
		"two public zones beat one private": {[]subnet{privateA, publicA, publicB},
			[]string{"subnet-public-a", "subnet-public-b"}, true},
		"one private zone where there is one":  {[]subnet{privateA, publicA}, []string{"subnet-private-a"}, false},
		"private and public of one zone each":  {[]subnet{privateA, publicB}, []string{"subnet-private-a"}, false},
		"one public zone":                      {[]subnet{publicA}, []string{"subnet-public-a"}, true},
		"local and wavelength zones do not do": {[]subnet{localB, wave, publicA}, []string{"subnet-public-a"}, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := chooseSubnets("vpc-1", test.all)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.want, got.subnetIDs()); diff != "" || got.publicIP != test.publicIP ||
				got.vpc != "vpc-1" {
				t.Errorf("subnets (-want +got):\n%s\npublic IP %v, VPC %s", diff, got.publicIP, got.vpc)
			}
		})
	}
}

func TestChooseSubnetsInVain(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		all  []subnet
		want []string
	}{
		"no subnets": {nil, []string{`VPC "vpc-1" has no subnets`}},
		"no way out": {[]subnet{closedB, closedA},
			[]string{"subnet-closed-a (eu-west-1a): its route table rtb-1 has no default route; subnet-closed-b"}},
		"odd zones only": {[]subnet{localB},
			[]string{"subnet-local (us-west-2-lax-1a): Fargate is not offered in this zone"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := chooseSubnets("vpc-1", test.all)
			wantError(t, err, test.want...)
		})
	}
}

func TestTakeSubnets(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		named, all []subnet
		publicIP   bool
		warnings   []string
	}{
		"two zones":   {[]subnet{privateA, privateB}, []subnet{privateA, privateB}, false, nil},
		"public ones": {[]subnet{publicA, publicB}, []subnet{publicA, publicB}, true, nil},
		"one alone is meant so": {[]subnet{privateA}, []subnet{privateA, privateB}, false,
			[]string{"all tasks will be in one zone, eu-west-1a"}},
		"only one zone exists": {[]subnet{privateA, publicA}, []subnet{privateA, publicA}, true,
			[]string{"all tasks will be in one zone, eu-west-1a"}},
		"no way out": {[]subnet{closedA, privateB}, []subnet{closedA, privateB}, false,
			[]string{"subnet subnet-closed-a has no way out (its route table rtb-1 has no default route): tasks " +
				"there reach Prefect and the image registry only through VPC endpoints"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := takeSubnets("vpc-1", test.named, test.all)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.warnings, got.warnings); diff != "" || got.publicIP != test.publicIP {
				t.Errorf("warnings (-want +got):\n%s\npublic IP %v", diff, got.publicIP)
			}
		})
	}
}

func TestTakeSubnetsRefuses(t *testing.T) {
	t.Parallel()
	_, err := takeSubnets("vpc-1", []subnet{privateA, foreign}, []subnet{privateA, privateB})
	wantError(t, err, `subnet "subnet-foreign" is not in VPC "vpc-1" but in "vpc-2"`)
	_, err = takeSubnets("vpc-1", []subnet{privateA, publicA}, []subnet{privateA, publicA, privateB})
	wantError(t, err, "subnets subnet-private-a, subnet-public-a are all in the zone eu-west-1a")
	wantHint(t, err, "subnet-private-b (eu-west-1b)")
}

// table is a route table with one route beside the local one.
func table(id string, route types.Route, associations ...types.RouteTableAssociation) types.RouteTable {
	local := types.Route{DestinationCidrBlock: aws.String("10.0.0.0/16"), GatewayId: aws.String("local")}
	return types.RouteTable{RouteTableId: &id, Routes: []types.Route{local, route}, Associations: associations}
}

func TestExitOf(t *testing.T) {
	t.Parallel()
	all := aws.String("0.0.0.0/0")
	main := types.RouteTableAssociation{Main: aws.Bool(true)}
	own := types.RouteTableAssociation{SubnetId: aws.String("subnet-1")}
	other := types.RouteTableAssociation{SubnetId: aws.String("subnet-2")}
	igw := types.Route{DestinationCidrBlock: all, GatewayId: aws.String("igw-1")}
	nat := types.Route{DestinationCidrBlock: all, NatGatewayId: aws.String("nat-1")}
	for name, test := range map[string]struct {
		tables []types.RouteTable
		want   exit
	}{
		"internet gateway": {[]types.RouteTable{table("rtb-1", igw, own)}, exit{kind: exitPublic}},
		"NAT":              {[]types.RouteTable{table("rtb-1", nat, own)}, exit{kind: exitPrivate}},
		"transit gateway": {[]types.RouteTable{table("rtb-1", types.Route{
			DestinationCidrBlock: all, TransitGatewayId: aws.String("tgw-1"),
		}, own)}, exit{kind: exitPrivate}},
		"appliance": {[]types.RouteTable{table("rtb-1", types.Route{
			DestinationCidrBlock: all, NetworkInterfaceId: aws.String("eni-1"),
		}, own)}, exit{kind: exitPrivate}},
		"main table": {[]types.RouteTable{table("rtb-1", nat, other), table("rtb-2", igw, main)},
			exit{kind: exitPublic}},
		"own table beats main": {[]types.RouteTable{table("rtb-1", igw, main), table("rtb-2", nat, own)},
			exit{kind: exitPrivate}},
		"no default route": {[]types.RouteTable{table("rtb-1", types.Route{
			DestinationCidrBlock: aws.String("10.1.0.0/16"), GatewayId: aws.String("vgw-1"),
		}, own)},
			exit{why: "its route table rtb-1 has no default route"}},
		"blackhole": {[]types.RouteTable{table("rtb-1", types.Route{
			DestinationCidrBlock: all, NatGatewayId: aws.String("nat-1"), State: types.RouteStateBlackhole,
		}, own)},
			exit{why: "the default route of rtb-1 leads to something that was deleted"}},
		"no table at all": {nil, exit{why: "it has no route table"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := exitOf(types.Subnet{SubnetId: aws.String("subnet-1")}, test.tables); got != test.want {
				t.Errorf("got %+v, want %+v", got, test.want)
			}
		})
	}
}

// The zone pattern knows the zones of all partitions.
func TestStandardZone(t *testing.T) {
	t.Parallel()
	for zone, want := range map[string]bool{
		"eu-west-1a": true, "us-gov-west-1b": true, "cn-north-1a": true, "ap-southeast-5c": true,
		"eusc-de-east-1a":  true,
		"us-west-2-lax-1a": false, "us-east-1-wl1-bos-wlz-1": false, "": false,
	} {
		if got := misfitOf(types.Subnet{AvailabilityZone: &zone}).why == ""; got != want {
			t.Errorf("zone %q: got %v, want %v", zone, got, want)
		}
	}
}

func wantError(t *testing.T, err error, parts ...string) {
	t.Helper()
	if err == nil {
		t.Fatalf("no error, want one that says %q", parts)
	}
	for _, part := range parts {
		if !strings.Contains(err.Error(), part) {
			t.Errorf("got error %q, want it to say %q", err, part)
		}
	}
}
