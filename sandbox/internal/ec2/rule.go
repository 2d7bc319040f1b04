package ec2

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"ecsctl/sandbox/internal/wire"
)

type rule struct {
	ID          string    `xml:"securityGroupRuleId"`
	Arn         string    `xml:"securityGroupRuleArn"`
	GroupID     string    `xml:"groupId"`
	OwnerID     string    `xml:"groupOwnerId"`
	IsEgress    bool      `xml:"isEgress"`
	IPProtocol  string    `xml:"ipProtocol"`
	FromPort    int       `xml:"fromPort"`
	ToPort      int       `xml:"toPort"`
	CidrIPv4    string    `xml:"cidrIpv4,omitempty"`
	CidrIPv6    string    `xml:"cidrIpv6,omitempty"`
	PrefixList  string    `xml:"prefixListId,omitempty"`
	Referenced  *groupRef `xml:"referencedGroupInfo,omitempty"`
	Description string    `xml:"description,omitempty"`
	tagged
}

type groupRef struct {
	GroupID string `xml:"groupId"`
	UserID  string `xml:"userId"`
}

func (r *rule) id() string { return r.ID }

// peer is who the rule is about: one of its four forms.
func (r *rule) peer() string {
	if r.Referenced != nil {
		return r.Referenced.GroupID
	}
	return r.CidrIPv4 + r.CidrIPv6 + r.PrefixList
}

func (r *rule) same(o *rule) bool {
	return r.IsEgress == o.IsEgress && r.IPProtocol == o.IPProtocol && r.FromPort == o.FromPort &&
		r.ToPort == o.ToPort && r.peer() == o.peer()
}

func (s *Service) allRules() []*rule {
	var out []*rule
	for _, g := range s.groups {
		out = append(out, g.rules...)
	}
	return out
}

func (s *Service) addRule(g *securityGroup, r *rule) {
	r.ID, r.GroupID, r.OwnerID = newID("sgr"), g.GroupID, s.account
	r.Arn = s.arn("security-group-rule/" + r.ID)
	g.rules = append(g.rules, r)
}

func (s *Service) handleRules() {
	wire.HandleQuery(s.Query, "DescribeSecurityGroupRules", s.describeRules)
	wire.HandleQuery(s.Query, "AuthorizeSecurityGroupIngress", s.authorize(false))
	wire.HandleQuery(s.Query, "AuthorizeSecurityGroupEgress", s.authorize(true))
	wire.HandleQuery(s.Query, "RevokeSecurityGroupIngress", s.revoke(false))
	wire.HandleQuery(s.Query, "RevokeSecurityGroupEgress", s.revoke(true))
}

var ruleFilters = filters[*rule]{
	"group-id":               func(r *rule) []string { return one(r.GroupID) },
	"security-group-rule-id": func(r *rule) []string { return one(r.ID) },
}

type describeRulesInput struct {
	IDs []string `query:"SecurityGroupRuleId"`
	describe
}

type ruleSet struct {
	Return    bool              `xml:"return"`
	Rules     wire.Items[*rule] `xml:"securityGroupRuleSet"`
	NextToken *string           `xml:"nextToken,omitempty"`
}

func (s *Service) describeRules(_ context.Context, in *describeRulesInput) (*ruleSet, error) {
	found, next, err := ruleFilters.find(s.allRules(), "sgr", in.IDs, in.describe)
	return &ruleSet{true, wire.Items[*rule]{Item: found}, next}, err
}

type authorizeInput struct {
	groupRefInput
	simpleRule
	Permissions []permissionInput `query:"IpPermissions"`
	tagSpecs
}

func (s *Service) authorize(egress bool) func(context.Context, *authorizeInput) (*ruleSet, error) {
	return func(_ context.Context, in *authorizeInput) (*ruleSet, error) {
		g, err := s.refer(in.groupRefInput)
		if err != nil {
			return nil, err
		}
		rules, err := s.expand(in.Permissions, in.simpleRule, egress)
		if err != nil {
			return nil, err
		}
		tags, err := specified(in.TagSpecifications, "security-group-rule")
		if err != nil {
			return nil, err
		}
		for _, r := range rules {
			if slices.ContainsFunc(g.rules, r.same) {
				return nil, wire.Errorf("InvalidPermission.Duplicate",
					`the specified rule "%s" already exists`, r.words())
			}
		}
		for _, r := range rules {
			r.tagged = tagsOf(slices.Clone(tags))
			s.addRule(g, r)
		}
		return &ruleSet{Return: true, Rules: wire.Items[*rule]{Item: rules}}, nil
	}
}

func (r *rule) words() string {
	proto := "ALL"
	if r.IPProtocol != "-1" {
		proto = fmt.Sprintf("%s, from port: %d, to port: %d", strings.ToUpper(r.IPProtocol), r.FromPort, r.ToPort)
	}
	return fmt.Sprintf("peer: %s, %s, ALLOW", r.peer(), proto)
}

type revokeInput struct {
	groupRefInput
	simpleRule
	RuleIDs     []string          `query:"SecurityGroupRuleId"`
	Permissions []permissionInput `query:"IpPermissions"`
}

func (s *Service) revoke(egress bool) func(context.Context, *revokeInput) (*done, error) {
	return func(_ context.Context, in *revokeInput) (*done, error) {
		g, err := s.refer(in.groupRefInput)
		if err != nil {
			return nil, err
		}
		gone, err := s.toRevoke(g, in, egress)
		if err != nil {
			return nil, err
		}
		g.rules = deleteWhere(g.rules, func(r *rule) bool { return slices.Contains(gone, r) })
		return &done{true}, nil
	}
}

func (s *Service) toRevoke(g *securityGroup, in *revokeInput, egress bool) ([]*rule, error) {
	var gone []*rule
	for _, id := range in.RuleIDs {
		r, err := find(g.rules, "sgr", id)
		if err != nil {
			return nil, err
		}
		gone = append(gone, r)
	}
	if len(in.RuleIDs) > 0 {
		return gone, nil
	}
	rules, err := s.expand(in.Permissions, in.simpleRule, egress)
	if err != nil {
		return nil, err
	}
	for _, want := range rules {
		i := slices.IndexFunc(g.rules, want.same)
		if i < 0 {
			return nil, wire.Errorf("InvalidPermission.NotFound",
				"The specified rule does not exist in this security group.")
		}
		gone = append(gone, g.rules[i])
	}
	return gone, nil
}
