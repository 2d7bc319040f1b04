package ec2

import (
	"context"

	"ecsctl/sandbox/internal/wire"
)

// vpnGateway is a virtual private gateway: the VPC's side of a VPN or of Direct Connect.
type vpnGateway struct {
	ID          string                 `xml:"vpnGatewayId"`
	State       string                 `xml:"state"`
	Type        string                 `xml:"type"`
	Attachments wire.Items[attachment] `xml:"attachments"`
	tagged
}

func (g *vpnGateway) id() string { return g.ID }

func (s *Service) handleVPNGateways() {
	wire.HandleQuery(s.Query, "CreateVpnGateway", s.createVPNGateway)
	wire.HandleQuery(s.Query, "AttachVpnGateway", s.attachVPNGateway)
}

type createVPNGatewayInput struct {
	Type string
	tagSpecs
}

type createVPNGatewayAnswer struct {
	Gateway *vpnGateway `xml:"vpnGateway"`
}

func (s *Service) createVPNGateway(_ context.Context, in *createVPNGatewayInput) (*createVPNGatewayAnswer, error) {
	tags, err := specified(in.TagSpecifications, "vpn-gateway")
	if err != nil {
		return nil, err
	}
	g := &vpnGateway{ID: newID("vgw"), State: "available", Type: in.Type, tagged: tagsOf(tags)}
	s.vgws = append(s.vgws, g)
	return &createVPNGatewayAnswer{g}, nil
}

type attachVPNGatewayInput struct {
	ID    string `query:"VpnGatewayId,required"`
	VpcID string `query:"VpcId,required"`
}

type attachVPNGatewayAnswer struct {
	Attachment attachment `xml:"attachment"`
}

func (s *Service) attachVPNGateway(_ context.Context, in *attachVPNGatewayInput) (*attachVPNGatewayAnswer, error) {
	g, err := find(s.vgws, "vgw", in.ID)
	if err != nil {
		return nil, err
	}
	v, err := find(s.vpcs, "vpc", in.VpcID)
	if err != nil {
		return nil, err
	}
	a := attachment{VpcID: v.VpcID, State: "attached"}
	g.Attachments.Item = []attachment{a}
	return &attachVPNGatewayAnswer{a}, nil
}
