package ec2

import (
	"net/netip"
	"slices"
	"strings"
)

// Source is where a task's traffic comes from.
type Source struct {
	Subnet   string
	Groups   []string // none is the VPC's default group
	PublicIP bool
}

// Reaches reports whether HTTPS from there gets to a service of AWS, such as "secretsmanager", or
// to the internet for "": by an interface endpoint with private DNS, which takes all of the VPC's
// traffic to its service, else by the subnet's default route.
func (s *Service) Reaches(from Source, service string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	n, err := find(s.subnets, "subnet", from.Subnet)
	if err != nil {
		return false
	}
	groups := s.groupsOf(n, from.Groups)
	if !slices.ContainsFunc(groups, func(g *securityGroup) bool { return g.lets(true, anybody) }) {
		return false
	}
	if service != "" {
		for _, e := range s.endpoints {
			if e.VpcID == n.VpcID && strings.HasSuffix(e.ServiceName, "."+s.region+"."+service) && e.takesOver(s, n) {
				return s.letsIn(e, n, groups)
			}
		}
	}
	return s.leadsOut(n, s.tableOf(n), from.PublicIP)
}

// groupsOf are the groups of an interface in the subnet.
func (s *Service) groupsOf(n *subnet, ids []string) []*securityGroup {
	var out []*securityGroup
	for _, g := range s.groups {
		if slices.Contains(ids, g.GroupID) || len(ids) == 0 && g.VpcID == n.VpcID && g.GroupName == "default" {
			out = append(out, g)
		}
	}
	return out
}

// takesOver reports whether an endpoint is what the service's name leads to from the subnet.
func (e *vpcEndpoint) takesOver(s *Service, n *subnet) bool {
	if e.Type == "Gateway" {
		return slices.Contains(e.RouteTableIDs.Item, s.tableOf(n).RouteTableID)
	}
	return e.PrivateDNSEnabled
}

// letsIn reports whether the groups of an endpoint let in HTTPS from the task's.
func (s *Service) letsIn(e *vpcEndpoint, n *subnet, from []*securityGroup) bool {
	if e.Type == "Gateway" {
		return true
	}
	var ids []string
	for _, g := range e.Groups.Item {
		ids = append(ids, g.GroupID)
	}
	fromTask := func(r *rule) bool {
		if r.Referenced != nil {
			return slices.ContainsFunc(from, func(g *securityGroup) bool { return g.GroupID == r.Referenced.GroupID })
		}
		allowed, err := netip.ParsePrefix(r.CidrIPv4)
		return err == nil && !n.IPv6Native && allowed.Overlaps(netip.MustParsePrefix(n.CidrBlock))
	}
	return slices.ContainsFunc(s.groupsOf(n, ids), func(g *securityGroup) bool { return g.lets(false, fromTask) })
}

func anybody(*rule) bool { return true }

// lets reports whether a rule of the group is about HTTPS with such a peer.
func (g *securityGroup) lets(egress bool, peer func(*rule) bool) bool {
	return slices.ContainsFunc(g.rules, func(r *rule) bool {
		https := r.IPProtocol == "-1" || r.IPProtocol == "tcp" && r.FromPort <= 443 && r.ToPort >= 443
		return r.IsEgress == egress && https && peer(r)
	})
}

// tableOf is the route table of a subnet: its own, else the VPC's main one.
func (s *Service) tableOf(n *subnet) *routeTable {
	for _, t := range s.tables {
		for _, a := range t.Associations.Item {
			if a.SubnetID == n.SubnetID {
				return t
			}
		}
	}
	return s.mainTable(n.VpcID)
}

// leadsOut reports whether the default route of a subnet gets out of its VPC to the internet. An internet
// gateway takes along only public addresses, and answers reach a firewall before them only where the
// gateway has a route back to it.
func (s *Service) leadsOut(n *subnet, t *routeTable, publicIP bool) bool {
	return s.routeLeadsOut(n, t.routeFor("0.0.0.0/1"), publicIP) &&
		s.routeLeadsOut(n, t.routeFor("128.0.0.0/1"), publicIP)
}

// routeFor is the route of one half of all addresses: its own, else that of all of them.
func (t *routeTable) routeFor(half string) *route {
	var all *route
	for _, r := range t.Routes.Item {
		switch r.Destination {
		case half:
			return r
		case "0.0.0.0/0":
			all = r
		}
	}
	return all
}

// routeLeadsOut takes the networks behind virtual, local and transit gateways for ones without the internet:
// they are of the company's own. A transit gateway leads to one that has it.
func (s *Service) routeLeadsOut(n *subnet, r *route, publicIP bool) bool {
	if r == nil || r.State != "active" {
		return false
	}
	switch prefixOf(r.GatewayID) {
	case "igw":
		return publicIP && !n.IPv6Native
	case "vgw", "local":
		return false
	case "vpce":
		e, err := find(s.endpoints, "vpce", r.GatewayID)
		if err != nil || len(e.SubnetIDs.Item) == 0 {
			return false
		}
		behind, err := find(s.subnets, "subnet", e.SubnetIDs.Item[0])
		if err != nil {
			return false
		}
		public := publicIP && s.routesBack(n, e)
		return s.leadsOut(behind, s.tableOf(behind), public)
	}
	return r.NatGatewayID != "" || r.TransitGatewayID != ""
}

// routesBack reports whether what comes in for the subnet passes the firewall: a route table of the
// internet gateway says so.
func (s *Service) routesBack(n *subnet, e *vpcEndpoint) bool {
	for _, t := range s.tables {
		ofGateway := slices.ContainsFunc(t.Associations.Item, func(a *association) bool { return a.GatewayID != "" })
		if t.VpcID == n.VpcID && ofGateway && slices.ContainsFunc(t.Routes.Item, func(r *route) bool {
			return r.GatewayID == e.ID && r.Destination == n.CidrBlock
		}) {
			return true
		}
	}
	return false
}
