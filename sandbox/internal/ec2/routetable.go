package ec2

import (
	"context"
	"net/netip"

	"ecsctl/sandbox/internal/wire"
)

type routeTable struct {
	RouteTableID string                   `xml:"routeTableId"`
	VpcID        string                   `xml:"vpcId"`
	OwnerID      string                   `xml:"ownerId"`
	Routes       wire.Items[*route]       `xml:"routeSet"`
	Associations wire.Items[*association] `xml:"associationSet"`
	tagged
}

type route struct {
	Destination      string `xml:"destinationCidrBlock"`
	GatewayID        string `xml:"gatewayId,omitempty"`
	NatGatewayID     string `xml:"natGatewayId,omitempty"`
	TransitGatewayID string `xml:"transitGatewayId,omitempty"`
	State            string `xml:"state"`
	Origin           string `xml:"origin"`
}

type association struct {
	ID           string `xml:"routeTableAssociationId"`
	RouteTableID string `xml:"routeTableId"`
	SubnetID     string `xml:"subnetId,omitempty"`
	Main         bool   `xml:"main"`
	State        string `xml:"associationState>state"`
}

func (t *routeTable) id() string { return t.RouteTableID }

func (t *routeTable) isMain() bool {
	for _, a := range t.Associations.Item {
		if a.Main {
			return true
		}
	}
	return false
}

func (t *routeTable) each(get func(*association) string) []string {
	var out []string
	for _, a := range t.Associations.Item {
		out = append(out, get(a))
	}
	return out
}

func (t *routeTable) eachRoute(get func(*route) string) []string {
	var out []string
	for _, r := range t.Routes.Item {
		out = append(out, get(r))
	}
	return out
}

var tableFilters = filters[*routeTable]{
	"vpc-id":         func(t *routeTable) []string { return one(t.VpcID) },
	"route-table-id": func(t *routeTable) []string { return one(t.RouteTableID) },
	"owner-id":       func(t *routeTable) []string { return one(t.OwnerID) },
	"association.main": func(t *routeTable) []string {
		return t.each(func(a *association) string { return boolean(a.Main)[0] })
	},
	"association.subnet-id": func(t *routeTable) []string {
		return t.each(func(a *association) string { return a.SubnetID })
	},
	"association.route-table-association-id": func(t *routeTable) []string {
		return t.each(func(a *association) string { return a.ID })
	},
	"route.destination-cidr-block": func(t *routeTable) []string {
		return t.eachRoute(func(r *route) string { return r.Destination })
	},
	"route.gateway-id": func(t *routeTable) []string {
		return t.eachRoute(func(r *route) string { return r.GatewayID })
	},
	"route.nat-gateway-id": func(t *routeTable) []string {
		return t.eachRoute(func(r *route) string { return r.NatGatewayID })
	},
}

func (s *Service) handleRouteTables() {
	wire.HandleQuery(s.Query, "DescribeRouteTables", s.describeTables)
	wire.HandleQuery(s.Query, "CreateRouteTable", s.createTable)
	wire.HandleQuery(s.Query, "CreateRoute", s.createRoute)
	wire.HandleQuery(s.Query, "DeleteRoute", s.deleteRoute)
	wire.HandleQuery(s.Query, "AssociateRouteTable", s.associateTable)
}

type describeTablesInput struct {
	IDs []string `query:"RouteTableId"`
	describe
}

type describeTablesAnswer struct {
	Tables    wire.Items[*routeTable] `xml:"routeTableSet"`
	NextToken *string                 `xml:"nextToken,omitempty"`
}

func (s *Service) describeTables(_ context.Context, in *describeTablesInput) (*describeTablesAnswer, error) {
	found, next, err := tableFilters.find(s.tables, "rtb", in.IDs, in.describe)
	return &describeTablesAnswer{wire.Items[*routeTable]{Item: found}, next}, err
}

type createTableInput struct {
	VpcID             string `query:"VpcId,required"`
	ClientToken       string
	TagSpecifications []tagSpecification `query:"TagSpecification"`
}

type createTableAnswer struct {
	Table       *routeTable `xml:"routeTable"`
	ClientToken string      `xml:"clientToken,omitempty"`
}

func (s *Service) createTable(_ context.Context, in *createTableInput) (*createTableAnswer, error) {
	v, err := find(s.vpcs, "vpc", in.VpcID)
	if err != nil {
		return nil, err
	}
	tags, err := specified(in.TagSpecifications, "route-table")
	if err != nil {
		return nil, err
	}
	t, err := once(s, "CreateRouteTable", in.ClientToken, *in, func() (*routeTable, error) {
		return s.addTable(v, tags), nil
	})
	return &createTableAnswer{t, in.ClientToken}, err
}

func (s *Service) addTable(v *vpc, tags []tag) *routeTable {
	t := &routeTable{RouteTableID: newID("rtb"), VpcID: v.VpcID, OwnerID: s.account, tagged: tagsOf(tags)}
	t.Routes.Item = []*route{{Destination: v.CidrBlock, GatewayID: "local", State: "active",
		Origin: "CreateRouteTable"}}
	s.tables = append(s.tables, t)
	return t
}

func (s *Service) mainTable(vpcID string) *routeTable {
	for _, t := range s.tables {
		if t.VpcID == vpcID && t.isMain() {
			return t
		}
	}
	return nil
}

type createRouteInput struct {
	RouteTableID     string `query:"RouteTableId,required"`
	Destination      string `query:"DestinationCidrBlock,required"`
	GatewayID        string `query:"GatewayId"`
	NatGatewayID     string `query:"NatGatewayId"`
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
	t.Routes.Item = append(t.Routes.Item, &route{in.Destination, in.GatewayID, in.NatGatewayID,
		in.TransitGatewayID, "active", "CreateRoute"})
	return &done{true}, nil
}

func (s *Service) checkTarget(in *createRouteInput, vpc string) error {
	targets := 0
	for _, id := range []string{in.GatewayID, in.NatGatewayID, in.TransitGatewayID} {
		if id != "" {
			targets++
		}
	}
	switch {
	case targets != 1:
		return wire.Errorf("InvalidParameterCombination",
			"Exactly one of the route targets gatewayId, natGatewayId and transitGatewayId is needed")
	case in.TransitGatewayID != "":
		if !s.attached(in.TransitGatewayID, vpc) { // one that is there and not attached is not found either
			return notFound("tgw", in.TransitGatewayID)
		}
		return nil
	case in.GatewayID != "":
		_, err := find(s.igws, "igw", in.GatewayID)
		return err
	default:
		_, err := find(s.nats, "nat", in.NatGatewayID)
		return err
	}
}

type deleteRouteInput struct {
	RouteTableID string `query:"RouteTableId,required"`
	Destination  string `query:"DestinationCidrBlock,required"`
}

func (s *Service) deleteRoute(_ context.Context, in *deleteRouteInput) (*done, error) {
	t, err := find(s.tables, "rtb", in.RouteTableID)
	if err != nil {
		return nil, err
	}
	before := len(t.Routes.Item)
	t.Routes.Item = deleteWhere(t.Routes.Item, func(r *route) bool {
		return r.Destination == in.Destination &&
			r.GatewayID != "local"
	})
	if len(t.Routes.Item) == before {
		return nil, wire.Errorf("InvalidRoute.NotFound", "no route with destination-cidr-block %s in route table %s",
			in.Destination, t.RouteTableID)
	}
	return &done{true}, nil
}

type associateTableInput struct {
	RouteTableID string `query:"RouteTableId,required"`
	SubnetID     string `query:"SubnetId,required"`
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
	a := &association{newID("rtbassoc"), t.RouteTableID, subnetID, main, "associated"}
	t.Associations.Item = append(t.Associations.Item, a)
	return a
}

func (t *routeTable) disassociate(subnetID string) {
	t.Associations.Item = deleteWhere(t.Associations.Item, func(a *association) bool { return a.SubnetID == subnetID })
}
