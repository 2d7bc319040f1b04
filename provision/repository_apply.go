package provision

import (
	"context"
	"errors"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecr"
	"github.com/aws/aws-sdk-go-v2/service/ecr/types"
)

func (r *repository) apply(ctx context.Context) (string, error) {
	if r.found == nil {
		if err := r.create(ctx); err != nil {
			return "", err
		}
	}
	r.w.setValue(r.kind, r.found.uri)
	if !r.owned() {
		return r.found.arn, nil
	}
	if err := r.tag(ctx); err != nil {
		return "", err
	}
	return r.found.arn, r.configure(ctx)
}

// create makes the repository with everything that its creation takes; the lifecycle
// policy is a call of its own.
func (r *repository) create(ctx context.Context) error {
	out, err := r.w.aws.ECR.CreateRepository(ctx, &ecr.CreateRepositoryInput{
		RepositoryName:             aws.String(r.name()),
		ImageTagMutability:         types.ImageTagMutabilityImmutable,
		ImageScanningConfiguration: &types.ImageScanningConfiguration{ScanOnPush: true},
		Tags:                       ecrTags(r.w.wantedTags()),
	})
	var exists *types.RepositoryAlreadyExistsException
	if errors.As(err, &exists) {
		return r.meetOther(ctx)
	}
	if err != nil {
		return explain("create the repository", err)
	}
	r.found = &foundRepository{
		arn: *out.Repository.RepositoryArn, uri: *out.Repository.RepositoryUri, scanOnPush: true,
		mutability: types.ImageTagMutabilityImmutable, tags: r.w.wantedTags(),
	}
	return nil
}

// meetOther goes on with a repository that another bootstrap made since we looked.
func (r *repository) meetOther(ctx context.Context) error {
	if err := r.find(ctx); err != nil {
		return err
	}
	if r.found == nil {
		return errors.New("it was created and deleted by somebody else at the same time: run the command again")
	}
	return nil
}

func (r *repository) tag(ctx context.Context) error {
	tags := r.w.missingTags(r.found.tags)
	if len(tags) == 0 {
		return nil
	}
	_, err := r.w.aws.ECR.TagResource(ctx, &ecr.TagResourceInput{
		ResourceArn: aws.String(r.found.arn), Tags: ecrTags(tags),
	})
	return explain("tag the repository", err)
}

// configure writes what differs.
func (r *repository) configure(ctx context.Context) error {
	name := aws.String(r.name())
	if r.found.mutability != types.ImageTagMutabilityImmutable {
		_, err := r.w.aws.ECR.PutImageTagMutability(ctx, &ecr.PutImageTagMutabilityInput{
			RepositoryName: name, ImageTagMutability: types.ImageTagMutabilityImmutable,
		})
		if err != nil {
			return explain("make the repository's tags immutable", err)
		}
	}
	if !r.found.scanOnPush {
		_, err := r.w.aws.ECR.PutImageScanningConfiguration(ctx, &ecr.PutImageScanningConfigurationInput{
			RepositoryName: name, ImageScanningConfiguration: &types.ImageScanningConfiguration{ScanOnPush: true},
		})
		if err != nil {
			return explain("have the repository's images scanned", err)
		}
	}
	if len(r.lifecycleFields()) == 0 {
		return nil
	}
	_, err := r.w.aws.ECR.PutLifecyclePolicy(ctx, &ecr.PutLifecyclePolicyInput{
		RepositoryName: name, LifecyclePolicyText: aws.String(lifecyclePolicy()),
	})
	return explain("set the repository's lifecycle policy", err)
}

func ecrTags(tags map[string]string) []types.Tag {
	return tagList(tags, func(key, value *string) types.Tag { return types.Tag{Key: key, Value: value} })
}
