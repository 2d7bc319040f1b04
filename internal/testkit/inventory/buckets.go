package inventory

import (
	"context"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
)

// bucket is what a bucket has of its own; what is in it is not listed.
type bucket struct {
	Tags   map[string]string
	Policy string
}

func (s *Source) readBuckets(ctx context.Context, snap *Snapshot) error {
	list, err := s.S3.ListBuckets(ctx, &s3.ListBucketsInput{})
	if err != nil {
		return fmt.Errorf("failed to list buckets: %w", err)
	}
	for _, found := range list.Buckets {
		b := bucket{Tags: map[string]string{}}
		if tags, err := s.S3.GetBucketTagging(ctx, &s3.GetBucketTaggingInput{Bucket: found.Name}); err == nil {
			for _, tag := range tags.TagSet {
				b.Tags[aws.ToString(tag.Key)] = aws.ToString(tag.Value)
			}
		}
		if policy, err := s.S3.GetBucketPolicy(ctx, &s3.GetBucketPolicyInput{Bucket: found.Name}); err == nil {
			b.Policy = aws.ToString(policy.Policy)
		}
		if err := snap.add(Bucket, *found.Name, b); err != nil {
			return err
		}
	}
	return nil
}
