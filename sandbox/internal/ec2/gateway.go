package ec2

import (
	"context"
	"time"

	"ecsctl/sandbox/internal/wire"
)

type internetGateway struct {
	InternetGatewayID string                 `xml:"internetGatewayId"`
	OwnerID           string                 `xml:"ownerId"`
	Attachments       wire.Items[attachment] `xml:"attachmentSet"`
	tagged
}

type attachment struct {
	VpcID string `xml:"vpcId"`
	State string `xml:"state"`
}

func (g *internetGateway) id() string { return g.InternetGatewayID }

// attach shows "available" for an attached gateway, as EC2 does, not the enum's "attached".
func (g *internetGateway) attach(vpcID string) {
	g.Attachments.Item = []attachment{{vpcID, "available"}}
}

func (g *internetGateway) attachedTo(vpcID string) bool {
	return len(g.Attachments.Item) > 0 && g.Attachments.Item[0].VpcID == vpcID
}

func (g *internetGateway) each(get func(attachment) string) []string {
	var out []string
	for _, a := range g.Attachments.Item {
		out = append(out, get(a))
	}
	return out
}

var igwFilters = filters[*internetGateway]{
	"internet-gateway-id": func(g *internetGateway) []string { return one(g.InternetGatewayID) },
	"owner-id":            func(g *internetGateway) []string { return one(g.OwnerID) },
	"attachment.vpc-id": func(g *internetGateway) []string {
		return g.each(func(a attachment) string { return a.VpcID })
	},
	"attachment.state": func(g *internetGateway) []string {
		return g.each(func(a attachment) string { return a.State })
	},
}

func (s *Service) handleGateways() {
	wire.HandleQuery(s.Query, "DescribeInternetGateways", s.describeIGWs)
	wire.HandleQuery(s.Query, "CreateInternetGateway", s.createIGW)
	wire.HandleQuery(s.Query, "AttachInternetGateway", s.attachIGW)
	wire.HandleQuery(s.Query, "DetachInternetGateway", s.detachIGW)
	wire.HandleQuery(s.Query, "DescribeNatGateways", s.describeNATs)
	wire.HandleQuery(s.Query, "CreateNatGateway", s.createNAT)
	wire.HandleQuery(s.Query, "AllocateAddress", s.allocateAddress)
}

type describeIGWsInput struct {
	IDs []string `query:"InternetGatewayId"`
	describe
}

type describeIGWsAnswer struct {
	Gateways  wire.Items[*internetGateway] `xml:"internetGatewaySet"`
	NextToken *string                      `xml:"nextToken,omitempty"`
}

func (s *Service) describeIGWs(_ context.Context, in *describeIGWsInput) (*describeIGWsAnswer, error) {
	found, next, err := igwFilters.find(s.igws, "igw", in.IDs, in.describe)
	return &describeIGWsAnswer{wire.Items[*internetGateway]{Item: found}, next}, err
}

type tagSpecs struct {
	TagSpecifications []tagSpecification `query:"TagSpecification"`
}

type createIGWAnswer struct {
	Gateway *internetGateway `xml:"internetGateway"`
}

func (s *Service) createIGW(_ context.Context, in *tagSpecs) (*createIGWAnswer, error) {
	tags, err := specified(in.TagSpecifications, "internet-gateway")
	if err != nil {
		return nil, err
	}
	return &createIGWAnswer{s.addInternetGateway(tags)}, nil
}

func (s *Service) addInternetGateway(tags []tag) *internetGateway {
	g := &internetGateway{InternetGatewayID: newID("igw"), OwnerID: s.account, tagged: tagsOf(tags)}
	s.igws = append(s.igws, g)
	return g
}

type attachIGWInput struct {
	InternetGatewayID string `query:"InternetGatewayId,required"`
	VpcID             string `query:"VpcId,required"`
}

func (s *Service) attachIGW(_ context.Context, in *attachIGWInput) (*done, error) {
	g, err := find(s.igws, "igw", in.InternetGatewayID)
	if err != nil {
		return nil, err
	}
	v, err := find(s.vpcs, "vpc", in.VpcID)
	if err != nil {
		return nil, err
	}
	for _, other := range s.igws {
		if other.attachedTo(v.VpcID) {
			return nil, wire.Errorf("InvalidParameterValue",
				"Network %s already has an internet gateway attached", v.VpcID)
		}
	}
	if len(g.Attachments.Item) > 0 {
		return nil, wire.Errorf("Resource.AlreadyAssociated", "resource %s is already attached to network %s",
			g.InternetGatewayID, g.Attachments.Item[0].VpcID)
	}
	g.attach(v.VpcID)
	return &done{true}, nil
}

func (s *Service) detachIGW(_ context.Context, in *attachIGWInput) (*done, error) {
	g, err := find(s.igws, "igw", in.InternetGatewayID)
	if err != nil {
		return nil, err
	}
	if !g.attachedTo(in.VpcID) {
		return nil, wire.Errorf("Gateway.NotAttached", "resource %s is not attached to network %s",
			g.InternetGatewayID, in.VpcID)
	}
	g.Attachments.Item = nil
	return &done{true}, nil
}

type natGateway struct {
	NatGatewayID     string `xml:"natGatewayId"`
	SubnetID         string `xml:"subnetId"`
	VpcID            string `xml:"vpcId"`
	State            string `xml:"state"`
	CreateTime       string `xml:"createTime"`
	ConnectivityType string `xml:"connectivityType"`
	tagged
}

func (g *natGateway) id() string { return g.NatGatewayID }

var natFilters = filters[*natGateway]{
	"nat-gateway-id": func(g *natGateway) []string { return one(g.NatGatewayID) },
	"vpc-id":         func(g *natGateway) []string { return one(g.VpcID) },
	"subnet-id":      func(g *natGateway) []string { return one(g.SubnetID) },
	"state":          func(g *natGateway) []string { return one(g.State) },
}

type describeNATsInput struct {
	IDs []string `query:"NatGatewayId"`
	describe
}

type describeNATsAnswer struct {
	Gateways  wire.Items[*natGateway] `xml:"natGatewaySet"`
	NextToken *string                 `xml:"nextToken,omitempty"`
}

func (s *Service) describeNATs(_ context.Context, in *describeNATsInput) (*describeNATsAnswer, error) {
	found, next, err := natFilters.find(s.nats, "nat", in.IDs, in.describe)
	return &describeNATsAnswer{wire.Items[*natGateway]{Item: found}, next}, err
}

type createNATInput struct {
	SubnetID         string `query:"SubnetId,required"`
	AllocationID     string `query:"AllocationId"`
	ConnectivityType string
	ClientToken      string
	tagSpecs
}

type createNATAnswer struct {
	Gateway     *natGateway `xml:"natGateway"`
	ClientToken string      `xml:"clientToken,omitempty"`
}

func (s *Service) createNAT(_ context.Context, in *createNATInput) (*createNATAnswer, error) {
	n, err := find(s.subnets, "subnet", in.SubnetID)
	if err != nil {
		return nil, err
	}
	if in.ConnectivityType == "" {
		in.ConnectivityType = "public"
	}
	if in.ConnectivityType == "public" {
		if in.AllocationID == "" {
			return nil, wire.Errorf("MissingParameter", "The request must include the AllocationId parameter. Add "+
				"the required parameter and retry the request.")
		}
		if _, err := find(s.addresses, "eipalloc", in.AllocationID); err != nil {
			return nil, err
		}
	}
	tags, err := specified(in.TagSpecifications, "natgateway")
	if err != nil {
		return nil, err
	}
	g, err := once(s, "CreateNatGateway", in.ClientToken, *in, func() (*natGateway, error) {
		return s.addNAT(in, n, tags), nil
	})
	return &createNATAnswer{g, in.ClientToken}, err
}

func (s *Service) addNAT(in *createNATInput, n *subnet, tags []tag) *natGateway {
	g := &natGateway{
		NatGatewayID: newID("nat"), SubnetID: n.SubnetID, VpcID: n.VpcID, State: "available",
		CreateTime: time.Now().UTC().Format(time.RFC3339), ConnectivityType: in.ConnectivityType, tagged: tagsOf(tags),
	}
	s.nats = append(s.nats, g)
	return g
}

type address struct {
	AllocationID string `xml:"allocationId"`
	PublicIP     string `xml:"publicIp"`
	Domain       string `xml:"domain"`
	tagged
}

func (a *address) id() string { return a.AllocationID }

type allocateInput struct {
	Domain string
	tagSpecs
}

func (s *Service) allocateAddress(_ context.Context, in *allocateInput) (*address, error) {
	if in.Domain != "" && in.Domain != "vpc" {
		return nil, wire.Errorf("InvalidParameterValue", "Invalid value '%s' for domain.", in.Domain)
	}
	tags, err := specified(in.TagSpecifications, "elastic-ip")
	if err != nil {
		return nil, err
	}
	a := &address{AllocationID: newID("eipalloc"), PublicIP: publicIP(len(s.addresses)), Domain: "vpc",
		tagged: tagsOf(tags)}
	s.addresses = append(s.addresses, a)
	return a, nil
}
