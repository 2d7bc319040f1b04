package iam

import (
	"context"
	"strings"

	"ecsctl/sandbox/internal/policy"
	"ecsctl/sandbox/internal/wire"
)

func (s *Service) handleSimulate() {
	wire.HandleQuery(s.Query, "SimulatePrincipalPolicy", s.simulatePrincipal)
	wire.HandleQuery(s.Query, "SimulateCustomPolicy", s.simulateCustom)
}

// simulation is what both operations take.
type simulation struct {
	ActionNames                        []string `query:"ActionNames,required"`
	ResourceArns                       []string
	ContextEntries                     []contextEntry
	PermissionsBoundaryPolicyInputList []string
	page
}

type contextEntry struct {
	ContextKeyName   string   `query:"ContextKeyName,required"`
	ContextKeyValues []string `query:"ContextKeyValues,required"`
	ContextKeyType   string   `query:"ContextKeyType,required"`
}

type simulatePrincipalInput struct {
	PolicySourceArn string `query:"PolicySourceArn,required"`
	PolicyInputList []string
	simulation
}

type simulateCustomInput struct {
	PolicyInputList []string `query:"PolicyInputList,required"`
	simulation
}

type simulateAnswer struct {
	pageAnswer
	EvaluationResults wire.Members[evaluation]
}

type evaluation struct {
	EvalActionName                    string
	EvalResourceName                  string
	EvalDecision                      string
	MissingContextValues              wire.Members[string]
	PermissionsBoundaryDecisionDetail *boundaryDetail     `xml:",omitempty"`
	OrganizationsDecisionDetail       *organizationDetail `xml:",omitempty"`
}

type organizationDetail struct{ AllowedByOrganizations bool }

type boundaryDetail struct{ AllowedByPermissionsBoundary bool }

func (s *Service) simulatePrincipal(_ context.Context, in *simulatePrincipalInput) (*simulateAnswer, error) {
	p, i := s.principalByARN(in.PolicySourceArn)
	if i == nil {
		return nil, noSuchEntity("Requested entity %s does not exist", in.PolicySourceArn)
	}
	g := s.grantsOf(i)
	more, err := s.parseList(in.PolicyInputList)
	if err != nil {
		return nil, err
	}
	g.policies = append(g.policies, more...)
	c := policy.Context{}
	s.describeCaller(p, c)
	return s.simulate(g, in.simulation, c)
}

// everything is the policy of the account's own key.
const everything = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}`

func (s *Service) principalByARN(arn string) (Principal, *identity) {
	if root := s.Root(); arn == root.ARN {
		all := map[string]string{"everything": everything}
		return root, &identity{name: root.User, arn: arn, id: root.ID, inline: all}
	}
	if r := s.roleByARN(arn); r != nil {
		return Principal{ARN: arn, Role: arn, ID: r.id}, &r.identity
	}
	for _, u := range s.users {
		if u.arn == arn {
			return Principal{ARN: arn, User: u.name, ID: u.id}, &u.identity
		}
	}
	return Principal{}, nil
}

func (s *Service) simulateCustom(_ context.Context, in *simulateCustomInput) (*simulateAnswer, error) {
	docs, err := s.parseList(in.PolicyInputList)
	if err != nil {
		return nil, err
	}
	return s.simulate(grants{policies: docs}, in.simulation, policy.Context{})
}

// parseList reads policies that are only tried.
func (s *Service) parseList(list []string) ([]policy.Document, error) {
	var out []policy.Document
	for _, text := range list {
		if err := s.checkIdentityPolicy(text); err != nil {
			return nil, wire.Errorf("InvalidInput", "Invalid policy: %v", err)
		}
		d := stored(text)
		if what := d.Unsupported(); what != "" {
			return nil, wire.NotImplemented(what + " in policies")
		}
		out = append(out, d)
	}
	return out, nil
}

func (s *Service) simulate(g grants, in simulation, c policy.Context) (*simulateAnswer, error) {
	limit, err := s.parseList(in.PermissionsBoundaryPolicyInputList)
	if err != nil {
		return nil, err
	}
	if limit != nil {
		g.boundary = limit
	}
	for _, entry := range in.ContextEntries {
		c[strings.ToLower(entry.ContextKeyName)] = entry.ContextKeyValues
	}
	if in.ResourceArns == nil {
		in.ResourceArns = []string{"*"}
	}
	var all []evaluation
	for _, action := range in.ActionNames {
		if !strings.Contains(action, ":") {
			return nil, wire.Errorf("InvalidInput", "Invalid Action: %s", action)
		}
		for _, resource := range in.ResourceArns {
			all = append(all, s.try(g, policy.Request{Action: action, Resource: resource, Context: c}))
		}
	}
	results, next, err := paginate(all, in.page)
	return &simulateAnswer{next, wire.Members[evaluation]{Member: results}}, err
}

func (s *Service) try(g grants, r policy.Request) evaluation {
	out := evaluation{EvalActionName: r.Action, EvalResourceName: r.Resource, EvalDecision: "implicitDeny"}
	out.MissingContextValues.Member = policy.MissingKeys(g.policies, r)
	switch d := s.decide(g, r, nil, Principal{}); {
	case d.Allowed:
		out.EvalDecision = "allowed"
	case d.explicit:
		out.EvalDecision = "explicitDeny"
	}
	if s.ServiceControl != "" && len(g.policies)+len(g.boundary) > 0 {
		d := within(s.ServiceControl, "service control policy", r)
		out.OrganizationsDecisionDetail = &organizationDetail{d.Allowed}
		if d.explicit {
			out.EvalDecision = "explicitDeny"
		} else if !d.Allowed {
			out.EvalDecision = "implicitDeny"
		}
	}
	if g.boundary != nil {
		out.PermissionsBoundaryDecisionDetail = &boundaryDetail{policy.Evaluate(g.boundary, r) == policy.Allowed}
	}
	return out
}
