package ecr

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	api "github.com/aws/aws-sdk-go-v2/service/ecr"
	"github.com/aws/aws-sdk-go-v2/service/ecr/schemas"
	"github.com/aws/aws-sdk-go-v2/service/ecr/types"

	"ecsctl/sandbox/internal/wire"
)

// repository holds images, and the layers that were uploaded for them.
type repository struct {
	api       types.Repository
	name      string
	tags      []types.Tag
	lifecycle *string           // policy
	policy    *string           // who may use it
	images    map[string]*image // by digest
	layers    map[string]int64  // digest -> size, configurations included
}

const nameSyntax = `(?:[a-z0-9]+(?:[._-][a-z0-9]+)*/)*[a-z0-9]+(?:[._-][a-z0-9]+)*`

var validName = regexp.MustCompile(`^` + nameSyntax + `$`)

func (s *Service) handleRepositories() {
	wire.HandleJSON(s.JSON, "CreateRepository", schemas.CreateRepositoryRequest, schemas.CreateRepositoryResponse,
		"registryId repositoryName! tags imageTagMutability imageScanningConfiguration encryptionConfiguration",
		s.createRepository)
	wire.HandleJSON(s.JSON, "DescribeRepositories", schemas.DescribeRepositoriesRequest,
		schemas.DescribeRepositoriesResponse,
		"registryId repositoryNames nextToken maxResults", s.describeRepositories)
	wire.HandleJSON(s.JSON, "DeleteRepository", schemas.DeleteRepositoryRequest, schemas.DeleteRepositoryResponse,
		"registryId repositoryName! force", s.deleteRepository)
}

// find takes a repository by name, for any operation on it.
func (s *Service) find(registryID, name *string) (*repository, error) {
	if err := s.checkRegistry(registryID); err != nil {
		return nil, err
	}
	if repo, ok := s.repositories[*name]; ok {
		return repo, nil
	}
	return nil, s.repositoryNotFound(*name)
}

func (s *Service) arn(name string) string {
	return fmt.Sprintf("arn:%s:ecr:%s:%s:repository/%s", s.cfg.Partition, s.cfg.Region, s.cfg.Account, name)
}

func (s *Service) createRepository(_ context.Context,
	in *api.CreateRepositoryInput) (*api.CreateRepositoryOutput, error) {
	if err := s.checkRegistry(in.RegistryId); err != nil {
		return nil, err
	}
	name := *in.RepositoryName
	if !validName.MatchString(name) {
		return nil, invalid("repositoryName", "must satisfy regular expression '"+nameSyntax+"'")
	}
	if len(name) < 2 || len(name) > 256 {
		return nil, invalid("repositoryName", "must be between 2 and 256 characters long")
	}
	if _, ok := s.repositories[name]; ok {
		return nil, wire.Errorf("RepositoryAlreadyExistsException",
			"The repository with name '%s' already exists in the registry with id '%s'", name, s.cfg.Account)
	}
	if err := checkEncryption(in.EncryptionConfiguration); err != nil {
		return nil, err
	}
	if err := checkMutability(in.ImageTagMutability); err != nil {
		return nil, err
	}
	tags, err := mergeTags(nil, in.Tags)
	if err != nil {
		return nil, err
	}
	repo := &repository{name: name, tags: tags, images: map[string]*image{}, layers: map[string]int64{}}
	repo.api = types.Repository{
		RepositoryName: &name, RepositoryArn: aws.String(s.arn(name)), RepositoryUri: aws.String(s.Host() + "/" + name),
		RegistryId: &s.cfg.Account, CreatedAt: aws.Time(time.Now()), ImageTagMutability: in.ImageTagMutability,
		ImageScanningConfiguration: &types.ImageScanningConfiguration{},
		EncryptionConfiguration:    &types.EncryptionConfiguration{EncryptionType: types.EncryptionTypeAes256},
	}
	if repo.api.ImageTagMutability == "" {
		repo.api.ImageTagMutability = types.ImageTagMutabilityMutable
	}
	if in.ImageScanningConfiguration != nil {
		repo.api.ImageScanningConfiguration = in.ImageScanningConfiguration
	}
	s.repositories[name] = repo
	return &api.CreateRepositoryOutput{Repository: &repo.api}, nil
}

func checkEncryption(c *types.EncryptionConfiguration) error {
	if c == nil || c.EncryptionType == types.EncryptionTypeAes256 && c.KmsKey == nil {
		return nil
	}
	return wire.NotImplemented("repositories that are encrypted with keys of KMS")
}

func (s *Service) describeRepositories(_ context.Context,
	in *api.DescribeRepositoriesInput) (*api.DescribeRepositoriesOutput, error) {
	size, err := pageSize(in.MaxResults)
	if err != nil {
		return nil, err
	}
	names := in.RepositoryNames
	if len(names) == 0 {
		for name := range s.repositories {
			names = append(names, name)
		}
		slices.Sort(names)
	}
	var found []types.Repository
	for _, name := range names {
		repo, err := s.find(in.RegistryId, &name)
		if err != nil {
			return nil, err
		}
		found = append(found, repo.api)
	}
	page, next, err := wire.Page(found, in.NextToken, size, badToken)
	return &api.DescribeRepositoriesOutput{Repositories: page, NextToken: next}, err
}

func (s *Service) deleteRepository(_ context.Context,
	in *api.DeleteRepositoryInput) (*api.DeleteRepositoryOutput, error) {
	repo, err := s.find(in.RegistryId, in.RepositoryName)
	if err != nil {
		return nil, err
	}
	if len(repo.images) > 0 && !in.Force {
		return nil, wire.Errorf("RepositoryNotEmptyException",
			"The repository with name '%s' in registry with id '%s' cannot be deleted because it still contains images",
			repo.name, s.cfg.Account)
	}
	delete(s.repositories, repo.name)
	return &api.DeleteRepositoryOutput{Repository: &repo.api}, nil
}

// Host is the registry's, as it stands at the beginning of image references.
func (s *Service) Host() string {
	return strings.TrimPrefix(s.cfg.URL, "http://")
}
