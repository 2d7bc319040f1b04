package iam

import (
	"context"
	"path"
	"slices"
	"strings"

	"ecsctl/sandbox/internal/wire"
)

const maxAttached = 10

func (s *Service) handleManaged() {
	wire.HandleQuery(s.Query, "AttachRolePolicy", s.attach)
	wire.HandleQuery(s.Query, "DetachRolePolicy", s.detach)
	wire.HandleQuery(s.Query, "ListAttachedRolePolicies", s.listAttached)
}

type attachInput struct {
	RoleName  string `query:"RoleName,required"`
	PolicyArn string `query:"PolicyArn,required"`
}

func (s *Service) attach(_ context.Context, in *attachInput) (*struct{}, error) {
	r, err := s.find(in.RoleName)
	if err != nil {
		return nil, err
	}
	return nil, s.attachTo(&r.identity, "Role", in.PolicyArn)
}

func (s *Service) attachTo(i *identity, kind, arn string) error {
	if !s.isPolicy(arn) {
		return noSuchEntity("Policy %s does not exist or is not attachable.", arn)
	}
	if err := s.mayRely(arn); err != nil {
		return err
	}
	if slices.Contains(i.attached, arn) {
		return nil
	}
	if len(i.attached) == maxAttached {
		return conflict("LimitExceeded", "Cannot exceed quota for PoliciesPer%s: %d", kind, maxAttached)
	}
	i.attached = append(i.attached, arn)
	return nil
}

// isPolicy reports whether there is a managed policy, AWS's or the account's own.
func (s *Service) isPolicy(arn string) bool {
	_, aws := awsManaged[s.managedName(arn)]
	return aws || s.policies[arn] != nil
}

// managedName is what AWS calls a policy of its own; "" for others.
func (s *Service) managedName(arn string) string {
	name, ok := strings.CutPrefix(arn, "arn:"+s.partition+":iam::aws:policy/")
	if !ok {
		return ""
	}
	return name
}

// mayRely refuses, where policies count, those of which only the name is known here.
func (s *Service) mayRely(arn string) error {
	if name := s.managedName(arn); s.enforce && name != "" && awsManaged[name] == "" {
		return wire.NotImplemented("the rights of the managed policy " + name)
	}
	return nil
}

func (s *Service) detach(_ context.Context, in *attachInput) (*struct{}, error) {
	r, err := s.find(in.RoleName)
	if err != nil {
		return nil, err
	}
	return nil, r.detach(in.PolicyArn)
}

func (i *identity) detach(arn string) error {
	at := slices.Index(i.attached, arn)
	if at < 0 {
		return noSuchEntity("Policy %s was not found.", arn)
	}
	i.attached = slices.Delete(i.attached, at, at+1)
	return nil
}

type listAttachedInput struct {
	RoleName   string `query:"RoleName,required"`
	PathPrefix string
	page
}

type attachedPolicy struct {
	PolicyName string
	PolicyArn  string
}

type listAttachedAnswer struct {
	pageAnswer
	AttachedPolicies wire.Members[attachedPolicy]
}

func (s *Service) listAttached(_ context.Context, in *listAttachedInput) (*listAttachedAnswer, error) {
	r, err := s.find(in.RoleName)
	if err != nil {
		return nil, err
	}
	return r.attachments(in.PathPrefix, in.page)
}

func (i *identity) attachments(prefix string, p page) (*listAttachedAnswer, error) {
	var all []attachedPolicy
	for _, arn := range i.attached {
		_, name, _ := strings.Cut(arn, ":policy/")
		if strings.HasPrefix("/"+name, prefix) {
			all = append(all, attachedPolicy{path.Base(name), arn})
		}
	}
	policies, next, err := paginate(all, p)
	return &listAttachedAnswer{next, wire.Members[attachedPolicy]{Member: policies}}, err
}
