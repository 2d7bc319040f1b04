package provision

import (
	"fmt"
	"net/netip"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
)

// exit is a subnet's way to the internet, as its route table has it.
type exit struct {
	kind  exitKind
	why   string // where kind is exitNone
	doubt string // why it may lead nowhere all the same
}

type exitKind int

const (
	exitNone    exitKind = iota // no default route, or one that leads nowhere
	exitPublic                  // an internet gateway: only addresses with a public IP get out
	exitPrivate                 // NAT, transit gateway, appliance: no public IP needed
)

// exitOf finds the default route of a subnet: in its own route table, else in the VPC's main one. The owner
// of a shared subnet may keep its tables to himself.
func exitOf(s types.Subnet, tables []types.RouteTable) exit {
	var main *types.RouteTable
	for _, table := range tables {
		for _, a := range table.Associations {
			if aws.ToString(a.SubnetId) == aws.ToString(s.SubnetId) {
				return defaultRoute(s, table, tables)
			}
			if aws.ToBool(a.Main) {
				main = &table
			}
		}
	}
	switch {
	case main != nil:
		return defaultRoute(s, *main, tables)
	case s.OwnerId == nil:
		return exit{why: "it has no route table"}
	}
	hidden := exit{kind: exitPrivate,
		doubt: fmt.Sprintf("account %s, which shares it, does not show its route table: that "+
			"tasks get out is taken for granted", *s.OwnerId)}
	if aws.ToBool(s.MapPublicIpOnLaunch) {
		hidden.kind = exitPublic
	}
	return hidden
}

// defaultRoute takes what all addresses have in common: 0.0.0.0/1 and 128.0.0.0/1, which come before
// 0.0.0.0/0, may lead to different places.
func defaultRoute(s types.Subnet, table types.RouteTable, tables []types.RouteTable) exit {
	targets := map[string]*types.Route{}
	for i := range table.Routes {
		targets[aws.ToString(table.Routes[i].DestinationCidrBlock)] = &table.Routes[i]
	}
	id := aws.ToString(table.RouteTableId)
	all := routeExit(s, targets["0.0.0.0/0"], id, tables)
	lower, upper := all, all
	if half := targets["0.0.0.0/1"]; half != nil {
		lower = routeExit(s, half, id, tables)
	}
	if half := targets["128.0.0.0/1"]; half != nil {
		upper = routeExit(s, half, id, tables)
	}
	switch {
	case lower.kind == exitNone:
		return lower
	case upper.kind == exitNone, upper.kind == exitPublic:
		return upper
	case lower.kind == exitPublic, lower.doubt != "":
		return lower
	}
	return upper
}

func routeExit(s types.Subnet, route *types.Route, table string, tables []types.RouteTable) exit {
	if route == nil {
		return exit{why: "its route table " + table + " has no default route"}
	}
	gateway := aws.ToString(route.GatewayId)
	switch {
	case route.State == types.RouteStateBlackhole:
		return exit{why: "the default route of " + table + " leads to something that was deleted"}
	case strings.HasPrefix(gateway, "igw-"):
		return exit{kind: exitPublic}
	case strings.HasPrefix(gateway, "vpce-") && comesBackThrough(gateway, s, tables):
		return exit{kind: exitPublic}
	case strings.HasPrefix(gateway, "vgw-"):
		return exit{kind: exitPrivate, doubt: behind(table, "virtual private gateway", gateway)}
	case route.LocalGatewayId != nil:
		return exit{kind: exitPrivate, doubt: behind(table, "local gateway", *route.LocalGatewayId)}
	case route.VpcPeeringConnectionId != nil:
		return exit{why: fmt.Sprintf("the default route of %s leads to the peering connection %s, by which no traffic "+
			"gets to another VPC's gateways", table, *route.VpcPeeringConnectionId)}
	}
	return exit{kind: exitPrivate}
}

func behind(table, kind, id string) string {
	return fmt.Sprintf("the default route of %s leads to the %s %s: tasks get out only if the network behind it lets "+
		"them", table, kind, id)
}

// comesBackThrough reports whether the internet gateway sends what is for the subnet to a firewall's endpoint:
// then nothing behind the firewall translates addresses, and the subnet's own must be public.
func comesBackThrough(endpoint string, s types.Subnet, tables []types.RouteTable) bool {
	block, err := netip.ParsePrefix(aws.ToString(s.CidrBlock))
	if err != nil {
		return false
	}
	for _, table := range tables {
		if !ofInternetGateway(table) {
			continue
		}
		for _, route := range table.Routes {
			to, err := netip.ParsePrefix(aws.ToString(route.DestinationCidrBlock))
			if err == nil && to.Bits() <= block.Bits() && to.Contains(block.Addr()) &&
				aws.ToString(route.GatewayId) == endpoint {
				return true
			}
		}
	}
	return false
}

func ofInternetGateway(table types.RouteTable) bool {
	for _, a := range table.Associations {
		if strings.HasPrefix(aws.ToString(a.GatewayId), "igw-") {
			return true
		}
	}
	return false
}
