package provision

import (
	"cmp"
	"context"
	"errors"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"ecsctl/internal/awserr"
	"ecsctl/internal/hint"
	"ecsctl/provision/spec"
	"ecsctl/templates"
)

const (
	// bundleDays is how long bundles and results are kept: a run may be retried that long.
	bundleDays = 90
	// uploadDays is after how long an upload that was broken off is forgotten.
	uploadDays = 7
	// resultFolder is where Prefect's command line has results kept.
	resultFolder = "results"
	lifecycleID  = "ecsctl"
)

// bucket holds the code of flows that are submitted as bundles, and their results.
type bucket struct {
	w      *world
	leaves bool // teardown: its settings do not matter
	chosen bool // the Spec asks for it, or the pool remembers it
	found  *foundBucket
}

type foundBucket struct {
	tags      map[string]string
	block     types.PublicAccessBlockConfiguration
	encrypted string // the algorithm
	rules     []types.LifecycleRule
	policy    string
}

// wantsBundles reports whether the pool gets bundle storage. Without being asked, bootstrap
// leaves what an earlier one has made.
func (w *world) wantsBundles() bool { return w.spec.FlowRuns.BundleStorage }

// bucketName is unique among all accounts, as S3 wants it.
func (w *world) bucketName() string {
	return cmp.Or(w.spec.Names.Bucket, spec.BucketName(w.spec.Pool, w.spec.Region, w.id.Account))
}

func (w *world) bucketARN() string { return "arn:" + w.id.Partition + ":s3:::" + w.bucketName() }

func (b *bucket) ref() (Kind, string) { return KindBucket, b.w.bucketName() }
func (b *bucket) owned() bool         { return b.found != nil && b.w.owns(b.found.tags) }
func (b *bucket) name() *string       { return aws.String(b.w.bucketName()) }

// needs: the bucket's policy names the role.
func (b *bucket) needs() []Kind { return []Kind{KindFlowRole} }

func (b *bucket) find(ctx context.Context) error {
	found, err := b.read(ctx)
	if awserr.HasCode(err, "NoSuchBucket") || awserr.Denied(err) && !b.chosen {
		found, err = nil, nil // whoever may not look has not asked for one
	}
	b.found = found
	return explain(fmt.Sprintf("read %s %q", KindBucket, b.w.bucketName()), err)
}

func (b *bucket) read(ctx context.Context) (*foundBucket, error) {
	api := b.w.aws.S3
	tags, err := api.GetBucketTagging(ctx, &s3.GetBucketTaggingInput{Bucket: b.name()})
	if err != nil && !awserr.HasCode(err, "NoSuchTagSet") {
		return nil, err
	}
	out := &foundBucket{}
	if err == nil {
		out.tags = TagMap(tags.TagSet, func(t types.Tag) (key, value *string) { return t.Key, t.Value })
	}
	if b.leaves {
		return out, nil
	}
	return out, errors.Join(b.readAccess(ctx, out), b.readRules(ctx, out))
}

func (b *bucket) readAccess(ctx context.Context, out *foundBucket) error {
	block, err := b.w.aws.S3.GetPublicAccessBlock(ctx, &s3.GetPublicAccessBlockInput{Bucket: b.name()})
	if err == nil {
		out.block = *block.PublicAccessBlockConfiguration
	} else if !awserr.HasCode(err, "NoSuchPublicAccessBlockConfiguration") {
		return err
	}
	policy, err := b.w.aws.S3.GetBucketPolicy(ctx, &s3.GetBucketPolicyInput{Bucket: b.name()})
	if err == nil {
		out.policy = aws.ToString(policy.Policy)
	} else if !awserr.HasCode(err, "NoSuchBucketPolicy") {
		return err
	}
	return nil
}

func (b *bucket) readRules(ctx context.Context, out *foundBucket) error {
	encryption, err := b.w.aws.S3.GetBucketEncryption(ctx, &s3.GetBucketEncryptionInput{Bucket: b.name()})
	if err == nil {
		for _, rule := range encryption.ServerSideEncryptionConfiguration.Rules {
			if by := rule.ApplyServerSideEncryptionByDefault; by != nil {
				out.encrypted = string(by.SSEAlgorithm)
			}
		}
	} else if !awserr.HasCode(err, "ServerSideEncryptionConfigurationNotFoundError") {
		return err
	}
	lifecycle, err := b.w.aws.S3.GetBucketLifecycleConfiguration(ctx,
		&s3.GetBucketLifecycleConfigurationInput{Bucket: b.name()})
	if err == nil {
		out.rules = lifecycle.Rules
	} else if !awserr.HasCode(err, "NoSuchLifecycleConfiguration") {
		return err
	}
	return nil
}

// check refuses what cannot work: a bucket of somebody else's, a server without bundles,
// runs without a role that could read one.
func (b *bucket) check() error {
	switch {
	case !b.w.wantsBundles():
		return nil
	case b.w.server.prefect2():
		return hint.Add(errors.New("bundle storage needs Prefect 3: Prefect 2 has no bundles"),
			"leave out --bundle-storage")
	case b.w.flowRunTaskRole() == "":
		return hint.Add(errors.New("flow runs have no task role that could read their bundles"),
			"name one with --flow-run-task-role")
	case b.found != nil && !b.owned():
		return hint.Add(fmt.Errorf("%s %q exists and was not made by ecsctl for this pool", KindBucket,
			b.w.bucketName()),
			"name another one with --bucket-name")
	}
	return nil
}

func (b *bucket) diff() Change {
	c := Change{Kind: KindBucket, Name: b.w.bucketName(), ID: b.w.bucketARN()}
	if b.found == nil {
		c.Action, c.ID = Create, ""
		return c
	}
	c.Fields = append(c.Fields, b.blockFields()...)
	c.Fields = append(c.Fields, b.encryptionFields()...)
	c.Fields = append(c.Fields, b.lifecycleFields()...)
	c.Fields = append(c.Fields, comparePolicies("policy", b.found.policy, b.policy())...)
	c.Fields = append(c.Fields, b.w.tagFields(b.found.tags)...)
	c.Action = updateIf(c.Fields)
	return c
}

func (b *bucket) blockFields() []Field {
	has := b.found.block
	for _, on := range []*bool{has.BlockPublicAcls, has.BlockPublicPolicy, has.IgnorePublicAcls,
		has.RestrictPublicBuckets} {
		if !aws.ToBool(on) {
			return []Field{{Path: "publicAccess", Before: "not blocked in full", After: "blocked"}}
		}
	}
	return nil
}

// encryptionFields leaves a key of the user's own alone.
func (b *bucket) encryptionFields() []Field {
	if b.found.encrypted != "" {
		return nil
	}
	return compare("encryption", "", string(types.ServerSideEncryptionAes256))
}

// lifecycleFields leaves rules of the user's own alone: one that is called as ours is ours.
func (b *bucket) lifecycleFields() []Field {
	var has types.LifecycleRule
	for _, rule := range b.found.rules {
		if aws.ToString(rule.ID) == lifecycleID {
			has = rule
		}
	}
	shape := func(r types.LifecycleRule) map[string]any {
		out := map[string]any{"status": r.Status}
		if r.Expiration != nil {
			out["expirationDays"] = aws.ToInt32(r.Expiration.Days)
		}
		if r.AbortIncompleteMultipartUpload != nil {
			out["abortUploadDays"] = aws.ToInt32(r.AbortIncompleteMultipartUpload.DaysAfterInitiation)
		}
		return out
	}
	return compare("lifecycle", shape(has), shape(lifecycleRule()))
}

func lifecycleRule() types.LifecycleRule {
	return types.LifecycleRule{
		ID: aws.String(lifecycleID), Status: types.ExpirationStatusEnabled,
		Filter:     &types.LifecycleRuleFilter{Prefix: aws.String("")},
		Expiration: &types.LifecycleExpiration{Days: aws.Int32(bundleDays)},
		AbortIncompleteMultipartUpload: &types.AbortIncompleteMultipartUpload{
			DaysAfterInitiation: aws.Int32(uploadDays)},
	}
}

// policy lets the task role of flow runs read bundles and keep results, be it made here or
// the user's own.
func (b *bucket) policy() string {
	arn := b.w.bucketARN()
	return templates.Policy(templates.BucketPolicy, map[string]any{
		"FlowRole": b.w.flowRunTaskRole(), "Objects": arn + "/*", "Results": arn + "/" + resultFolder + "/*",
		"Bucket": []string{arn, arn + "/*"},
	})
}
