package sandbox_test

import (
	"context"
	"encoding/base64"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecr"
	"github.com/aws/aws-sdk-go-v2/service/ecr/types"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

const lifecycleText = `{"rules":[{"rulePriority":1,"description":"untagged","selection":{"tagStatus":"untagged","countType":"sinceImagePushed","countUnit":"days","countNumber":14},"action":{"type":"expire"}}]}`

// repository makes one that goes with the test.
func (c *clients) repository(t *testing.T, change func(*ecr.CreateRepositoryInput)) *types.Repository {
	t.Helper()
	in := &ecr.CreateRepositoryInput{RepositoryName: unique("contract/repository")}
	if change != nil {
		change(in)
	}
	out := must(c.ecr.CreateRepository(t.Context(), in))(t).Repository
	afterwards(t, func(ctx context.Context) {
		_, _ = c.ecr.DeleteRepository(ctx, &ecr.DeleteRepositoryInput{RepositoryName: in.RepositoryName, Force: true})
	})
	return out
}

func (c *clients) describeRepository(t *testing.T, name *string) types.Repository {
	t.Helper()
	return must(c.ecr.DescribeRepositories(t.Context(),
		&ecr.DescribeRepositoriesInput{RepositoryNames: []string{*name}}))(t).Repositories[0]
}

func TestRepository(t *testing.T) {
	t.Parallel()
	c := contract(t)
	made := c.repository(t, nil)
	if want := "arn:aws:ecr:us-east-1:123456789012:repository/" + *made.RepositoryName; *made.RepositoryArn != want ||
		*made.RegistryId != "123456789012" {
		t.Errorf("got ARN %s, registry %s", *made.RepositoryArn, *made.RegistryId)
	}
	if !strings.HasSuffix(*made.RepositoryUri, "/"+*made.RepositoryName) {
		t.Errorf("got URI %s", *made.RepositoryUri)
	}
	got := c.describeRepository(t, made.RepositoryName)
	if got.ImageTagMutability != types.ImageTagMutabilityMutable || got.ImageScanningConfiguration.ScanOnPush ||
		got.EncryptionConfiguration.EncryptionType != types.EncryptionTypeAes256 {
		t.Errorf("got other defaults: %+v", got)
	}
	_, err := c.ecr.CreateRepository(t.Context(), &ecr.CreateRepositoryInput{RepositoryName: made.RepositoryName})
	wantMessage(t, err, "RepositoryAlreadyExistsException", "The repository with name '"+*made.RepositoryName+
		"' already exists in the registry with id '123456789012'")
	must(c.ecr.DeleteRepository(t.Context(), &ecr.DeleteRepositoryInput{RepositoryName: made.RepositoryName}))(t)
	const gone = "does not exist in the registry with id '123456789012'"
	_, err = c.ecr.DescribeRepositories(t.Context(),
		&ecr.DescribeRepositoriesInput{RepositoryNames: []string{*made.RepositoryName}})
	wantMessage(t, err, "RepositoryNotFoundException", gone)
	_, err = c.ecr.DeleteRepository(t.Context(), &ecr.DeleteRepositoryInput{RepositoryName: made.RepositoryName})
	wantMessage(t, err, "RepositoryNotFoundException", gone)
}

func TestRepositoryNamesThatECRRefuses(t *testing.T) {
	t.Parallel()
	c := contract(t)
	for _, name := range []string{"Upper", "-dash", "dot..dot", "slash//slash", "end/"} {
		_, err := c.ecr.CreateRepository(t.Context(), &ecr.CreateRepositoryInput{RepositoryName: &name})
		wantMessage(t, err, "InvalidParameterException", "'repositoryName' failed to satisfy constraint")
	}
}

func TestRepositoriesComeInPages(t *testing.T) {
	t.Parallel()
	c := contract(t)
	want := map[string]bool{}
	for range 3 {
		want[*c.repository(t, nil).RepositoryName] = true
	}
	pages := ecr.NewDescribeRepositoriesPaginator(c.ecr, &ecr.DescribeRepositoriesInput{MaxResults: aws.Int32(1)})
	for pages.HasMorePages() {
		page := must(pages.NextPage(t.Context()))(t)
		if len(page.Repositories) > 1 {
			t.Errorf("got a page of %d", len(page.Repositories))
		}
		for _, repo := range page.Repositories {
			delete(want, *repo.RepositoryName)
		}
	}
	if len(want) > 0 {
		t.Errorf("missed %v", want)
	}
}

func TestRepositorySettings(t *testing.T) {
	t.Parallel()
	c := contract(t)
	name := c.repository(t, func(in *ecr.CreateRepositoryInput) {
		in.ImageTagMutability = types.ImageTagMutabilityImmutable
		in.ImageScanningConfiguration = &types.ImageScanningConfiguration{ScanOnPush: true}
	}).RepositoryName
	check := func(mutability types.ImageTagMutability, scan bool) {
		t.Helper()
		got := c.describeRepository(t, name)
		if got.ImageTagMutability != mutability || got.ImageScanningConfiguration.ScanOnPush != scan {
			t.Errorf("got %s, scan on push %v", got.ImageTagMutability, got.ImageScanningConfiguration.ScanOnPush)
		}
	}
	check(types.ImageTagMutabilityImmutable, true)
	must(c.ecr.PutImageTagMutability(t.Context(), &ecr.PutImageTagMutabilityInput{
		RepositoryName: name, ImageTagMutability: types.ImageTagMutabilityMutable,
	}))(t)
	must(c.ecr.PutImageScanningConfiguration(t.Context(), &ecr.PutImageScanningConfigurationInput{
		RepositoryName: name, ImageScanningConfiguration: &types.ImageScanningConfiguration{},
	}))(t)
	check(types.ImageTagMutabilityMutable, false)
}

func TestLifecyclePolicy(t *testing.T) {
	t.Parallel()
	c := contract(t)
	name := c.repository(t, nil).RepositoryName
	get := func() (*ecr.GetLifecyclePolicyOutput, error) {
		return c.ecr.GetLifecyclePolicy(t.Context(), &ecr.GetLifecyclePolicyInput{RepositoryName: name})
	}
	_, err := get()
	wantMessage(t, err, "LifecyclePolicyNotFoundException",
		"Lifecycle policy does not exist for the repository with name '"+*name+"'")
	must(c.ecr.PutLifecyclePolicy(t.Context(), &ecr.PutLifecyclePolicyInput{
		RepositoryName: name, LifecyclePolicyText: aws.String(lifecycleText),
	}))(t)
	if got := must(get())(t); *got.LifecyclePolicyText != lifecycleText {
		t.Errorf("got %s", *got.LifecyclePolicyText)
	}
	must(c.ecr.DeleteLifecyclePolicy(t.Context(), &ecr.DeleteLifecyclePolicyInput{RepositoryName: name}))(t)
	_, err = get()
	wantCode(t, err, "LifecyclePolicyNotFoundException")
	_, err = c.ecr.DeleteLifecyclePolicy(t.Context(), &ecr.DeleteLifecyclePolicyInput{RepositoryName: name})
	wantCode(t, err, "LifecyclePolicyNotFoundException")
}

func TestLifecyclePoliciesThatECRRefuses(t *testing.T) {
	t.Parallel()
	c := contract(t)
	name := c.repository(t, nil).RepositoryName
	for change, with := range map[string]string{
		`"untagged","countType"`: `"tagged","countType"`, // without tags
		`"countNumber":14`:       `"countNumber":0`,
		`sinceImagePushed`:       `sinceForever`,
		`"expire"`:               `"forget"`,
		`{"rules"`:               `{"rulez"`,
	} {
		text := strings.Replace(lifecycleText, change, with, 1)
		_, err := c.ecr.PutLifecyclePolicy(t.Context(), &ecr.PutLifecyclePolicyInput{
			RepositoryName: name, LifecyclePolicyText: &text,
		})
		wantMessage(t, err, "InvalidParameterException", "Lifecycle policy validation failure")
	}
}

func TestRepositoryPolicy(t *testing.T) {
	t.Parallel()
	c := contract(t)
	name := c.repository(t, nil).RepositoryName
	get := func() (*ecr.GetRepositoryPolicyOutput, error) {
		return c.ecr.GetRepositoryPolicy(t.Context(), &ecr.GetRepositoryPolicyInput{RepositoryName: name})
	}
	_, err := get()
	wantCode(t, err, "RepositoryPolicyNotFoundException")
	policy := `{"Version":"2012-10-17","Statement":[{"Sid":"pull","Effect":"Allow","Principal":"*","Action":["ecr:BatchGetImage"]}]}`
	must(c.ecr.SetRepositoryPolicy(t.Context(), &ecr.SetRepositoryPolicyInput{
		RepositoryName: name, PolicyText: &policy,
	}))(t)
	if got := must(get())(t); !strings.Contains(*got.PolicyText, "ecr:BatchGetImage") {
		t.Errorf("got %s", *got.PolicyText)
	}
	_, err = c.ecr.SetRepositoryPolicy(t.Context(), &ecr.SetRepositoryPolicyInput{
		RepositoryName: name, PolicyText: aws.String("{}"),
	})
	wantMessage(t, err, "InvalidParameterException", "Invalid repository policy provided")
	must(c.ecr.DeleteRepositoryPolicy(t.Context(), &ecr.DeleteRepositoryPolicyInput{RepositoryName: name}))(t)
	_, err = get()
	wantCode(t, err, "RepositoryPolicyNotFoundException")
}

func TestRepositoryTags(t *testing.T) {
	t.Parallel()
	c := contract(t)
	tag := func(key, value string) types.Tag { return types.Tag{Key: &key, Value: &value} }
	arn := c.repository(t, func(in *ecr.CreateRepositoryInput) {
		in.Tags = []types.Tag{tag("a", "1"), tag("b", "2")}
	}).RepositoryArn
	must(c.ecr.TagResource(t.Context(), &ecr.TagResourceInput{
		ResourceArn: arn, Tags: []types.Tag{tag("a", "3"), tag("c", "4")},
	}))(t)
	must(c.ecr.UntagResource(t.Context(), &ecr.UntagResourceInput{ResourceArn: arn, TagKeys: []string{"b"}}))(t)
	got := must(c.ecr.ListTagsForResource(t.Context(), &ecr.ListTagsForResourceInput{ResourceArn: arn}))(t).Tags
	byKey := cmpopts.SortSlices(func(a, b types.Tag) bool { return *a.Key < *b.Key })
	if diff := cmp.Diff([]types.Tag{tag("a", "3"), tag("c", "4")}, got, byKey,
		cmpopts.IgnoreUnexported(types.Tag{})); diff != "" {
		t.Error(diff)
	}
	_, err := c.ecr.ListTagsForResource(t.Context(),
		&ecr.ListTagsForResourceInput{ResourceArn: aws.String(*arn + "-not")})
	wantCode(t, err, "RepositoryNotFoundException")
	_, err = c.ecr.ListTagsForResource(t.Context(),
		&ecr.ListTagsForResourceInput{ResourceArn: aws.String("not-an-arn")})
	wantMessage(t, err, "InvalidParameterException", "Invalid ARN")
}

func TestAuthorizationToken(t *testing.T) {
	t.Parallel()
	c := contract(t)
	data := must(c.ecr.GetAuthorizationToken(t.Context(), &ecr.GetAuthorizationTokenInput{}))(t).AuthorizationData
	if len(data) != 1 || !strings.HasPrefix(*data[0].ProxyEndpoint, "http") {
		t.Fatalf("got %+v", data)
	}
	text := string(must(base64.StdEncoding.DecodeString(*data[0].AuthorizationToken))(t))
	if user, password, ok := strings.Cut(text, ":"); !ok || user != "AWS" || password == "" {
		t.Errorf("got token for %q", user)
	}
	if left := time.Until(*data[0].ExpiresAt); left < 11*time.Hour || left > 13*time.Hour {
		t.Errorf("the token is good for %v", left)
	}
}
