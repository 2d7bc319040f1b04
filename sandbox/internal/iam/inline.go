package iam

import (
	"context"
	"maps"
	"slices"

	"ecsctl/sandbox/internal/wire"
)

const maxInlineBytes = 10240

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
	if err := s.checkInline(in.PolicyDocument); err != nil {
		return nil, err
	}
	size := 0
	for name, doc := range r.inline {
		if name != in.PolicyName {
			size += policySize(doc)
		}
	}
	if size+policySize(in.PolicyDocument) > maxInlineBytes {
		return nil, conflict("LimitExceeded", "Maximum policy size of %d bytes exceeded for role %s", maxInlineBytes, r.name)
	}
	r.inline[in.PolicyName] = in.PolicyDocument
	return nil, nil
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
	names, next, err := paginate(slices.Sorted(maps.Keys(r.inline)), in.page)
	return &listPoliciesAnswer{next, wire.Members[string]{Member: names}}, err
}
