package ec2

import (
	"context"
	"net/netip"

	"ecsctl/sandbox/internal/wire"
)

type createRouteInput struct {
	RouteTableID     string `query:"RouteTableId,required"`
	Destination      string `query:"DestinationCidrBlock,required"`
	GatewayID        string `query:"GatewayId"`
	NatGatewayID     string `query:"NatGatewayId"`
	EndpointID       string `query:"VpcEndpointId"`
	LocalGatewayID   string `query:"LocalGatewayId"`
	PeeringID        string `query:"VpcPeeringConnectionId"`
	TransitGatewayID string `query:"TransitGatewayId"`
}

func (s *Service) createRoute(_ context.Context, in *createRouteInput) (*done, error) {
	t, err := find(s.tables, "rtb", in.RouteTableID)
	if err != nil {
		return nil, err
	}
	if _, err := netip.ParsePrefix(in.Destination); err != nil {
		return nil, wire.Errorf("InvalidParameterValue",
			"Value (%s) for parameter destinationCidrBlock is invalid. This is not a valid CIDR block.", in.Destination)
	}
	if err := s.checkTarget(in, t.VpcID); err != nil {
		return nil, err
	}
	for _, r := range t.Routes.Item {
		if r.Destination == in.Destination {
			return nil, wire.Errorf("RouteAlreadyExists", "The route identified by %s already exists.", in.Destination)
		}
	}
	r := &route{Destination: in.Destination, GatewayID: in.GatewayID, NatGatewayID: in.NatGatewayID,
		LocalGatewayID: in.LocalGatewayID, PeeringID: in.PeeringID, TransitGatewayID: in.TransitGatewayID,
		State: "active", Origin: "CreateRoute"}
	if in.EndpointID != "" {
		r.GatewayID = in.EndpointID // as DescribeRouteTables shows them
	}
	t.Routes.Item = append(t.Routes.Item, r)
	return &done{true}, nil
}

// checkTarget wants one target. Nothing makes local gateways and peerings here: any id of one is taken
// for one that is there.
func (s *Service) checkTarget(in *createRouteInput, vpc string) error {
	given := 0
	for _, id := range []string{in.GatewayID, in.NatGatewayID, in.EndpointID, in.LocalGatewayID, in.PeeringID,
		in.TransitGatewayID} {
		if id != "" {
			given++
		}
	}
	var err error
	switch {
	case given != 1:
		return wire.Errorf("InvalidParameterCombination", "Exactly one of the route targets is needed")
	case prefixOf(in.GatewayID) == "vgw":
		_, err = find(s.vgws, "vgw", in.GatewayID)
	case in.GatewayID != "":
		_, err = find(s.igws, "igw", in.GatewayID)
	case in.NatGatewayID != "":
		_, err = find(s.nats, "nat", in.NatGatewayID)
	case in.TransitGatewayID != "" && !s.attached(in.TransitGatewayID, vpc):
		return notFound("tgw", in.TransitGatewayID) // also when it is there and not attached
	case in.EndpointID != "":
		_, err = find(s.endpoints, "vpce", in.EndpointID)
	}
	return err
}

type associateTableInput struct {
	RouteTableID string `query:"RouteTableId,required"`
	SubnetID     string `query:"SubnetId"`
	GatewayID    string `query:"GatewayId"` // an internet gateway: routes of what comes in
}

type associateTableAnswer struct {
	ID    string `xml:"associationId"`
	State string `xml:"associationState>state"`
}

func (s *Service) associateTable(_ context.Context, in *associateTableInput) (*associateTableAnswer, error) {
	t, err := find(s.tables, "rtb", in.RouteTableID)
	if err != nil {
		return nil, err
	}
	if in.GatewayID != "" {
		if _, err := find(s.igws, "igw", in.GatewayID); err != nil {
			return nil, err
		}
		a := t.associate("", false)
		a.GatewayID = in.GatewayID
		return &associateTableAnswer{a.ID, a.State}, nil
	}
	n, err := find(s.subnets, "subnet", in.SubnetID)
	if err != nil {
		return nil, err
	}
	if n.VpcID != t.VpcID {
		return nil, wire.Errorf("InvalidParameterValue", "Route table %s and subnet %s belong to different networks",
			t.RouteTableID, n.SubnetID)
	}
	for _, other := range s.tables {
		for _, a := range other.Associations.Item {
			if a.SubnetID == n.SubnetID {
				return nil, wire.Errorf("Resource.AlreadyAssociated",
					"the specified association for route table %s conflicts with an existing association",
					t.RouteTableID)
			}
		}
	}
	a := t.associate(n.SubnetID, false)
	return &associateTableAnswer{a.ID, a.State}, nil
}

func (t *routeTable) associate(subnetID string, main bool) *association {
	a := &association{ID: newID("rtbassoc"), RouteTableID: t.RouteTableID, SubnetID: subnetID, Main: main,
		State: "associated"}
	t.Associations.Item = append(t.Associations.Item, a)
	return a
}
