package inventory

import (
	"context"
	"errors"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecr"
	"github.com/aws/aws-sdk-go-v2/service/ecr/types"
)

type repository struct {
	TagMutability string
	ScanOnPush    bool
	Lifecycle     string
	Tags          map[string]string
	Images        map[string][]string // tags by digest
}

func (s *Source) readRepositories(ctx context.Context, snap *Snapshot) error {
	pages := ecr.NewDescribeRepositoriesPaginator(s.ECR, &ecr.DescribeRepositoriesInput{})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return fmt.Errorf("failed to list repositories: %w", err)
		}
		for _, found := range page.Repositories {
			name := aws.ToString(found.RepositoryName)
			got, err := s.readRepository(ctx, found)
			if err != nil {
				return fmt.Errorf("failed to read repository %q: %w", name, err)
			}
			if err := snap.add(Repository, name, got); err != nil {
				return err
			}
		}
	}
	return nil
}

func (s *Source) readRepository(ctx context.Context, found types.Repository) (repository, error) {
	out := repository{TagMutability: string(found.ImageTagMutability), Tags: map[string]string{},
		Images: map[string][]string{}}
	if c := found.ImageScanningConfiguration; c != nil {
		out.ScanOnPush = c.ScanOnPush
	}
	tags, err := s.ECR.ListTagsForResource(ctx, &ecr.ListTagsForResourceInput{ResourceArn: found.RepositoryArn})
	if err != nil {
		return out, err
	}
	for _, tag := range tags.Tags {
		out.Tags[aws.ToString(tag.Key)] = aws.ToString(tag.Value)
	}
	policy, err := s.ECR.GetLifecyclePolicy(ctx, &ecr.GetLifecyclePolicyInput{RepositoryName: found.RepositoryName})
	var none *types.LifecyclePolicyNotFoundException
	switch {
	case err == nil:
		out.Lifecycle = aws.ToString(policy.LifecyclePolicyText)
	case !errors.As(err, &none):
		return out, err
	}
	pages := ecr.NewDescribeImagesPaginator(s.ECR, &ecr.DescribeImagesInput{RepositoryName: found.RepositoryName})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return out, err
		}
		for _, image := range page.ImageDetails {
			out.Images[aws.ToString(image.ImageDigest)] = image.ImageTags
		}
	}
	return out, nil
}
