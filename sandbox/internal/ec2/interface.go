package ec2

import (
	"context"
	"fmt"
	"net/netip"
	"slices"

	"ecsctl/sandbox/internal/wire"
)

// networkInterface belongs to a running task; while it is there its security groups
// and its subnet cannot be deleted.
type networkInterface struct {
	ID               string                 `xml:"networkInterfaceId"`
	SubnetID         string                 `xml:"subnetId"`
	VpcID            string                 `xml:"vpcId"`
	AvailabilityZone string                 `xml:"availabilityZone"`
	Description      string                 `xml:"description"`
	OwnerID          string                 `xml:"ownerId"`
	Status           string                 `xml:"status"`
	InterfaceType    string                 `xml:"interfaceType"`
	PrivateIP        string                 `xml:"privateIpAddress"`
	PublicIP         string                 `xml:"association>publicIp,omitempty"`
	Groups           wire.Items[groupLabel] `xml:"groupSet"`
	tagged
}

type groupLabel struct {
	GroupID   string `xml:"groupId"`
	GroupName string `xml:"groupName"`
}

func (n *networkInterface) id() string { return n.ID }

func (n *networkInterface) groupIDs() []string {
	var out []string
	for _, g := range n.Groups.Item {
		out = append(out, g.GroupID)
	}
	return out
}

// Interface describes the network interface of a task.
type Interface struct {
	ID, SubnetID, PrivateIP, Zone string
}

// Placement is where a task or service is to run.
type Placement struct {
	VpcID string
	Zones []string // one for each subnet
}

// CheckNetwork looks a task's subnets and groups up: they must exist and lie in one VPC.
func (s *Service) CheckNetwork(subnetIDs, groupIDs []string) (Placement, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var p Placement
	for _, id := range subnetIDs {
		n, err := find(s.subnets, "subnet", id)
		if err != nil {
			return p, err
		}
		if p.VpcID != "" && p.VpcID != n.VpcID {
			return p, wire.Errorf("InvalidParameterException", "subnets %s are not in the same VPC", subnetIDs)
		}
		if why := notFargate(n); why != "" {
			return p, wire.Errorf("InvalidParameterException", "AWS Fargate is not available in subnet %s: %s", id, why)
		}
		p.VpcID = n.VpcID
		p.Zones = append(p.Zones, n.AvailabilityZone)
	}
	for _, id := range groupIDs {
		g, err := find(s.groups, "sg", id)
		if err == nil && s.lag.Behind(id) {
			err = notFound("sg", id)
		}
		if err != nil {
			return p, err
		}
		if g.VpcID != p.VpcID {
			return p, wire.Errorf("InvalidParameterException",
				"Security group %s does not appear to belong to the same VPC as the input subnets.", id)
		}
	}
	return p, nil
}

// AttachInterface makes the interface of a task. Without groups it is in the VPC's default group.
func (s *Service) AttachInterface(subnetID string, groupIDs []string, public bool,
	description string) (Interface, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	n, err := find(s.subnets, "subnet", subnetID)
	if err != nil {
		return Interface{}, err
	}
	i, err := s.newInterface(n, groupIDs, description)
	if err != nil {
		return Interface{}, err
	}
	if public {
		i.PublicIP = publicIP(len(s.interfaces))
	}
	return Interface{ID: i.ID, SubnetID: subnetID, PrivateIP: i.PrivateIP, Zone: i.AvailabilityZone}, nil
}

// newInterface makes an interface, of the VPC's default group where no group is named.
func (s *Service) newInterface(n *subnet, groupIDs []string, description string) (*networkInterface, error) {
	if s.freeAddresses(n) < 1 {
		return nil, wire.Errorf("InsufficientFreeAddressesInSubnet",
			"The specified subnet does not have enough free addresses to satisfy the request.")
	}
	i := &networkInterface{
		ID: newID("eni"), SubnetID: n.SubnetID, VpcID: n.VpcID, AvailabilityZone: n.AvailabilityZone,
		Description: description,
		OwnerID:     s.account, Status: "in-use", InterfaceType: "interface", PrivateIP: s.freeAddress(n),
	}
	for _, g := range s.groups {
		if slices.Contains(groupIDs, g.GroupID) || len(groupIDs) == 0 && g.VpcID == n.VpcID &&
			g.GroupName == "default" {
			i.Groups.Item = append(i.Groups.Item, groupLabel{g.GroupID, g.GroupName})
		}
	}
	s.interfaces = append(s.interfaces, i)
	return i, nil
}

// DetachInterface removes the interface of a task.
func (s *Service) DetachInterface(id string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.interfaces = deleteWhere(s.interfaces, func(i *networkInterface) bool { return i.ID == id })
}

// freeAddresses is how many IPv4 addresses of a subnet are free: AWS keeps five of each.
func (s *Service) freeAddresses(n *subnet) int {
	if n.IPv6Native {
		return 0
	}
	free := 1<<(32-netip.MustParsePrefix(n.CidrBlock).Bits()) - 5
	for _, i := range s.interfaces {
		if i.SubnetID == n.SubnetID {
			free--
		}
	}
	return free
}

// freeAddress leaves out the four addresses that AWS keeps at the start of a subnet.
func (s *Service) freeAddress(n *subnet) string {
	addr := netip.MustParsePrefix(n.CidrBlock).Addr()
	for range 4 {
		addr = addr.Next()
	}
	used := make(map[string]bool, len(s.interfaces))
	for _, i := range s.interfaces {
		used[i.PrivateIP] = true
	}
	for used[addr.String()] {
		addr = addr.Next()
	}
	return addr.String()
}

// publicIP is in TEST-NET-2, which leads nowhere.
func publicIP(n int) string { return fmt.Sprintf("198.51.100.%d", 1+n%254) }

func (s *Service) handleInterfaces() {
	wire.HandleQuery(s.Query, "DescribeNetworkInterfaces", s.describeInterfaces)
	wire.HandleQuery(s.Query, "CreateNetworkInterface", s.createInterface)
	wire.HandleQuery(s.Query, "DeleteNetworkInterface", s.deleteInterface)
}

var interfaceFilters = filters[*networkInterface]{
	"network-interface-id": func(n *networkInterface) []string { return one(n.ID) },
	"vpc-id":               func(n *networkInterface) []string { return one(n.VpcID) },
	"subnet-id":            func(n *networkInterface) []string { return one(n.SubnetID) },
	"group-id":             (*networkInterface).groupIDs,
	"status":               func(n *networkInterface) []string { return one(n.Status) },
	"description":          func(n *networkInterface) []string { return one(n.Description) },
}

type describeInterfacesInput struct {
	IDs []string `query:"NetworkInterfaceId"`
	describe
}

type describeInterfacesAnswer struct {
	Interfaces wire.Items[*networkInterface] `xml:"networkInterfaceSet"`
	NextToken  *string                       `xml:"nextToken,omitempty"`
}

func (s *Service) describeInterfaces(_ context.Context,
	in *describeInterfacesInput) (*describeInterfacesAnswer, error) {
	found, next, err := interfaceFilters.find(s.interfaces, "eni", in.IDs, in.describe)
	return &describeInterfacesAnswer{wire.Items[*networkInterface]{Item: found}, next}, err
}

type createInterfaceInput struct {
	SubnetID    string   `query:"SubnetId,required"`
	Description string   `query:"Description"`
	Groups      []string `query:"SecurityGroupId"`
	ClientToken string
}

type createInterfaceAnswer struct {
	Interface   *networkInterface `xml:"networkInterface"`
	ClientToken string            `xml:"clientToken,omitempty"`
}

// createInterface makes one that is no task's, of which nothing is attached to an instance.
func (s *Service) createInterface(_ context.Context, in *createInterfaceInput) (*createInterfaceAnswer, error) {
	n, err := find(s.subnets, "subnet", in.SubnetID)
	if err != nil {
		return nil, err
	}
	for _, id := range in.Groups {
		if _, err := find(s.groups, "sg", id); err != nil {
			return nil, err
		}
	}
	i, err := once(s, "CreateNetworkInterface", in.ClientToken, *in, func() (*networkInterface, error) {
		i, err := s.newInterface(n, in.Groups, in.Description)
		if err == nil {
			i.Status = "available"
		}
		return i, err
	})
	return &createInterfaceAnswer{i, in.ClientToken}, err
}

type interfaceRefInput struct {
	ID string `query:"NetworkInterfaceId,required"`
}

type deleteInterfaceAnswer struct {
	Return bool `xml:"return"`
}

func (s *Service) deleteInterface(_ context.Context, in *interfaceRefInput) (*deleteInterfaceAnswer, error) {
	i, err := find(s.interfaces, "eni", in.ID)
	if err != nil {
		return nil, err
	}
	if i.Status == "in-use" {
		return nil, wire.Errorf("InvalidParameterValue", "Network interface '%s' is currently in use.", in.ID)
	}
	s.interfaces = without(s.interfaces, i)
	return &deleteInterfaceAnswer{true}, nil
}
