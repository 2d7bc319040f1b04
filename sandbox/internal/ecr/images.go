package ecr

import (
	"context"

	api "github.com/aws/aws-sdk-go-v2/service/ecr"
	"github.com/aws/aws-sdk-go-v2/service/ecr/schemas"
	"github.com/aws/aws-sdk-go-v2/service/ecr/types"

	"github.com/aws/aws-sdk-go-v2/aws"

	"ecsctl/sandbox/internal/wire"
)

func (s *Service) handleImages() {
	wire.HandleJSON(s.JSON, "DescribeImages", schemas.DescribeImagesRequest, schemas.DescribeImagesResponse,
		"registryId repositoryName! imageIds nextToken maxResults filter", s.describeImages)
	wire.HandleJSON(s.JSON, "ListImages", schemas.ListImagesRequest, schemas.ListImagesResponse,
		"registryId repositoryName! nextToken maxResults filter", s.listImages)
	wire.HandleJSON(s.JSON, "PutImage", schemas.PutImageRequest, schemas.PutImageResponse,
		"registryId repositoryName! imageManifest! imageManifestMediaType imageTag imageDigest", s.putImage)
}

func (s *Service) describeImages(_ context.Context, in *api.DescribeImagesInput) (*api.DescribeImagesOutput, error) {
	repo, err := s.find(in.RegistryId, in.RepositoryName)
	if err != nil {
		return nil, err
	}
	size, err := pageSize(in.MaxResults)
	if err != nil {
		return nil, err
	}
	var found []types.ImageDetail
	for _, id := range in.ImageIds {
		img := repo.lookUp(id)
		if img == nil {
			return nil, s.imageNotFound(repo, id)
		}
		found = append(found, s.detail(repo, img))
	}
	if len(in.ImageIds) > 0 {
		if in.NextToken != nil || in.MaxResults != nil {
			return nil, wire.Errorf("InvalidParameterException",
				"Invalid request parameters: imageIds goes with neither nextToken nor maxResults")
		}
		return &api.DescribeImagesOutput{ImageDetails: found}, nil
	}
	wanted, err := tagFilter(in.Filter)
	if err != nil {
		return nil, err
	}
	for _, img := range repo.sorted() {
		if wanted(img) {
			found = append(found, s.detail(repo, img))
		}
	}
	page, next, err := wire.Page(found, in.NextToken, size, badToken)
	return &api.DescribeImagesOutput{ImageDetails: page, NextToken: next}, err
}

func tagFilter(f *types.DescribeImagesFilter) (func(*image) bool, error) {
	switch {
	case f == nil:
		return byTagStatus(""), nil
	case f.ImageStatus != "" && f.ImageStatus != types.ImageStatusFilterActive &&
		f.ImageStatus != types.ImageStatusFilterAny:
		return nil, wire.NotImplemented("images with the status " + string(f.ImageStatus))
	default:
		return byTagStatus(f.TagStatus), nil
	}
}

func byTagStatus(status types.TagStatus) func(*image) bool {
	return func(img *image) bool {
		switch status {
		case types.TagStatusTagged:
			return len(img.tags) > 0
		case types.TagStatusUntagged:
			return len(img.tags) == 0
		default:
			return true
		}
	}
}

func (s *Service) detail(repo *repository, img *image) types.ImageDetail {
	d := types.ImageDetail{
		RegistryId: &s.cfg.Account, RepositoryName: &repo.name, ImageDigest: &img.digest, ImageSizeInBytes: &img.size,
		ImagePushedAt: &img.pushed, ImageManifestMediaType: aws.String(string(img.mediaType)),
		LastRecordedPullTime: img.pulled, ImageStatus: types.ImageStatusActive,
	}
	if len(img.tags) > 0 {
		d.ImageTags = append([]string{}, img.tags...)
	}
	if img.image != nil {
		d.ArtifactMediaType = aws.String(string(img.image.Config.MediaType))
	}
	return d
}

func (s *Service) listImages(_ context.Context, in *api.ListImagesInput) (*api.ListImagesOutput, error) {
	repo, err := s.find(in.RegistryId, in.RepositoryName)
	if err != nil {
		return nil, err
	}
	size, err := pageSize(in.MaxResults)
	if err != nil {
		return nil, err
	}
	wanted := byTagStatus("")
	if in.Filter != nil {
		if wanted, err = tagFilter(&types.DescribeImagesFilter{
			TagStatus: in.Filter.TagStatus, ImageStatus: in.Filter.ImageStatus,
		}); err != nil {
			return nil, err
		}
	}
	var found []types.ImageIdentifier
	for _, img := range repo.sorted() {
		if wanted(img) {
			found = append(found, img.ids()...)
		}
	}
	page, next, err := wire.Page(found, in.NextToken, size, badToken)
	return &api.ListImagesOutput{ImageIds: page, NextToken: next}, err
}

// ids are one for each tag, or the digest alone.
func (img *image) ids() []types.ImageIdentifier {
	if len(img.tags) == 0 {
		return []types.ImageIdentifier{img.id("")}
	}
	var out []types.ImageIdentifier
	for _, tag := range img.tags {
		out = append(out, img.id(tag))
	}
	return out
}

func (s *Service) putImage(_ context.Context, in *api.PutImageInput) (*api.PutImageOutput, error) {
	repo, err := s.find(in.RegistryId, in.RepositoryName)
	if err != nil {
		return nil, err
	}
	m, err := parseManifest([]byte(*in.ImageManifest), aws.ToString(in.ImageManifestMediaType))
	if err != nil {
		return nil, err
	}
	if in.ImageDigest != nil && *in.ImageDigest != m.digest {
		return nil, digestDiffers(*in.ImageDigest, m.digest)
	}
	tag := aws.ToString(in.ImageTag)
	img, again, err := s.put(repo, m, tag)
	if err != nil {
		return nil, err
	}
	if again {
		return nil, wire.Errorf("ImageAlreadyExistsException", "Image with digest '%s' and tag '%s' already exists "+
			"in the repository with name '%s' in registry with id '%s'",
			img.digest, tag, repo.name, s.cfg.Account)
	}
	out := s.whole(repo, img, tag)
	return &api.PutImageOutput{Image: &out}, nil
}

func digestDiffers(given, is string) *wire.Error {
	return wire.Errorf("ImageDigestDoesNotMatchException",
		"The given digest '%s' does not match the digest of the manifest, which is '%s'", given, is)
}

// whole is an image with its manifest.
func (s *Service) whole(repo *repository, img *image, tag string) types.Image {
	id := img.id(tag)
	return types.Image{
		RegistryId: &s.cfg.Account, RepositoryName: &repo.name, ImageId: &id,
		ImageManifest: aws.String(string(img.data)), ImageManifestMediaType: aws.String(string(img.mediaType)),
	}
}
