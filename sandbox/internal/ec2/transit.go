package ec2

import (
	"context"
	"slices"

	"ecsctl/sandbox/internal/wire"
)

// transitGateway joins VPCs with each other and with networks elsewhere. A route to one is taken to lead out: what
// is behind it is another account's, as a rule.
type transitGateway struct {
	TransitGatewayID string `xml:"transitGatewayId"`
	OwnerID          string `xml:"ownerId"`
	State            string `xml:"state"`
	tagged
}

func (g *transitGateway) id() string { return g.TransitGatewayID }

// transitAttachment is what lets routes of a VPC name the gateway.
type transitAttachment struct {
	AttachmentID     string             `xml:"transitGatewayAttachmentId"`
	TransitGatewayID string             `xml:"transitGatewayId"`
	VpcID            string             `xml:"vpcId"`
	State            string             `xml:"state"`
	Subnets          wire.Items[string] `xml:"subnetIds"`
	tagged
}

func (a *transitAttachment) id() string { return a.AttachmentID }

func (s *Service) handleTransit() {
	wire.HandleQuery(s.Query, "CreateTransitGateway", s.createTransit)
	wire.HandleQuery(s.Query, "CreateTransitGatewayVpcAttachment", s.attachTransit)
	wire.HandleQuery(s.Query, "DeleteTransitGatewayVpcAttachment", s.detachTransit)
}

type createTransitInput struct {
	Description string
	tagSpecs
}

type createTransitAnswer struct {
	Gateway *transitGateway `xml:"transitGateway"`
}

func (s *Service) createTransit(_ context.Context, in *createTransitInput) (*createTransitAnswer, error) {
	tags, err := specified(in.TagSpecifications, "transit-gateway")
	if err != nil {
		return nil, err
	}
	g := &transitGateway{TransitGatewayID: newID("tgw"), OwnerID: s.account, State: "available", tagged: tagsOf(tags)}
	s.transits = append(s.transits, g)
	return &createTransitAnswer{g}, nil
}

type attachTransitInput struct {
	TransitGatewayID string   `query:"TransitGatewayId,required"`
	VpcID            string   `query:"VpcId,required"`
	SubnetIDs        []string `query:"SubnetIds"`
	tagSpecs
}

type attachTransitAnswer struct {
	Attachment *transitAttachment `xml:"transitGatewayVpcAttachment"`
}

func (s *Service) attachTransit(_ context.Context, in *attachTransitInput) (*attachTransitAnswer, error) {
	if _, err := find(s.transits, "tgw", in.TransitGatewayID); err != nil {
		return nil, err
	}
	if _, err := find(s.vpcs, "vpc", in.VpcID); err != nil {
		return nil, err
	}
	if len(in.SubnetIDs) == 0 {
		return nil, wire.Errorf("MissingParameter", "The request must contain the parameter SubnetIds")
	}
	for _, id := range in.SubnetIDs {
		n, err := find(s.subnets, "subnet", id)
		if err != nil {
			return nil, err
		}
		if n.VpcID != in.VpcID {
			return nil, wire.Errorf("InvalidParameterValue", "Subnet %s is not in VPC %s.", id, in.VpcID)
		}
	}
	if s.attached(in.TransitGatewayID, in.VpcID) {
		return nil, wire.Errorf("DuplicateTransitGatewayAttachment", "%s has non-deleted Transit Gateway Attachments "+
			"with same VPC ID.", in.TransitGatewayID)
	}
	tags, err := specified(in.TagSpecifications, "transit-gateway-attachment")
	if err != nil {
		return nil, err
	}
	a := &transitAttachment{AttachmentID: newID("tgw-attach"), TransitGatewayID: in.TransitGatewayID, VpcID: in.VpcID,
		State: "available", Subnets: wire.Items[string]{Item: in.SubnetIDs}, tagged: tagsOf(tags)}
	s.attachments = append(s.attachments, a)
	return &attachTransitAnswer{a}, nil
}

func (s *Service) attached(gateway, vpc string) bool {
	return slices.ContainsFunc(s.attachments, func(a *transitAttachment) bool {
		return a.TransitGatewayID == gateway && a.VpcID == vpc
	})
}

type detachTransitInput struct {
	AttachmentID string `query:"TransitGatewayAttachmentId,required"`
}

// detachTransit leaves the routes to the gateway, which lead nowhere then.
func (s *Service) detachTransit(_ context.Context, in *detachTransitInput) (*attachTransitAnswer, error) {
	a, err := find(s.attachments, "tgw-attach", in.AttachmentID)
	if err != nil {
		return nil, err
	}
	for _, t := range s.tables {
		for _, r := range t.Routes.Item {
			if t.VpcID == a.VpcID && r.TransitGatewayID == a.TransitGatewayID {
				r.State = "blackhole"
			}
		}
	}
	s.attachments = deleteWhere(s.attachments, func(one *transitAttachment) bool { return one == a })
	a.State = "deleting"
	return &attachTransitAnswer{a}, nil
}
