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
	return s.tableOf(n).leadsOut(from.PublicIP)
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
		return err == nil && allowed.Overlaps(netip.MustParsePrefix(n.CidrBlock))
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

// leadsOut reports whether the default route gets out: through an internet gateway with a public
// address alone.
func (t *routeTable) leadsOut(publicIP bool) bool {
	for _, r := range t.Routes.Item {
		if r.Destination == "0.0.0.0/0" && r.State == "active" {
			return publicIP || !strings.HasPrefix(r.GatewayID, "igw-")
		}
	}
	return false
}
