package ecr

import (
	"context"

	api "github.com/aws/aws-sdk-go-v2/service/ecr"
	"github.com/aws/aws-sdk-go-v2/service/ecr/schemas"
	"github.com/aws/aws-sdk-go-v2/service/ecr/types"

	"ecsctl/sandbox/internal/wire"
)

func (s *Service) handleSettings() {
	wire.HandleJSON(s.JSON, "PutImageScanningConfiguration", schemas.PutImageScanningConfigurationRequest,
		schemas.PutImageScanningConfigurationResponse,
		"registryId repositoryName! imageScanningConfiguration!", s.putScanning)
	wire.HandleJSON(s.JSON, "PutImageTagMutability", schemas.PutImageTagMutabilityRequest,
		schemas.PutImageTagMutabilityResponse,
		"registryId repositoryName! imageTagMutability!", s.putMutability)
}

// putScanning only remembers: images are not scanned in the sandbox, and ask for no findings.
func (s *Service) putScanning(_ context.Context,
	in *api.PutImageScanningConfigurationInput) (*api.PutImageScanningConfigurationOutput, error) {
	repo, err := s.find(in.RegistryId, in.RepositoryName)
	if err != nil {
		return nil, err
	}
	repo.api.ImageScanningConfiguration = in.ImageScanningConfiguration
	return &api.PutImageScanningConfigurationOutput{
		RegistryId: &s.cfg.Account, RepositoryName: &repo.name,
		ImageScanningConfiguration: in.ImageScanningConfiguration,
	}, nil
}

func (s *Service) putMutability(_ context.Context,
	in *api.PutImageTagMutabilityInput) (*api.PutImageTagMutabilityOutput, error) {
	repo, err := s.find(in.RegistryId, in.RepositoryName)
	if err != nil {
		return nil, err
	}
	if err := checkMutability(in.ImageTagMutability); err != nil {
		return nil, err
	}
	repo.api.ImageTagMutability = in.ImageTagMutability
	return &api.PutImageTagMutabilityOutput{
		RegistryId: &s.cfg.Account, RepositoryName: &repo.name, ImageTagMutability: in.ImageTagMutability,
	}, nil
}

func checkMutability(m types.ImageTagMutability) error {
	switch m {
	case "", types.ImageTagMutabilityMutable, types.ImageTagMutabilityImmutable:
		return nil
	default:
		return wire.NotImplemented("the imageTagMutability " + string(m))
	}
}
