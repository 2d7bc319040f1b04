package iam

import (
	"context"

	"ecsctl/sandbox/internal/wire"
)

func (s *Service) handleUserPolicies() {
	wire.HandleQuery(s.Query, "PutUserPolicy", s.putUserPolicy)
	wire.HandleQuery(s.Query, "GetUserPolicy", s.getUserPolicy)
	wire.HandleQuery(s.Query, "DeleteUserPolicy", s.deleteUserPolicy)
	wire.HandleQuery(s.Query, "ListUserPolicies", s.listUserPolicies)
	wire.HandleQuery(s.Query, "AttachUserPolicy", s.attachUser)
	wire.HandleQuery(s.Query, "DetachUserPolicy", s.detachUser)
	wire.HandleQuery(s.Query, "ListAttachedUserPolicies", s.listAttachedUser)
}

type putUserPolicyInput struct {
	UserName       string `query:"UserName,required"`
	PolicyName     string `query:"PolicyName,required"`
	PolicyDocument string `query:"PolicyDocument,required"`
}

func (s *Service) putUserPolicy(_ context.Context, in *putUserPolicyInput) (*struct{}, error) {
	if err := checkName("policyName", in.PolicyName, 128); err != nil {
		return nil, err
	}
	u, err := s.findUser(in.UserName)
	if err != nil {
		return nil, err
	}
	return nil, s.putInline(&u.identity, "user", in.PolicyName, in.PolicyDocument, maxUserInlineBytes)
}

type userPolicyRef struct {
	UserName   string `query:"UserName,required"`
	PolicyName string `query:"PolicyName,required"`
}

type userPolicyAnswer struct {
	UserName       string
	PolicyName     string
	PolicyDocument string
}

func (s *Service) findUserInline(in *userPolicyRef) (*user, string, error) {
	u, err := s.findUser(in.UserName)
	if err != nil {
		return nil, "", err
	}
	doc, ok := u.inline[in.PolicyName]
	if !ok {
		return nil, "", noSuchEntity("The user policy with name %s cannot be found.", in.PolicyName)
	}
	return u, doc, nil
}

func (s *Service) getUserPolicy(_ context.Context, in *userPolicyRef) (*userPolicyAnswer, error) {
	_, doc, err := s.findUserInline(in)
	if err != nil {
		return nil, err
	}
	return &userPolicyAnswer{in.UserName, in.PolicyName, encodeDocument(doc)}, nil
}

func (s *Service) deleteUserPolicy(_ context.Context, in *userPolicyRef) (*struct{}, error) {
	u, _, err := s.findUserInline(in)
	if err != nil {
		return nil, err
	}
	delete(u.inline, in.PolicyName)
	return nil, nil
}

type listUserPoliciesInput struct {
	UserName string `query:"UserName,required"`
	page
}

func (s *Service) listUserPolicies(_ context.Context, in *listUserPoliciesInput) (*listPoliciesAnswer, error) {
	u, err := s.findUser(in.UserName)
	if err != nil {
		return nil, err
	}
	return u.inlineNames(in.page)
}

type attachUserInput struct {
	UserName  string `query:"UserName,required"`
	PolicyArn string `query:"PolicyArn,required"`
}

func (s *Service) attachUser(_ context.Context, in *attachUserInput) (*struct{}, error) {
	u, err := s.findUser(in.UserName)
	if err != nil {
		return nil, err
	}
	return nil, s.attachTo(&u.identity, "User", in.PolicyArn)
}

func (s *Service) detachUser(_ context.Context, in *attachUserInput) (*struct{}, error) {
	u, err := s.findUser(in.UserName)
	if err != nil {
		return nil, err
	}
	return nil, u.detach(in.PolicyArn)
}

type listAttachedUserInput struct {
	UserName   string `query:"UserName,required"`
	PathPrefix string
	page
}

func (s *Service) listAttachedUser(_ context.Context, in *listAttachedUserInput) (*listAttachedAnswer, error) {
	u, err := s.findUser(in.UserName)
	if err != nil {
		return nil, err
	}
	return u.attachments(in.PathPrefix, in.page)
}
