package ecr

import (
	"context"
	"encoding/json"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	api "github.com/aws/aws-sdk-go-v2/service/ecr"
	"github.com/aws/aws-sdk-go-v2/service/ecr/schemas"

	"ecsctl/sandbox/internal/wire"
)

func (s *Service) handlePolicies() {
	wire.HandleJSON(s.JSON, "PutLifecyclePolicy", schemas.PutLifecyclePolicyRequest, schemas.PutLifecyclePolicyResponse,
		"registryId repositoryName! lifecyclePolicyText!", s.putLifecycle)
	wire.HandleJSON(s.JSON, "GetLifecyclePolicy", schemas.GetLifecyclePolicyRequest, schemas.GetLifecyclePolicyResponse,
		"registryId repositoryName!", s.getLifecycle)
	wire.HandleJSON(s.JSON, "DeleteLifecyclePolicy", schemas.DeleteLifecyclePolicyRequest,
		schemas.DeleteLifecyclePolicyResponse,
		"registryId repositoryName!", s.deleteLifecycle)
	wire.HandleJSON(s.JSON, "SetRepositoryPolicy", schemas.SetRepositoryPolicyRequest,
		schemas.SetRepositoryPolicyResponse,
		"registryId repositoryName! policyText! force", s.setPolicy)
	wire.HandleJSON(s.JSON, "GetRepositoryPolicy", schemas.GetRepositoryPolicyRequest,
		schemas.GetRepositoryPolicyResponse,
		"registryId repositoryName!", s.getPolicy)
	wire.HandleJSON(s.JSON, "DeleteRepositoryPolicy", schemas.DeleteRepositoryPolicyRequest,
		schemas.DeleteRepositoryPolicyResponse,
		"registryId repositoryName!", s.deletePolicy)
}

// putLifecycle takes effect within a day on AWS, and no sandbox lives that long.
func (s *Service) putLifecycle(_ context.Context,
	in *api.PutLifecyclePolicyInput) (*api.PutLifecyclePolicyOutput, error) {
	repo, err := s.find(in.RegistryId, in.RepositoryName)
	if err != nil {
		return nil, err
	}
	if err := checkLifecycle(*in.LifecyclePolicyText); err != nil {
		return nil, err
	}
	repo.lifecycle = in.LifecyclePolicyText
	return &api.PutLifecyclePolicyOutput{
		RegistryId: &s.cfg.Account, RepositoryName: &repo.name, LifecyclePolicyText: repo.lifecycle,
	}, nil
}

func (s *Service) lifecycleOf(registryID, name *string) (*repository, error) {
	repo, err := s.find(registryID, name)
	if err == nil && repo.lifecycle == nil {
		err = wire.Errorf("LifecyclePolicyNotFoundException",
			"Lifecycle policy does not exist for the repository with name '%s' in the registry with id '%s'", repo.name,
			s.cfg.Account)
	}
	return repo, err
}

func (s *Service) getLifecycle(_ context.Context,
	in *api.GetLifecyclePolicyInput) (*api.GetLifecyclePolicyOutput, error) {
	repo, err := s.lifecycleOf(in.RegistryId, in.RepositoryName)
	if err != nil {
		return nil, err
	}
	return &api.GetLifecyclePolicyOutput{
		RegistryId: &s.cfg.Account, RepositoryName: &repo.name, LifecyclePolicyText: repo.lifecycle,
		LastEvaluatedAt: neverEvaluated(),
	}, nil
}

func (s *Service) deleteLifecycle(_ context.Context,
	in *api.DeleteLifecyclePolicyInput) (*api.DeleteLifecyclePolicyOutput, error) {
	repo, err := s.lifecycleOf(in.RegistryId, in.RepositoryName)
	if err != nil {
		return nil, err
	}
	out := &api.DeleteLifecyclePolicyOutput{
		RegistryId: &s.cfg.Account, RepositoryName: &repo.name, LifecyclePolicyText: repo.lifecycle,
		LastEvaluatedAt: neverEvaluated(),
	}
	repo.lifecycle = nil
	return out, nil
}

// neverEvaluated is how ECR answers before the first evaluation.
func neverEvaluated() *time.Time { return aws.Time(time.Unix(0, 0)) }

// setPolicy remembers the policy; it is not enforced.
func (s *Service) setPolicy(_ context.Context,
	in *api.SetRepositoryPolicyInput) (*api.SetRepositoryPolicyOutput, error) {
	repo, err := s.find(in.RegistryId, in.RepositoryName)
	if err != nil {
		return nil, err
	}
	var document struct{ Statement json.RawMessage }
	if err := json.Unmarshal([]byte(*in.PolicyText), &document); err != nil || document.Statement == nil {
		return nil, invalid("PolicyText", "Invalid repository policy provided")
	}
	repo.policy = in.PolicyText
	return &api.SetRepositoryPolicyOutput{
		RegistryId: &s.cfg.Account, RepositoryName: &repo.name, PolicyText: repo.policy,
	}, nil
}

func (s *Service) policyOf(registryID, name *string) (*repository, error) {
	repo, err := s.find(registryID, name)
	if err == nil && repo.policy == nil {
		err = wire.Errorf("RepositoryPolicyNotFoundException",
			"Repository policy does not exist for the repository with name '%s' in the registry with id '%s'",
			repo.name, s.cfg.Account)
	}
	return repo, err
}

func (s *Service) getPolicy(_ context.Context,
	in *api.GetRepositoryPolicyInput) (*api.GetRepositoryPolicyOutput, error) {
	repo, err := s.policyOf(in.RegistryId, in.RepositoryName)
	if err != nil {
		return nil, err
	}
	return &api.GetRepositoryPolicyOutput{
		RegistryId: &s.cfg.Account, RepositoryName: &repo.name, PolicyText: repo.policy,
	}, nil
}

func (s *Service) deletePolicy(_ context.Context,
	in *api.DeleteRepositoryPolicyInput) (*api.DeleteRepositoryPolicyOutput, error) {
	repo, err := s.policyOf(in.RegistryId, in.RepositoryName)
	if err != nil {
		return nil, err
	}
	out := &api.DeleteRepositoryPolicyOutput{
		RegistryId: &s.cfg.Account, RepositoryName: &repo.name, PolicyText: repo.policy,
	}
	repo.policy = nil
	return out, nil
}
