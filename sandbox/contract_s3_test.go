package sandbox_test

import (
	"context"
	"io"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/google/go-cmp/cmp"
)

// bucket makes a bucket with a tag and returns its name.
func (c *clients) bucket(t *testing.T) *string {
	t.Helper()
	name := unique("contract")
	must(c.s3.CreateBucket(t.Context(), &s3.CreateBucketInput{Bucket: name}))(t)
	afterwards(t, func(ctx context.Context) { _, _ = c.s3.DeleteBucket(ctx, &s3.DeleteBucketInput{Bucket: name}) })
	must(c.s3.PutBucketTagging(t.Context(), &s3.PutBucketTaggingInput{Bucket: name,
		Tagging: &types.Tagging{TagSet: []types.Tag{{Key: aws.String("a"), Value: aws.String("1 & 2")}}}}))(t)
	return name
}

func TestBucketTags(t *testing.T) {
	t.Parallel()
	c := contract(t)
	name := c.bucket(t)
	must(c.s3.HeadBucket(t.Context(), &s3.HeadBucketInput{Bucket: name}))(t)
	got := must(c.s3.GetBucketTagging(t.Context(), &s3.GetBucketTaggingInput{Bucket: name}))(t).TagSet
	if len(got) != 1 || *got[0].Key != "a" || *got[0].Value != "1 & 2" {
		t.Errorf("got tags %+v", got)
	}
	must(c.s3.DeleteBucket(t.Context(), &s3.DeleteBucketInput{Bucket: name}))(t)
	_, err := c.s3.GetBucketTagging(t.Context(), &s3.GetBucketTaggingInput{Bucket: name})
	wantCode(t, err, "NoSuchBucket")
	_, err = c.s3.HeadBucket(t.Context(), &s3.HeadBucketInput{Bucket: name})
	wantCode(t, err, "NotFound")
}

func TestBucketSettings(t *testing.T) {
	t.Parallel()
	c := contract(t)
	name := c.bucket(t)
	_, err := c.s3.GetBucketLifecycleConfiguration(t.Context(), &s3.GetBucketLifecycleConfigurationInput{Bucket: name})
	wantCode(t, err, "NoSuchLifecycleConfiguration")
	must(c.s3.PutBucketLifecycleConfiguration(t.Context(), &s3.PutBucketLifecycleConfigurationInput{Bucket: name,
		LifecycleConfiguration: &types.BucketLifecycleConfiguration{Rules: []types.LifecycleRule{{
			ID: aws.String("old"), Status: types.ExpirationStatusEnabled,
			Filter:     &types.LifecycleRuleFilter{Prefix: aws.String("")},
			Expiration: &types.LifecycleExpiration{Days: aws.Int32(90)},
		}}}}))(t)
	rules := must(c.s3.GetBucketLifecycleConfiguration(t.Context(),
		&s3.GetBucketLifecycleConfigurationInput{Bucket: name}))(t).Rules
	if len(rules) != 1 || *rules[0].ID != "old" || *rules[0].Expiration.Days != 90 {
		t.Errorf("got rules %+v", rules)
	}
	must(c.s3.PutPublicAccessBlock(t.Context(), &s3.PutPublicAccessBlockInput{Bucket: name,
		PublicAccessBlockConfiguration: &types.PublicAccessBlockConfiguration{BlockPublicAcls: aws.Bool(true)}}))(t)
	block := must(c.s3.GetPublicAccessBlock(t.Context(), &s3.GetPublicAccessBlockInput{Bucket: name}))(
		t).PublicAccessBlockConfiguration
	if !aws.ToBool(block.BlockPublicAcls) || aws.ToBool(block.BlockPublicPolicy) {
		t.Errorf("got %+v", block)
	}
	must(c.s3.PutBucketEncryption(t.Context(), &s3.PutBucketEncryptionInput{Bucket: name,
		ServerSideEncryptionConfiguration: &types.ServerSideEncryptionConfiguration{
			Rules: []types.ServerSideEncryptionRule{{
				ApplyServerSideEncryptionByDefault: &types.ServerSideEncryptionByDefault{
					SSEAlgorithm: types.ServerSideEncryptionAes256}}}}}))(t)
	encryption := must(c.s3.GetBucketEncryption(t.Context(), &s3.GetBucketEncryptionInput{Bucket: name}))(
		t).ServerSideEncryptionConfiguration
	if len(encryption.Rules) != 1 || encryption.Rules[0].ApplyServerSideEncryptionByDefault.SSEAlgorithm != "AES256" {
		t.Errorf("got %+v", encryption)
	}
}

func TestObjects(t *testing.T) {
	t.Parallel()
	c := contract(t)
	name := c.bucket(t)
	for _, key := range []string{"results/a b", "b"} {
		must(c.s3.PutObject(t.Context(), &s3.PutObjectInput{
			Bucket: name, Key: &key, Body: strings.NewReader("of " + key),
		}))(t)
	}
	got := must(c.s3.GetObject(t.Context(), &s3.GetObjectInput{Bucket: name, Key: aws.String("results/a b")}))(t)
	defer got.Body.Close()
	if text := must(io.ReadAll(got.Body))(t); string(text) != "of results/a b" {
		t.Errorf("got %q", text)
	}
	_, err := c.s3.GetObject(t.Context(), &s3.GetObjectInput{Bucket: name, Key: aws.String("none")})
	wantCode(t, err, "NoSuchKey")
	_, err = c.s3.DeleteBucket(t.Context(), &s3.DeleteBucketInput{Bucket: name})
	wantCode(t, err, "BucketNotEmpty")

	var keys []string
	var ids []types.ObjectIdentifier
	pages := s3.NewListObjectVersionsPaginator(c.s3, &s3.ListObjectVersionsInput{Bucket: name, MaxKeys: aws.Int32(1)})
	for pages.HasMorePages() {
		for _, v := range must(pages.NextPage(t.Context()))(t).Versions {
			keys, ids = append(keys, *v.Key), append(ids, types.ObjectIdentifier{Key: v.Key, VersionId: v.VersionId})
		}
	}
	if diff := cmp.Diff([]string{"b", "results/a b"}, keys); diff != "" {
		t.Errorf("the objects (-want +got):\n%s", diff)
	}
	must(c.s3.DeleteObjects(t.Context(), &s3.DeleteObjectsInput{Bucket: name, Delete: &types.Delete{Objects: ids}}))(t)
	if left := must(c.s3.ListObjectsV2(t.Context(), &s3.ListObjectsV2Input{Bucket: name}))(t).Contents; len(left) > 0 {
		t.Errorf("%d objects are left", len(left))
	}
}

func TestBucketNamesThatS3Refuses(t *testing.T) {
	t.Parallel()
	c := contract(t)
	_, err := c.s3.CreateBucket(t.Context(), &s3.CreateBucketInput{Bucket: aws.String("Contract")})
	wantCode(t, err, "InvalidBucketName")
	_, err = c.s3.CreateBucket(t.Context(), &s3.CreateBucketInput{Bucket: unique("contract"),
		CreateBucketConfiguration: &types.CreateBucketConfiguration{LocationConstraint: "eu-west-1"}})
	wantCode(t, err, "IllegalLocationConstraintException")
}
