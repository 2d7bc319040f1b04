package provision_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/google/go-cmp/cmp"

	"ecsctl/internal/hint"
	"ecsctl/internal/testkit/inventory"
	"ecsctl/prefect"
	"ecsctl/provision"
	"ecsctl/sandbox"
	"ecsctl/templates"
)

const bundleBucket = "prefect-bundles-123456789012-eu-west-1-etl"

// tell calls the Prefect API past ecsctl's client and returns the id in the answer.
func (a *account) tell(method, path string, body any) string {
	a.t.Helper()
	raw, err := json.Marshal(body)
	if err != nil {
		a.t.Fatal(err)
	}
	request, err := http.NewRequestWithContext(a.t.Context(), method, a.server.PrefectAPIURL()+path,
		bytes.NewReader(raw))
	if err != nil {
		a.t.Fatal(err)
	}
	request.Header.Set("Content-Type", "application/json")
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		a.t.Fatal(err)
	}
	defer response.Body.Close()
	var answer struct{ ID string }
	if response.StatusCode > 299 {
		a.t.Fatalf("%s %s: %s", method, path, response.Status)
	}
	_ = json.NewDecoder(response.Body).Decode(&answer) // a PATCH has no answer
	return answer.ID
}

// registerS3 gives the server the type of blocks that real ones have from their start.
func (a *account) registerS3() {
	kind := a.tell(http.MethodPost, "/block_types/", map[string]any{"name": "S3 Bucket", "slug": "s3-bucket"})
	a.tell(http.MethodPost, "/block_schemas/", map[string]any{
		"block_type_id": kind, "fields": map[string]any{"type": "object"},
	})
}

// foreignRole makes a role that ECS tasks may take, and returns its ARN.
func (a *account) foreignRole(name string) string {
	a.t.Helper()
	trust := `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"ecs-tasks.amazonaws.com"},"Action":"sts:AssumeRole"}]}`
	made, err := a.source.IAM.CreateRole(a.t.Context(), &iam.CreateRoleInput{
		RoleName: &name, AssumeRolePolicyDocument: &trust,
	})
	if err != nil {
		a.t.Fatal(err)
	}
	return *made.Role.Arn
}

// poolStorage is the storage configuration of the pool, and the bucket of its results.
func (a *account) poolStorage() (storage map[string]any, results string) {
	a.t.Helper()
	pool, err := a.api.ReadWorkPool(a.t.Context(), a.spec.Pool)
	if err == nil {
		err = json.Unmarshal(pool.Storage, &storage)
	}
	if err != nil {
		a.t.Fatal(err)
	}
	id, ok := storage["default_result_storage_block_id"].(string)
	delete(storage, "default_result_storage_block_id")
	if !ok {
		return storage, ""
	}
	block, err := a.api.ReadBlockDocument(a.t.Context(), id)
	if err != nil {
		a.t.Fatal(err)
	}
	return storage, string(block.Data)
}

// steps are those that `prefect work-pool storage configure s3` writes (Prefect 3.8.8 and 3.9.1).
func steps(bucket string) map[string]any {
	arguments := map[string]any{"bucket": bucket, "requires": "prefect-aws"}
	return map[string]any{
		"bundle_upload_step":    map[string]any{"prefect_aws.experimental.bundles.upload": arguments},
		"bundle_execution_step": map[string]any{"prefect_aws.experimental.bundles.execute": arguments},
	}
}

// Bundle storage is made, put right, recalled by the pool alone, and taken away with all in it.
func TestBundleStorage(t *testing.T) {
	t.Parallel()
	a := newAccount(t, sandbox.Options{}, 3)
	a.registerS3()
	before := a.snapshot()
	a.spec.FlowRuns.BundleStorage = true
	a.bootstrap()
	a.settled()
	whole := a.snapshot()
	storage, results := a.poolStorage()
	if diff := cmp.Diff(steps(bundleBucket), storage); diff != "" {
		t.Errorf("the pool's storage (-want +got):\n%s", diff)
	}
	if !strings.Contains(results, bundleBucket) {
		t.Errorf("results go to %s", results)
	}
	ctx, api := t.Context(), a.source.S3
	name := aws.String(bundleBucket)
	for what, damage := range map[string]func() error{
		"access": func() error {
			_, err := api.PutPublicAccessBlock(ctx, &s3.PutPublicAccessBlockInput{
				Bucket: name, PublicAccessBlockConfiguration: &types.PublicAccessBlockConfiguration{},
			})
			return err
		},
		"lifecycle": func() error {
			rule := types.LifecycleRule{ID: aws.String("mine"), Status: "Enabled",
				Filter:     &types.LifecycleRuleFilter{Prefix: aws.String("a")},
				Expiration: &types.LifecycleExpiration{Days: aws.Int32(1)}}
			_, err := api.PutBucketLifecycleConfiguration(ctx, &s3.PutBucketLifecycleConfigurationInput{Bucket: name,
				LifecycleConfiguration: &types.BucketLifecycleConfiguration{Rules: []types.LifecycleRule{rule}}})
			return err
		},
		"policy": func() error {
			_, err := api.PutBucketPolicy(ctx, &s3.PutBucketPolicyInput{Bucket: name, Policy: aws.String(
				`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":"*","Action":"s3:GetObject","Resource":"arn:aws:s3:::` + bundleBucket + `/*"}]}`)})
			return err
		},
		"storage": func() error {
			return a.api.UpdateWorkPool(ctx, "etl", prefect.WorkPoolUpdate{Storage: map[string]any{}})
		},
	} {
		if err := damage(); err != nil {
			t.Fatal(what, err)
		}
		if changes := a.plan(); len(changes) != 1 {
			t.Errorf("%s: the plan is %q", what, changes)
		}
		a.bootstrap()
		a.settled()
	}
	a.same("after the repairs", whole)
	if rules, err := api.GetBucketLifecycleConfiguration(ctx,
		&s3.GetBucketLifecycleConfigurationInput{Bucket: name}); err != nil || len(rules.Rules) != 2 {
		t.Errorf("a rule of the user's own is gone: %+v, %v", rules, err)
	}
	a.spec.FlowRuns.BundleStorage = false // an advice that does not name it takes nothing away
	a.bootstrap()
	a.same("without the flag", whole)

	for _, key := range []string{"a-bundle", "results/a"} {
		if _, err := api.PutObject(ctx, &s3.PutObjectInput{
			Bucket: name, Key: &key, Body: strings.NewReader("content"),
		}); err != nil {
			t.Fatal(err)
		}
	}
	a.teardown()
	a.same("after teardown", before)
	if _, err := a.api.ReadBlockDocumentByName(ctx, "s3-bucket", "default-etl-result-storage"); !errors.Is(err,
		prefect.ErrNotFound) {
		t.Errorf("the block of results is still there: %v", err)
	}
}

// A pool that is not ours has its own storage back after teardown. The server has no blocks for S3.
func TestBundleStorageOfAPoolThatExists(t *testing.T) {
	t.Parallel()
	a := newAccount(t, sandbox.Options{}, 3)
	_, err := a.api.CreateWorkPool(t.Context(), prefect.WorkPoolCreate{
		Name: "etl", Type: "ecs", BaseJobTemplate: templates.ECSBaseJobTemplate,
	})
	if err == nil {
		err = a.api.UpdateWorkPool(t.Context(), "etl", prefect.WorkPoolUpdate{Storage: steps("of-the-user")})
	}
	if err != nil {
		t.Fatal(err)
	}
	before := a.snapshot()
	a.spec.FlowRuns.BundleStorage, a.spec.Names.Bucket = true, "my-bundles"
	a.bootstrap()
	a.settled()
	if storage, results := a.poolStorage(); !cmp.Equal(storage, steps("my-bundles")) || results != "" {
		t.Errorf("the storage is %v, results go to %q", storage, results)
	}
	a.teardown()
	a.same("after teardown", before)
}

func TestBundleStorageThatCannotBe(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		prepare    func(*account) error
		want, hint string
	}{
		"bucket of others": {func(a *account) error {
			_, err := a.source.S3.CreateBucket(a.t.Context(), &s3.CreateBucketInput{Bucket: aws.String(bundleBucket),
				CreateBucketConfiguration: &types.CreateBucketConfiguration{LocationConstraint: region}})
			return err
		}, "was not made by ecsctl", "--bucket-name"},
		"no task role": {func(a *account) error {
			a.spec.Names.ExecutionRole, a.spec.Names.WorkerRole = a.foreignRole("mine-execution"),
				a.foreignRole("mine-worker")
			return nil
		}, "have no task role", "--flow-run-task-role"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := newAccount(t, sandbox.Options{}, 3)
			a.spec.FlowRuns.BundleStorage = true
			if err := tc.prepare(a); err != nil {
				t.Fatal(err)
			}
			err := a.try(t.Context())
			if err == nil || !strings.Contains(err.Error(), tc.want) ||
				!strings.Contains(strings.Join(hint.Of(err), " "), tc.hint) {
				t.Errorf("got %v, hints %q", err, hint.Of(err))
			}
			if made := a.snapshot().Raw()[inventory.WorkPool]; len(made) > 0 {
				t.Errorf("a pool was made all the same: %v", made)
			}
		})
	}
}

// Exactly what the policies say is needed, and enough.
func TestBundleStorageTakesWhatThePoliciesSay(t *testing.T) {
	t.Parallel()
	s := enforcedAccount(t)
	s.spec.FlowRuns.BundleStorage = true
	s.may(s.policyOf(provision.PolicyBootstrap), "KeepBucket")
	wantStatement(t, s.try(t.Context()), "KeepBucket")
	s.may(s.policyOf(provision.PolicyBootstrap))
	s.bootstrap()
	s.settled()
	key := aws.String("a-bundle")
	_, err := s.source.S3.PutObject(t.Context(), &s3.PutObjectInput{
		Bucket: aws.String(bundleBucket), Key: key, Body: strings.NewReader("content"),
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, sid := range []string{"EmptyBucket", "RemoveBucket"} {
		s.may(s.policyOf(provision.PolicyTeardown), sid)
		wantStatement(t, s.teardown(t.Context()), sid)
	}
	s.may(s.policyOf(provision.PolicyTeardown))
	if err := s.teardown(t.Context()); err != nil {
		t.Fatal(err)
	}
}

func wantStatement(t *testing.T, err error, sid string) {
	t.Helper()
	if err == nil || !slices.ContainsFunc(hint.Of(err), func(h string) bool { return strings.Contains(h, sid) }) {
		t.Errorf("got %v with hints %q, want statement %s", err, hint.Of(err), sid)
	}
}
