package ec2

import (
	"context"
	"strings"
	"time"

	"ecsctl/sandbox/internal/wire"
)

// vpcEndpoint is a way to a service of AWS that does not leave the VPC.
type vpcEndpoint struct {
	ID                string                    `xml:"vpcEndpointId"`
	Type              string                    `xml:"vpcEndpointType"`
	VpcID             string                    `xml:"vpcId"`
	ServiceName       string                    `xml:"serviceName"`
	State             string                    `xml:"state"`
	PrivateDNSEnabled bool                      `xml:"privateDnsEnabled"`
	RouteTableIDs     wire.Items[string]        `xml:"routeTableIdSet"`
	SubnetIDs         wire.Items[string]        `xml:"subnetIdSet"`
	Groups            wire.Items[endpointGroup] `xml:"groupSet"`
	Created           string                    `xml:"creationTimestamp"`
	OwnerID           string                    `xml:"ownerId"`
	tagged
}

type endpointGroup struct {
	GroupID   string `xml:"groupId"`
	GroupName string `xml:"groupName"`
}

func (e *vpcEndpoint) id() string { return e.ID }

var endpointFilters = filters[*vpcEndpoint]{
	"vpc-id":             func(e *vpcEndpoint) []string { return one(e.VpcID) },
	"service-name":       func(e *vpcEndpoint) []string { return one(e.ServiceName) },
	"vpc-endpoint-id":    func(e *vpcEndpoint) []string { return one(e.ID) },
	"vpc-endpoint-state": func(e *vpcEndpoint) []string { return one(e.State) },
	"vpc-endpoint-type":  func(e *vpcEndpoint) []string { return one(e.Type) },
}

func (s *Service) handleEndpoints() {
	wire.HandleQuery(s.Query, "DescribeVpcEndpoints", s.describeEndpoints)
	wire.HandleQuery(s.Query, "CreateVpcEndpoint", s.createEndpoint)
	wire.HandleQuery(s.Query, "DeleteVpcEndpoints", s.deleteEndpoints)
}

type describeEndpointsInput struct {
	IDs []string `query:"VpcEndpointId"`
	describe
}

type describeEndpointsAnswer struct {
	Endpoints wire.Items[*vpcEndpoint] `xml:"vpcEndpointSet"`
	NextToken *string                  `xml:"nextToken,omitempty"`
}

func (s *Service) describeEndpoints(_ context.Context, in *describeEndpointsInput) (*describeEndpointsAnswer, error) {
	found, next, err := endpointFilters.find(s.endpoints, "vpce", in.IDs, in.describe)
	return &describeEndpointsAnswer{wire.Items[*vpcEndpoint]{Item: found}, next}, err
}

type createEndpointInput struct {
	Type              string             `query:"VpcEndpointType"`
	VpcID             string             `query:"VpcId,required"`
	ServiceName       string             `query:"ServiceName,required"`
	RouteTableIDs     []string           `query:"RouteTableId"`
	SubnetIDs         []string           `query:"SubnetId"`
	GroupIDs          []string           `query:"SecurityGroupId"`
	PrivateDNS        *bool              `query:"PrivateDnsEnabled"`
	TagSpecifications []tagSpecification `query:"TagSpecification"`
}

type createEndpointAnswer struct {
	Endpoint *vpcEndpoint `xml:"vpcEndpoint"`
}

func (s *Service) createEndpoint(_ context.Context, in *createEndpointInput) (*createEndpointAnswer, error) {
	v, err := find(s.vpcs, "vpc", in.VpcID)
	if err != nil {
		return nil, err
	}
	if !strings.Contains(in.ServiceName, "."+s.region+".") {
		return nil, wire.Errorf("InvalidServiceName", "The Vpc Endpoint Service '%s' does not exist", in.ServiceName)
	}
	tags, err := specified(in.TagSpecifications, "vpc-endpoint")
	if err != nil {
		return nil, err
	}
	e := &vpcEndpoint{
		ID: newID("vpce"), Type: "Gateway", VpcID: v.VpcID, ServiceName: in.ServiceName, State: "available",
		RouteTableIDs: wire.Items[string]{Item: in.RouteTableIDs}, SubnetIDs: wire.Items[string]{Item: in.SubnetIDs},
		Created: time.Now().UTC().Format(time.RFC3339), OwnerID: s.account, tagged: tagsOf(tags),
	}
	if in.Type != "" {
		e.Type = in.Type
	}
	// EC2 turns it on for interfaces unless it is told otherwise.
	e.PrivateDNSEnabled = e.Type == "Interface" && (in.PrivateDNS == nil || *in.PrivateDNS)
	if err := s.connect(e, in.GroupIDs); err != nil {
		return nil, err
	}
	s.endpoints = append(s.endpoints, e)
	return &createEndpointAnswer{e}, nil
}

// connect checks what an endpoint is to be reached from.
func (s *Service) connect(e *vpcEndpoint, groups []string) error {
	for _, id := range e.RouteTableIDs.Item {
		if _, err := find(s.tables, "rtb", id); err != nil {
			return err
		}
	}
	for _, id := range e.SubnetIDs.Item {
		if _, err := find(s.subnets, "subnet", id); err != nil {
			return err
		}
	}
	for _, id := range groups {
		g, err := find(s.groups, "sg", id)
		if err != nil {
			return err
		}
		e.Groups.Item = append(e.Groups.Item, endpointGroup{g.GroupID, g.GroupName})
	}
	return nil
}

type deleteEndpointsInput struct {
	IDs []string `query:"VpcEndpointId,required"`
}

type deleteEndpointsAnswer struct {
	Unsuccessful wire.Items[string] `xml:"unsuccessful"`
}

func (s *Service) deleteEndpoints(_ context.Context, in *deleteEndpointsInput) (*deleteEndpointsAnswer, error) {
	for _, id := range in.IDs {
		e, err := find(s.endpoints, "vpce", id)
		if err != nil {
			return nil, err
		}
		s.endpoints = without(s.endpoints, e)
	}
	return &deleteEndpointsAnswer{}, nil
}
