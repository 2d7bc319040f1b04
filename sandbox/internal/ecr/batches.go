package ecr

import (
	"context"
	"fmt"
	"regexp"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	api "github.com/aws/aws-sdk-go-v2/service/ecr"
	"github.com/aws/aws-sdk-go-v2/service/ecr/schemas"
	"github.com/aws/aws-sdk-go-v2/service/ecr/types"

	"ecsctl/sandbox/internal/wire"
)

// maxBatch is how many images one call may name.
const maxBatch = 100

var validDigest = regexp.MustCompile(`^sha256:[0-9a-f]{64}$`)

func (s *Service) handleImageBatches() {
	wire.HandleJSON(s.JSON, "BatchGetImage", schemas.BatchGetImageRequest, schemas.BatchGetImageResponse,
		"registryId repositoryName! imageIds!", s.batchGet)
	wire.HandleJSON(s.JSON, "BatchDeleteImage", schemas.BatchDeleteImageRequest, schemas.BatchDeleteImageResponse,
		"registryId repositoryName! imageIds!", s.batchDelete)
}

func checkBatch(ids []types.ImageIdentifier) error {
	if len(ids) < 1 || len(ids) > maxBatch {
		return invalid("imageIds", fmt.Sprintf("must have between 1 and %d items", maxBatch))
	}
	return nil
}

func (s *Service) batchGet(_ context.Context, in *api.BatchGetImageInput) (*api.BatchGetImageOutput, error) {
	repo, err := s.find(in.RegistryId, in.RepositoryName)
	if err != nil {
		return nil, err
	}
	if err := checkBatch(in.ImageIds); err != nil {
		return nil, err
	}
	out := &api.BatchGetImageOutput{Images: []types.Image{}, Failures: []types.ImageFailure{}}
	for _, id := range in.ImageIds {
		img, failure := repo.resolve(id)
		if failure != nil {
			out.Failures = append(out.Failures, *failure)
			continue
		}
		img.pulled = aws.Time(time.Now())
		out.Images = append(out.Images, s.whole(repo, img, aws.ToString(id.ImageTag)))
	}
	return out, nil
}

// resolve finds an image of a batch, or says what is wrong with its identifier.
func (repo *repository) resolve(id types.ImageIdentifier) (*image, *types.ImageFailure) {
	fail := func(code types.ImageFailureCode, reason string) (*image, *types.ImageFailure) {
		return nil, &types.ImageFailure{ImageId: &id, FailureCode: code, FailureReason: &reason}
	}
	switch {
	case id.ImageDigest == nil && id.ImageTag == nil:
		return fail(types.ImageFailureCodeMissingDigestAndTag,
			"Invalid request parameters: both tag and digest cannot be null")
	case id.ImageDigest != nil && !validDigest.MatchString(*id.ImageDigest):
		return fail(types.ImageFailureCodeInvalidImageDigest,
			"Invalid request parameters: image digest should satisfy the regex '[a-zA-Z0-9-_+.]+:[a-fA-F0-9]+'")
	case id.ImageTag != nil && !validTag.MatchString(*id.ImageTag):
		return fail(types.ImageFailureCodeInvalidImageTag,
			"Invalid request parameters: image tag should satisfy the regex '[a-zA-Z0-9-_.]{1,300}'")
	}
	if img := repo.lookUp(id); img != nil {
		return img, nil
	}
	if id.ImageDigest != nil && id.ImageTag != nil && repo.images[*id.ImageDigest] != nil &&
		repo.tagged(*id.ImageTag) != nil {
		return fail(types.ImageFailureCodeImageTagDoesNotMatchDigest, "Requested image tag does not match the digest")
	}
	return fail(types.ImageFailureCodeImageNotFound, "Requested image not found")
}

func (s *Service) batchDelete(_ context.Context, in *api.BatchDeleteImageInput) (*api.BatchDeleteImageOutput, error) {
	repo, err := s.find(in.RegistryId, in.RepositoryName)
	if err != nil {
		return nil, err
	}
	if err := checkBatch(in.ImageIds); err != nil {
		return nil, err
	}
	out := &api.BatchDeleteImageOutput{ImageIds: []types.ImageIdentifier{}, Failures: []types.ImageFailure{}}
	for _, id := range in.ImageIds {
		img, failure := repo.resolve(id)
		if failure == nil {
			failure = repo.referenced(img, id)
		}
		if failure != nil {
			out.Failures = append(out.Failures, *failure)
			continue
		}
		out.ImageIds = append(out.ImageIds, repo.remove(img, id)...)
	}
	return out, nil
}

// referenced refuses to delete an image that an index lists.
func (repo *repository) referenced(img *image, id types.ImageIdentifier) *types.ImageFailure {
	parents := repo.parents(img.digest)
	onlyATag := id.ImageDigest == nil && len(img.tags) > 1
	if len(parents) == 0 || onlyATag {
		return nil
	}
	return &types.ImageFailure{
		ImageId: &id, FailureCode: types.ImageFailureCodeImageReferencedByManifestList,
		FailureReason: aws.String(fmt.Sprintf("Requested image referenced by manifest list: %v", parents)),
	}
}

// remove takes a tag away, and the image with its last one; by digest it takes all.
func (repo *repository) remove(img *image, id types.ImageIdentifier) []types.ImageIdentifier {
	if id.ImageDigest == nil {
		img.untag(*id.ImageTag)
		if len(img.tags) == 0 {
			delete(repo.images, img.digest)
		}
		return []types.ImageIdentifier{img.id(*id.ImageTag)}
	}
	delete(repo.images, img.digest)
	return img.ids()
}
