package ec2

import (
	"net/netip"
	"strings"

	"ecsctl/sandbox/internal/wire"
)

// permissionInput is the older form of rules in requests: those with one protocol
// and ports together.
type permissionInput struct {
	IPProtocol string `query:"IpProtocol,required"`
	FromPort   *int
	ToPort     *int
	Groups     []struct {
		UserID      string `query:"UserId"`
		GroupID     string `query:"GroupId"`
		Description string
	}
	Ranges []struct {
		CidrIP      string `query:"CidrIp"`
		Description string
	} `query:"IpRanges"`
	Ranges6 []struct {
		CidrIPv6    string `query:"CidrIpv6"`
		Description string
	} `query:"Ipv6Ranges"`
	PrefixLists []struct {
		PrefixListID string `query:"PrefixListId"`
		Description  string
	} `query:"PrefixListIds"`
}

// simpleRule is the oldest form: one rule in the request itself.
type simpleRule struct {
	IPProtocol string `query:"IpProtocol"`
	FromPort   *int
	ToPort     *int
	CidrIP     string `query:"CidrIp"`
}

// expand turns both older forms into rules, checked.
func (s *Service) expand(list []permissionInput, simple simpleRule, egress bool) ([]*rule, error) {
	if simple.IPProtocol != "" {
		p := permissionInput{IPProtocol: simple.IPProtocol, FromPort: simple.FromPort, ToPort: simple.ToPort}
		p.Ranges = append(p.Ranges, struct {
			CidrIP      string `query:"CidrIp"`
			Description string
		}{CidrIP: simple.CidrIP})
		list = append(list, p)
	}
	if len(list) == 0 {
		return nil, wire.Errorf("MissingParameter",
			"Either 'ipPermissions' or 'securityGroupRuleIds' should be provided.")
	}
	var out []*rule
	for _, p := range list {
		rules, err := s.expandOne(p, egress)
		if err != nil {
			return nil, err
		}
		out = append(out, rules...)
	}
	return out, nil
}

func (s *Service) expandOne(p permissionInput, egress bool) ([]*rule, error) {
	proto, from, to, err := ports(p)
	if err != nil {
		return nil, err
	}
	base := rule{IsEgress: egress, IPProtocol: proto, FromPort: from, ToPort: to}
	var out []*rule
	add := func(r rule, description string) *rule {
		r.Description = description
		out = append(out, &r)
		return &r
	}
	for _, g := range p.Groups {
		if _, err := find(s.groups, "sg", g.GroupID); err != nil {
			return nil, err
		}
		add(base, g.Description).Referenced = &groupRef{g.GroupID, s.account}
	}
	for _, c := range p.Ranges {
		if err := checkCIDR(c.CidrIP, netip.Addr.Is4); err != nil {
			return nil, err
		}
		add(base, c.Description).CidrIPv4 = c.CidrIP
	}
	for _, c := range p.Ranges6 {
		if err := checkCIDR(c.CidrIPv6, netip.Addr.Is6); err != nil {
			return nil, err
		}
		add(base, c.Description).CidrIPv6 = c.CidrIPv6
	}
	for _, l := range p.PrefixLists {
		add(base, l.Description).PrefixList = l.PrefixListID
	}
	if len(out) == 0 {
		return nil, wire.Errorf("MissingParameter",
			"Missing source specification: include source security group or CIDR information")
	}
	return out, nil
}

func checkCIDR(cidr string, family func(netip.Addr) bool) error {
	block, err := netip.ParsePrefix(cidr)
	if err != nil || !family(block.Addr()) {
		return wire.Errorf("InvalidParameterValue", "CIDR block %s is malformed", cidr)
	}
	return nil
}

// ports checks protocol and ports; "all protocols" has no ports.
func ports(p permissionInput) (proto string, from, to int, err error) {
	proto = strings.ToLower(p.IPProtocol)
	if name, ok := map[string]string{"6": "tcp", "17": "udp", "1": "icmp", "58": "icmpv6", "all": "-1"}[proto]; ok {
		proto = name
	}
	if proto == "-1" {
		return proto, -1, -1, nil
	}
	if proto != "tcp" && proto != "udp" && proto != "icmp" && proto != "icmpv6" {
		return "", 0, 0, wire.Errorf("InvalidParameterValue", "Invalid value '%s' for IP protocol. Unknown protocol.",
			p.IPProtocol)
	}
	if p.FromPort == nil || p.ToPort == nil {
		return "", 0, 0, wire.Errorf("InvalidParameterValue",
			"Invalid value 'Must specify both from and to ports with %s' for portRange.", strings.ToUpper(proto))
	}
	if *p.FromPort > *p.ToPort || *p.ToPort > 65535 || *p.FromPort < -1 {
		return "", 0, 0, wire.Errorf("InvalidParameterValue", "Invalid value '%d-%d' for portRange.",
			*p.FromPort, *p.ToPort)
	}
	return proto, *p.FromPort, *p.ToPort, nil
}

// permission is the older form of rules in answers.
type permission struct {
	IPProtocol  string                `xml:"ipProtocol"`
	FromPort    *int                  `xml:"fromPort,omitempty"`
	ToPort      *int                  `xml:"toPort,omitempty"`
	Groups      wire.Items[groupPair] `xml:"groups"`
	Ranges      wire.Items[cidr4]     `xml:"ipRanges"`
	Ranges6     wire.Items[cidr6]     `xml:"ipv6Ranges"`
	PrefixLists wire.Items[listID]    `xml:"prefixListIds"`
}

type groupPair struct {
	UserID      string `xml:"userId"`
	GroupID     string `xml:"groupId"`
	Description string `xml:"description,omitempty"`
}

type cidr4 struct {
	CidrIP      string `xml:"cidrIp"`
	Description string `xml:"description,omitempty"`
}

type cidr6 struct {
	CidrIPv6    string `xml:"cidrIpv6"`
	Description string `xml:"description,omitempty"`
}

type listID struct {
	ID          string `xml:"prefixListId"`
	Description string `xml:"description,omitempty"`
}

// bundle puts rules of one direction with equal protocol and ports together.
func bundle(rules []*rule, egress bool) []*permission {
	type key struct {
		proto    string
		from, to int
	}
	at := map[key]*permission{}
	var out []*permission
	for _, r := range rules {
		if r.IsEgress != egress {
			continue
		}
		k := key{r.IPProtocol, r.FromPort, r.ToPort}
		if at[k] == nil {
			at[k] = &permission{IPProtocol: r.IPProtocol}
			if r.IPProtocol != "-1" {
				at[k].FromPort, at[k].ToPort = &r.FromPort, &r.ToPort
			}
			out = append(out, at[k])
		}
		at[k].add(r)
	}
	return out
}

func (p *permission) add(r *rule) {
	switch {
	case r.Referenced != nil:
		p.Groups.Item = append(p.Groups.Item, groupPair{r.Referenced.UserID, r.Referenced.GroupID, r.Description})
	case r.CidrIPv4 != "":
		p.Ranges.Item = append(p.Ranges.Item, cidr4{r.CidrIPv4, r.Description})
	case r.CidrIPv6 != "":
		p.Ranges6.Item = append(p.Ranges6.Item, cidr6{r.CidrIPv6, r.Description})
	default:
		p.PrefixLists.Item = append(p.PrefixLists.Item, listID{r.PrefixList, r.Description})
	}
}
