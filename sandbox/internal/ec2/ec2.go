// Package ec2 keeps the network of an account as Amazon EC2 does: VPCs, subnets,
// routes, gateways, security groups and the interfaces of tasks.
package ec2

import (
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"sync"

	"ecsctl/sandbox/internal/lag"
	"ecsctl/sandbox/internal/wire"
)

// Service is EC2 in one region.
type Service struct {
	*wire.Query
	mu                         sync.Mutex
	partition, region, account string

	vpcs      []*vpc
	subnets   []*subnet
	tables    []*routeTable
	igws      []*internetGateway
	nats      []*natGateway
	vgws      []*vpnGateway
	addresses []*address
	transits  []*transitGateway
	// attachments are the VPCs of transit gateways.
	attachments []*transitAttachment
	groups      []*securityGroup
	interfaces  []*networkInterface
	endpoints   []*vpcEndpoint
	tokens      map[string]creation // by operation and client token
	lag         *lag.Lag            // by which new security groups are seen late
}

// New makes a region with the default VPC that every account begins with.
func New(partition, region, account string, late *lag.Lag) *Service {
	s := &Service{partition: partition, region: region, account: account, tokens: map[string]creation{}, lag: late}
	s.Query = wire.NewQuery(wire.Dialect{
		Namespace: "http://ec2.amazonaws.com/doc/2016-11-15/",
		EC2:       true,
		Missing:   "MissingParameter",
		Unknown:   wire.CodeNotImplemented,
	}, &s.mu)
	s.handleVPCs()
	s.handleSubnets()
	s.handleRouteTables()
	s.handleGateways()
	s.handleTransit()
	s.handleGroups()
	s.handleRules()
	s.handleVPNGateways()
	s.handleInterfaces()
	s.handleEndpoints()
	s.handleTags()
	s.seed()
	return s
}

// seed makes what AWS makes: a default VPC with a public subnet in each zone.
func (s *Service) seed() {
	v := s.addVPC("172.31.0.0/16", nil)
	v.IsDefault = true
	igw := s.addInternetGateway(nil)
	igw.attach(v.VpcID)
	main := s.mainTable(v.VpcID)
	main.Routes.Item = append(main.Routes.Item, &route{
		Destination: "0.0.0.0/0", GatewayID: igw.InternetGatewayID, Origin: "CreateRoute", State: "active",
	})
	for i, zone := range s.zones() {
		sub := s.addSubnet(v, fmt.Sprintf("172.31.%d.0/20", i*16), zone, nil)
		sub.DefaultForAz, sub.MapPublicIPOnLaunch = true, true
	}
}

func newID(prefix string) string {
	var b [9]byte
	_, _ = rand.Read(b[:]) // never fails
	return prefix + "-" + hex.EncodeToString(b[:])[:17]
}

func (s *Service) arn(resource string) string { return s.arnOf(s.account, resource) }

func (s *Service) arnOf(account, resource string) string {
	return fmt.Sprintf("arn:%s:ec2:%s:%s:%s", s.partition, s.region, account, resource)
}

type resource interface {
	id() string
	tags() *[]tag
}

// all lists every resource that has an id and tags.
func (s *Service) all() []resource {
	return slices.Concat(resources(s.vpcs), resources(s.subnets), resources(s.tables), resources(s.igws),
		resources(s.nats), resources(s.vgws), resources(s.addresses), resources(s.groups), resources(s.interfaces),
		resources(s.allRules()), resources(s.endpoints))
}

func resources[T resource](list []T) []resource {
	out := make([]resource, len(list))
	for i, r := range list {
		out[i] = r
	}
	return out
}

// kinds are how the errors for an unknown id begin and call the thing, by its prefix.
var kinds = map[string]struct{ code, noun string }{
	"vpc":        {"InvalidVpcID.NotFound", "vpc ID"},
	"subnet":     {"InvalidSubnetID.NotFound", "subnet ID"},
	"rtb":        {"InvalidRouteTableID.NotFound", "routeTable ID"},
	"igw":        {"InvalidInternetGatewayID.NotFound", "internetGateway ID"},
	"nat":        {"NatGatewayNotFound", "natGateway ID"},
	"vgw":        {"InvalidVpnGatewayID.NotFound", "vpnGateway ID"},
	"tgw":        {"InvalidTransitGatewayID.NotFound", "transitGateway ID"},
	"tgw-attach": {"InvalidTransitGatewayAttachmentID.NotFound", "transitGatewayAttachment ID"},
	"eipalloc":   {"InvalidAllocationID.NotFound", "allocation ID"},
	"sg":         {"InvalidGroup.NotFound", "security group"},
	"sgr":        {"InvalidSecurityGroupRuleId.NotFound", "security group rule ID"},
	"eni":        {"InvalidNetworkInterfaceID.NotFound", "networkInterface ID"},
	"vpce":       {"InvalidVpcEndpointId.NotFound", "Vpc Endpoint Id"},
}

// notFound is the error for an id that should be of one kind.
func notFound(kind, id string) *wire.Error {
	k := kinds[kind]
	return wire.Errorf(k.code, "The %s '%s' does not exist", k.noun, id)
}

func find[T resource](list []T, kind, id string) (T, error) {
	for _, r := range list {
		if r.id() == id {
			return r, nil
		}
	}
	var none T
	return none, notFound(kind, id)
}

func prefixOf(id string) string {
	prefix, _, _ := strings.Cut(id, "-")
	return prefix
}
