package iam

import (
	"context"
	"path"
	"slices"
	"strings"

	"ecsctl/sandbox/internal/wire"
)

const maxAttached = 10

// managed are the AWS managed policies that exist here; the account's own would need
// CreatePolicy, which the sandbox does not have.
var managed = []string{
	"AdministratorAccess",
	"AmazonEC2ContainerRegistryPullOnly",
	"AmazonEC2ContainerRegistryReadOnly",
	"AmazonECS_FullAccess",
	"AmazonS3ReadOnlyAccess",
	"AmazonSQSFullAccess",
	"AmazonSSMManagedInstanceCore",
	"AmazonSSMReadOnlyAccess",
	"CloudWatchAgentServerPolicy",
	"CloudWatchLogsFullAccess",
	"PowerUserAccess",
	"ReadOnlyAccess",
	"SecretsManagerReadWrite",
	"job-function/ViewOnlyAccess",
	"service-role/AmazonEC2ContainerServiceEventsRole",
	"service-role/AmazonEC2ContainerServiceforEC2Role",
	"service-role/AmazonECSTaskExecutionRolePolicy",
}

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
	if !s.isManaged(in.PolicyArn) {
		return nil, noSuchEntity("Policy %s does not exist or is not attachable.", in.PolicyArn)
	}
	if slices.Contains(r.attached, in.PolicyArn) {
		return nil, nil
	}
	if len(r.attached) == maxAttached {
		return nil, conflict("LimitExceeded", "Cannot exceed quota for PoliciesPerRole: %d", maxAttached)
	}
	r.attached = append(r.attached, in.PolicyArn)
	return nil, nil
}

func (s *Service) isManaged(arn string) bool {
	name, ok := strings.CutPrefix(arn, "arn:"+s.partition+":iam::aws:policy/")
	return ok && slices.Contains(managed, name)
}

func (s *Service) detach(_ context.Context, in *attachInput) (*struct{}, error) {
	r, err := s.find(in.RoleName)
	if err != nil {
		return nil, err
	}
	i := slices.Index(r.attached, in.PolicyArn)
	if i < 0 {
		return nil, noSuchEntity("Policy %s was not found.", in.PolicyArn)
	}
	r.attached = slices.Delete(r.attached, i, i+1)
	return nil, nil
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
	var all []attachedPolicy
	for _, arn := range r.attached {
		_, name, _ := strings.Cut(arn, ":policy/")
		if strings.HasPrefix("/"+name, in.PathPrefix) {
			all = append(all, attachedPolicy{path.Base(name), arn})
		}
	}
	policies, next, err := paginate(all, in.page)
	return &listAttachedAnswer{next, wire.Members[attachedPolicy]{Member: policies}}, err
}
