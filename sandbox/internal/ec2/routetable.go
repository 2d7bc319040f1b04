package ec2

import (
	"context"
	"slices"

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
	LocalGatewayID   string `xml:"localGatewayId,omitempty"`
	PeeringID        string `xml:"vpcPeeringConnectionId,omitempty"`
	TransitGatewayID string `xml:"transitGatewayId,omitempty"`
	State            string `xml:"state"`
	Origin           string `xml:"origin"`
}

type association struct {
	ID           string `xml:"routeTableAssociationId"`
	RouteTableID string `xml:"routeTableId"`
	SubnetID     string `xml:"subnetId,omitempty"`
	GatewayID    string `xml:"gatewayId,omitempty"`
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
	seen := slices.DeleteFunc(slices.Clone(s.tables), func(t *routeTable) bool {
		v, err := find(s.vpcs, "vpc", t.VpcID)
		return err == nil && v.hidesRoutes
	})
	found, next, err := tableFilters.find(seen, "rtb", in.IDs, in.describe)
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
	t := &routeTable{RouteTableID: newID("rtb"), VpcID: v.VpcID, OwnerID: v.OwnerID, tagged: tagsOf(tags)}
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

func (t *routeTable) disassociate(subnetID string) {
	t.Associations.Item = deleteWhere(t.Associations.Item, func(a *association) bool { return a.SubnetID == subnetID })
}
