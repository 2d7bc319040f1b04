package ec2

import (
	"context"
	"net/netip"
	"slices"

	"ecsctl/sandbox/internal/wire"
)

type vpc struct {
	VpcID           string `xml:"vpcId"`
	OwnerID         string `xml:"ownerId"`
	State           string `xml:"state"`
	CidrBlock       string `xml:"cidrBlock"`
	DhcpOptionsID   string `xml:"dhcpOptionsId"`
	InstanceTenancy string `xml:"instanceTenancy"`
	IsDefault       bool   `xml:"isDefault"`
	hidesRoutes     bool   // it is another account's, which does not let its route tables be seen
	tagged
}

func (v *vpc) id() string { return v.VpcID }

var vpcFilters = filters[*vpc]{
	"vpc-id":     func(v *vpc) []string { return one(v.VpcID) },
	"state":      func(v *vpc) []string { return one(v.State) },
	"cidr":       func(v *vpc) []string { return one(v.CidrBlock) },
	"cidr-block": func(v *vpc) []string { return one(v.CidrBlock) },
	"owner-id":   func(v *vpc) []string { return one(v.OwnerID) },
	"isDefault":  func(v *vpc) []string { return boolean(v.IsDefault) },
	"is-default": func(v *vpc) []string { return boolean(v.IsDefault) },
}

func (s *Service) handleVPCs() {
	wire.HandleQuery(s.Query, "DescribeVpcs", s.describeVPCs)
	wire.HandleQuery(s.Query, "CreateVpc", s.createVPC)
	wire.HandleQuery(s.Query, "DeleteVpc", s.deleteVPC)
	wire.HandleQuery(s.Query, "DescribeAvailabilityZones", s.describeZones)
	wire.HandleQuery(s.Query, "DescribeRegions", s.describeRegions)
}

type describeVPCsInput struct {
	VpcIDs []string `query:"VpcId"`
	describe
}

type describeVPCsAnswer struct {
	Vpcs      wire.Items[*vpc] `xml:"vpcSet"`
	NextToken *string          `xml:"nextToken,omitempty"`
}

func (s *Service) describeVPCs(ctx context.Context, in *describeVPCsInput) (*describeVPCsAnswer, error) {
	found, next, err := vpcFilters.find(s.vpcs, "vpc", in.VpcIDs, in.describe)
	if wire.Unfiltered(ctx) && in.VpcIDs == nil {
		slices.Reverse(found) // the default one, which is made first, comes last
	}
	return &describeVPCsAnswer{wire.Items[*vpc]{Item: found}, next}, err
}

type createVPCInput struct {
	CidrBlock         string             `query:"CidrBlock,required"`
	TagSpecifications []tagSpecification `query:"TagSpecification"`
}

type createVPCAnswer struct {
	Vpc *vpc `xml:"vpc"`
}

func (s *Service) createVPC(_ context.Context, in *createVPCInput) (*createVPCAnswer, error) {
	block, err := netip.ParsePrefix(in.CidrBlock)
	if err != nil || block.Bits() < 16 || block.Bits() > 28 {
		return nil, wire.Errorf("InvalidVpc.Range", "The CIDR '%s' is invalid.", in.CidrBlock)
	}
	tags, err := specified(in.TagSpecifications, "vpc")
	if err != nil {
		return nil, err
	}
	return &createVPCAnswer{s.addVPC(in.CidrBlock, tags)}, nil
}

// addVPC makes a VPC with what comes with it: a main route table and a default group.
func (s *Service) addVPC(cidr string, tags []tag) *vpc {
	v := &vpc{
		VpcID: newID("vpc"), OwnerID: s.account, State: "available", CidrBlock: cidr,
		DhcpOptionsID: "dopt-0000000000000sand", InstanceTenancy: "default", tagged: tagsOf(tags),
	}
	s.vpcs = append(s.vpcs, v)
	s.addTable(v, nil).associate("", true)
	g := s.addGroup("default", "default VPC security group", v.VpcID, nil)
	s.addRule(g, &rule{IPProtocol: "-1", FromPort: -1, ToPort: -1, Referenced: &groupRef{
		GroupID: g.GroupID, UserID: s.account,
	}})
	return v
}

func (s *Service) deleteVPC(_ context.Context, in *vpcRef) (*done, error) {
	v, err := find(s.vpcs, "vpc", in.VpcID)
	if err != nil {
		return nil, err
	}
	if s.vpcInUse(v.VpcID) {
		return nil, wire.Errorf("DependencyViolation", "The vpc '%s' has dependencies and cannot be deleted.", v.VpcID)
	}
	s.vpcs = without(s.vpcs, v)
	s.tables = deleteWhere(s.tables, func(t *routeTable) bool { return t.VpcID == v.VpcID })
	s.groups = deleteWhere(s.groups, func(g *securityGroup) bool { return g.VpcID == v.VpcID })
	return &done{true}, nil
}

type vpcRef struct {
	VpcID string `query:"VpcId,required"`
}

func (s *Service) vpcInUse(id string) bool {
	for _, sub := range s.subnets {
		if sub.VpcID == id {
			return true
		}
	}
	for _, g := range s.groups {
		if g.VpcID == id && g.GroupName != "default" {
			return true
		}
	}
	for _, t := range s.tables {
		if t.VpcID == id && !t.isMain() {
			return true
		}
	}
	for _, igw := range s.igws {
		if igw.attachedTo(id) {
			return true
		}
	}
	return false
}
