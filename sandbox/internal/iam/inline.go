package iam

import (
	"context"
	"maps"
	"slices"

	"ecsctl/sandbox/internal/wire"
)

// The most characters that inline policies may have together.
const (
	maxInlineBytes     = 10240 // of a role
	maxUserInlineBytes = 2048
)

func (s *Service) handleInline() {
	wire.HandleQuery(s.Query, "PutRolePolicy", s.putPolicy)
	wire.HandleQuery(s.Query, "GetRolePolicy", s.getPolicy)
	wire.HandleQuery(s.Query, "DeleteRolePolicy", s.deletePolicy)
	wire.HandleQuery(s.Query, "ListRolePolicies", s.listPolicies)
}

type putPolicyInput struct {
	RoleName       string `query:"RoleName,required"`
	PolicyName     string `query:"PolicyName,required"`
	PolicyDocument string `query:"PolicyDocument,required"`
}

func (s *Service) putPolicy(_ context.Context, in *putPolicyInput) (*struct{}, error) {
	if err := checkName("policyName", in.PolicyName, 128); err != nil {
		return nil, err
	}
	r, err := s.find(in.RoleName)
	if err != nil {
		return nil, err
	}
	return nil, s.putInline(&r.identity, "role", in.PolicyName, in.PolicyDocument, maxInlineBytes)
}

func (s *Service) putInline(i *identity, kind, name, doc string, limit int) error {
	if err := s.checkIdentityPolicy(doc); err != nil {
		return err
	}
	size := policySize(doc)
	for have, doc := range i.inline {
		if have != name {
			size += policySize(doc)
		}
	}
	if size > limit {
		return conflict("LimitExceeded", "Maximum policy size of %d bytes exceeded for %s %s", limit, kind, i.name)
	}
	i.inline[name] = doc
	return nil
}

type policyRef struct {
	RoleName   string `query:"RoleName,required"`
	PolicyName string `query:"PolicyName,required"`
}

type policyAnswer struct {
	RoleName       string
	PolicyName     string
	PolicyDocument string
}

func (s *Service) getPolicy(_ context.Context, in *policyRef) (*policyAnswer, error) {
	_, doc, err := s.findInline(in)
	if err != nil {
		return nil, err
	}
	return &policyAnswer{in.RoleName, in.PolicyName, encodeDocument(doc)}, nil
}

func (s *Service) deletePolicy(_ context.Context, in *policyRef) (*struct{}, error) {
	r, _, err := s.findInline(in)
	if err != nil {
		return nil, err
	}
	delete(r.inline, in.PolicyName)
	return nil, nil
}

func (s *Service) findInline(in *policyRef) (*role, string, error) {
	r, err := s.find(in.RoleName)
	if err != nil {
		return nil, "", err
	}
	doc, ok := r.inline[in.PolicyName]
	if !ok {
		return nil, "", noSuchEntity("The role policy with name %s cannot be found.", in.PolicyName)
	}
	return r, doc, nil
}

type listPoliciesInput struct {
	RoleName string `query:"RoleName,required"`
	page
}

type listPoliciesAnswer struct {
	pageAnswer
	PolicyNames wire.Members[string]
}

func (s *Service) listPolicies(_ context.Context, in *listPoliciesInput) (*listPoliciesAnswer, error) {
	r, err := s.find(in.RoleName)
	if err != nil {
		return nil, err
	}
	return r.inlineNames(in.page)
}

func (i *identity) inlineNames(p page) (*listPoliciesAnswer, error) {
	names, next, err := paginate(slices.Sorted(maps.Keys(i.inline)), p)
	return &listPoliciesAnswer{next, wire.Members[string]{Member: names}}, err
}
