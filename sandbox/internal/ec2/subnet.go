package ec2

import (
	"context"
	"net/netip"
	"slices"

	"ecsctl/sandbox/internal/wire"
)

type subnet struct {
	SubnetID                string `xml:"subnetId"`
	SubnetArn               string `xml:"subnetArn"`
	State                   string `xml:"state"`
	OwnerID                 string `xml:"ownerId"`
	VpcID                   string `xml:"vpcId"`
	CidrBlock               string `xml:"cidrBlock"`
	AvailableIPAddressCount int    `xml:"availableIpAddressCount"`
	AvailabilityZone        string `xml:"availabilityZone"`
	AvailabilityZoneID      string `xml:"availabilityZoneId"`
	DefaultForAz            bool   `xml:"defaultForAz"`
	MapPublicIPOnLaunch     bool   `xml:"mapPublicIpOnLaunch"`
	OutpostArn              string `xml:"outpostArn,omitempty"`
	IPv6Native              bool   `xml:"ipv6Native"`
	tagged
}

func (n *subnet) id() string { return n.SubnetID }

var subnetFilters = filters[*subnet]{
	"vpc-id":                  func(n *subnet) []string { return one(n.VpcID) },
	"subnet-id":               func(n *subnet) []string { return one(n.SubnetID) },
	"state":                   func(n *subnet) []string { return one(n.State) },
	"availability-zone":       func(n *subnet) []string { return one(n.AvailabilityZone) },
	"availabilityZone":        func(n *subnet) []string { return one(n.AvailabilityZone) },
	"availability-zone-id":    func(n *subnet) []string { return one(n.AvailabilityZoneID) },
	"cidr-block":              func(n *subnet) []string { return one(n.CidrBlock) },
	"default-for-az":          func(n *subnet) []string { return boolean(n.DefaultForAz) },
	"defaultForAz":            func(n *subnet) []string { return boolean(n.DefaultForAz) },
	"map-public-ip-on-launch": func(n *subnet) []string { return boolean(n.MapPublicIPOnLaunch) },
	"owner-id":                func(n *subnet) []string { return one(n.OwnerID) },
}

func (s *Service) handleSubnets() {
	wire.HandleQuery(s.Query, "DescribeSubnets", s.describeSubnets)
	wire.HandleQuery(s.Query, "CreateSubnet", s.createSubnet)
	wire.HandleQuery(s.Query, "DeleteSubnet", s.deleteSubnet)
	wire.HandleQuery(s.Query, "ModifySubnetAttribute", s.modifySubnet)
}

type describeSubnetsInput struct {
	SubnetIDs []string `query:"SubnetId"`
	describe
}

type describeSubnetsAnswer struct {
	Subnets   wire.Items[*subnet] `xml:"subnetSet"`
	NextToken *string             `xml:"nextToken,omitempty"`
}

func (s *Service) describeSubnets(_ context.Context, in *describeSubnetsInput) (*describeSubnetsAnswer, error) {
	found, next, err := subnetFilters.find(s.subnets, "subnet", in.SubnetIDs, in.describe)
	shown := make([]*subnet, len(found))
	for i, n := range found {
		shown[i] = s.now(n)
	}
	return &describeSubnetsAnswer{wire.Items[*subnet]{Item: shown}, next}, err
}

// now is a subnet as it is shown: with the addresses that are free, and pending while it is new.
func (s *Service) now(n *subnet) *subnet {
	shown := *n
	shown.AvailableIPAddressCount = s.freeAddresses(n)
	if s.lag.Behind(n.SubnetID) {
		shown.State = "pending"
	}
	return &shown
}

type createSubnetInput struct {
	VpcID             string `query:"VpcId,required"`
	CidrBlock         string
	AvailabilityZone  string
	OutpostArn        string
	IPv6Native        bool               `query:"Ipv6Native"`
	IPv6CidrBlock     string             `query:"Ipv6CidrBlock"`
	TagSpecifications []tagSpecification `query:"TagSpecification"`
}

type createSubnetAnswer struct {
	Subnet *subnet `xml:"subnet"`
}

func (s *Service) createSubnet(_ context.Context, in *createSubnetInput) (*createSubnetAnswer, error) {
	v, err := find(s.vpcs, "vpc", in.VpcID)
	if err != nil {
		return nil, err
	}
	if err := s.checkBlocks(v, in); err != nil {
		return nil, err
	}
	zones := s.zones()
	if in.AvailabilityZone != "" {
		zones = slices.DeleteFunc(zones, func(z *zone) bool { return z.ZoneName != in.AvailabilityZone })
	}
	if len(zones) == 0 {
		return nil, wire.Errorf("InvalidParameterValue", "Value (%s) for parameter availabilityZone is invalid. "+
			"Subnets can currently only be created in the following availability zones: %s.", in.AvailabilityZone,
			s.region+"a, "+s.region+"b, "+s.region+"c")
	}
	tags, err := specified(in.TagSpecifications, "subnet")
	if err != nil {
		return nil, err
	}
	n := s.addSubnet(v, in.CidrBlock, zones[0], tags)
	n.OutpostArn, n.IPv6Native = in.OutpostArn, in.IPv6Native
	s.lag.Changed(n.SubnetID)
	return &createSubnetAnswer{s.now(n)}, nil
}

// checkBlocks refuses the IPv4 block of a subnet that has none, and one that does not fit.
func (s *Service) checkBlocks(v *vpc, in *createSubnetInput) error {
	switch {
	case in.IPv6Native && in.CidrBlock != "":
		return wire.Errorf("InvalidParameterCombination",
			"The parameter CidrBlock cannot be used with the parameter Ipv6Native")
	case in.IPv6Native && in.IPv6CidrBlock == "":
		return wire.Errorf("MissingParameter", "The request must contain the parameter Ipv6CidrBlock")
	case in.IPv6Native:
		return nil
	case in.CidrBlock == "":
		return wire.Errorf("MissingParameter", "The request must contain the parameter CidrBlock")
	}
	return s.checkBlock(v, in.CidrBlock)
}

func (s *Service) checkBlock(v *vpc, cidr string) error {
	block, err := netip.ParsePrefix(cidr)
	if err != nil {
		return wire.Errorf("InvalidParameterValue",
			"Value (%s) for parameter cidrBlock is invalid. This is not a valid CIDR block.", cidr)
	}
	outer := netip.MustParsePrefix(v.CidrBlock)
	if block.Bits() < outer.Bits() || block.Bits() > 28 || !outer.Contains(block.Addr()) {
		return wire.Errorf("InvalidSubnet.Range", "The CIDR '%s' is invalid.", cidr)
	}
	for _, other := range s.subnets {
		if other.VpcID == v.VpcID && !other.IPv6Native && netip.MustParsePrefix(other.CidrBlock).Overlaps(block) {
			return wire.Errorf("InvalidSubnet.Conflict", "The CIDR '%s' conflicts with another subnet", cidr)
		}
	}
	return nil
}

func (s *Service) addSubnet(v *vpc, cidr string, z *zone, tags []tag) *subnet {
	id := newID("subnet")
	n := &subnet{
		SubnetID: id, SubnetArn: s.arnOf(v.OwnerID, "subnet/"+id), State: "available", OwnerID: v.OwnerID,
		VpcID: v.VpcID, CidrBlock: cidr, AvailabilityZone: z.ZoneName, AvailabilityZoneID: z.ZoneID,
		tagged: tagsOf(tags),
	}
	s.subnets = append(s.subnets, n)
	return n
}

type subnetRef struct {
	SubnetID string `query:"SubnetId,required"`
}

func (s *Service) deleteSubnet(_ context.Context, in *subnetRef) (*done, error) {
	n, err := find(s.subnets, "subnet", in.SubnetID)
	if err != nil {
		return nil, err
	}
	for _, i := range s.interfaces {
		if i.SubnetID == n.SubnetID {
			return nil, wire.Errorf("DependencyViolation",
				"The subnet '%s' has dependencies and cannot be deleted.", n.SubnetID)
		}
	}
	s.subnets = without(s.subnets, n)
	for _, t := range s.tables {
		t.disassociate(n.SubnetID)
	}
	return &done{true}, nil
}

type modifySubnetInput struct {
	SubnetID            string `query:"SubnetId,required"`
	MapPublicIPOnLaunch struct {
		Value *bool
	} `query:"MapPublicIpOnLaunch"`
}

func (s *Service) modifySubnet(_ context.Context, in *modifySubnetInput) (*done, error) {
	n, err := find(s.subnets, "subnet", in.SubnetID)
	if err != nil {
		return nil, err
	}
	if in.MapPublicIPOnLaunch.Value != nil {
		n.MapPublicIPOnLaunch = *in.MapPublicIPOnLaunch.Value
	}
	return &done{true}, nil
}

func without[T comparable](list []T, gone T) []T {
	return deleteWhere(list, func(t T) bool { return t == gone })
}

func deleteWhere[T any](list []T, gone func(T) bool) []T { return slices.DeleteFunc(list, gone) }
