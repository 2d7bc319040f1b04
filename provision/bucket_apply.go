package provision

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"ecsctl/internal/awserr"
)

func (b *bucket) apply(ctx context.Context) (string, error) {
	if b.found == nil {
		if err := b.create(ctx); err != nil {
			return "", err
		}
	}
	for _, put := range []func(context.Context) error{b.putTags, b.putBlock, b.putEncryption, b.putLifecycle,
		b.putPolicy} {
		if err := put(ctx); err != nil {
			return "", err
		}
	}
	return b.w.bucketARN(), nil
}

// create makes the bucket with its tags, so that it is known for ours from its first moment.
func (b *bucket) create(ctx context.Context) error {
	wanted := &types.CreateBucketConfiguration{Tags: bucketTags(b.w.wantedTags())}
	if b.w.id.Region != "us-east-1" { // which S3 takes for the place of those that name none
		wanted.LocationConstraint = types.BucketLocationConstraint(b.w.id.Region)
	}
	_, err := b.w.aws.S3.CreateBucket(ctx, &s3.CreateBucketInput{Bucket: b.name(), CreateBucketConfiguration: wanted})
	if err != nil && !awserr.HasCode(err, "BucketAlreadyOwnedByYou") {
		return explain("create the bucket", err)
	}
	if err := b.find(ctx); err != nil {
		return err
	}
	if b.found == nil {
		b.found = &foundBucket{tags: b.w.wantedTags()} // S3 is slow to show it
	}
	return b.check()
}

func bucketTags(tags map[string]string) []types.Tag {
	return tagList(tags, func(key, value *string) types.Tag { return types.Tag{Key: key, Value: value} })
}

// putTags puts those that are there, too: S3 takes only all of them.
func (b *bucket) putTags(ctx context.Context) error {
	missing := b.w.missingTags(b.found.tags)
	if len(missing) == 0 {
		return nil
	}
	all := maps.Clone(b.found.tags)
	if all == nil {
		all = map[string]string{}
	}
	maps.Copy(all, missing)
	_, err := b.w.aws.S3.PutBucketTagging(ctx, &s3.PutBucketTaggingInput{
		Bucket: b.name(), Tagging: &types.Tagging{TagSet: bucketTags(all)},
	})
	return explain("tag the bucket", err)
}

func (b *bucket) putBlock(ctx context.Context) error {
	if len(b.blockFields()) == 0 {
		return nil
	}
	on := aws.Bool(true)
	_, err := b.w.aws.S3.PutPublicAccessBlock(ctx, &s3.PutPublicAccessBlockInput{Bucket: b.name(),
		PublicAccessBlockConfiguration: &types.PublicAccessBlockConfiguration{
			BlockPublicAcls: on, BlockPublicPolicy: on, IgnorePublicAcls: on, RestrictPublicBuckets: on,
		}})
	return explain("block public access to the bucket", err)
}

func (b *bucket) putEncryption(ctx context.Context) error {
	if len(b.encryptionFields()) == 0 {
		return nil
	}
	by := &types.ServerSideEncryptionByDefault{SSEAlgorithm: types.ServerSideEncryptionAes256}
	_, err := b.w.aws.S3.PutBucketEncryption(ctx, &s3.PutBucketEncryptionInput{Bucket: b.name(),
		ServerSideEncryptionConfiguration: &types.ServerSideEncryptionConfiguration{
			Rules: []types.ServerSideEncryptionRule{{ApplyServerSideEncryptionByDefault: by}},
		}})
	return explain("set the encryption of the bucket", err)
}

func (b *bucket) putLifecycle(ctx context.Context) error {
	if len(b.lifecycleFields()) == 0 {
		return nil
	}
	rules := slices.DeleteFunc(slices.Clone(b.found.rules), func(r types.LifecycleRule) bool {
		return aws.ToString(r.ID) == lifecycleID
	})
	_, err := b.w.aws.S3.PutBucketLifecycleConfiguration(ctx, &s3.PutBucketLifecycleConfigurationInput{Bucket: b.name(),
		LifecycleConfiguration: &types.BucketLifecycleConfiguration{Rules: append(rules, lifecycleRule())}})
	return explain("set the lifecycle of the bucket", err)
}

// putPolicy names the flow runs' role, which S3 may not know yet.
func (b *bucket) putPolicy(ctx context.Context) error {
	policy := b.policy()
	if len(comparePolicies("", b.found.policy, policy)) == 0 {
		return nil
	}
	err := b.w.insist(ctx, func(err error) bool { return awserr.HasCode(err, "MalformedPolicy") }, func() error {
		_, err := b.w.aws.S3.PutBucketPolicy(ctx, &s3.PutBucketPolicyInput{Bucket: b.name(), Policy: &policy})
		return err
	})
	return explain("put the policy of the bucket", err)
}

func (b *bucket) remove() Change {
	c := Change{Kind: KindBucket, Name: b.w.bucketName(), Action: Delete, Reason: "with all bundles and results in it"}
	switch {
	case b.found == nil:
		return Change{Kind: KindBucket, Name: b.w.bucketName(), Action: None}
	case !b.owned():
		c.Action, c.Reason = Leave, notOurs
	}
	c.ID = b.w.bucketARN()
	return c
}

// delete empties the bucket first, of old versions too: S3 deletes no other.
func (b *bucket) delete(ctx context.Context) error {
	api := b.w.aws.S3
	pages := s3.NewListObjectVersionsPaginator(api, &s3.ListObjectVersionsInput{Bucket: b.name()})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return explain("list the objects of the bucket", unlessNoBucket(err))
		}
		var ids []types.ObjectIdentifier
		for _, v := range page.Versions {
			ids = append(ids, types.ObjectIdentifier{Key: v.Key, VersionId: v.VersionId})
		}
		for _, m := range page.DeleteMarkers {
			ids = append(ids, types.ObjectIdentifier{Key: m.Key, VersionId: m.VersionId})
		}
		if len(ids) == 0 {
			continue
		}
		out, err := api.DeleteObjects(ctx, &s3.DeleteObjectsInput{
			Bucket: b.name(), Delete: &types.Delete{Objects: ids},
		})
		if err != nil {
			return explain("empty the bucket", unlessNoBucket(err))
		}
		if len(out.Errors) > 0 {
			first := out.Errors[0]
			return fmt.Errorf("failed to empty the bucket: %q: %s", aws.ToString(first.Key),
				aws.ToString(first.Message))
		}
	}
	_, err := api.DeleteBucket(ctx, &s3.DeleteBucketInput{Bucket: b.name()})
	return explain("delete the bucket", unlessNoBucket(err))
}

func unlessNoBucket(err error) error {
	if awserr.HasCode(err, "NoSuchBucket") {
		return nil
	}
	return err
}
