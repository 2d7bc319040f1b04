package sandbox_test

import (
	"context"
	"regexp"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager/types"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

const marked = "You can't perform this operation on the secret because it was marked for deletion."

func (c *clients) secret(t *testing.T, tags ...types.Tag) *secretsmanager.CreateSecretOutput {
	t.Helper()
	name := unique("contract/secret")
	out := must(c.secrets.CreateSecret(t.Context(), &secretsmanager.CreateSecretInput{
		Name: name, SecretString: aws.String("hush"), Tags: tags,
	}))(t)
	afterwards(t, func(ctx context.Context) {
		_, _ = c.secrets.DeleteSecret(ctx, &secretsmanager.DeleteSecretInput{
			SecretId: name, ForceDeleteWithoutRecovery: aws.Bool(true),
		})
	})
	return out
}

// secretOf makes a secret with this value and returns its ARN.
func (c *clients) secretOf(t *testing.T, value string) string {
	t.Helper()
	return *must(c.secrets.CreateSecret(t.Context(), &secretsmanager.CreateSecretInput{
		Name: unique("contract/of"), SecretString: &value,
	}))(t).ARN
}

func (c *clients) secretValue(t *testing.T, id *string) string {
	t.Helper()
	return *must(c.secrets.GetSecretValue(t.Context(), &secretsmanager.GetSecretValueInput{SecretId: id}))(
		t).SecretString
}

func TestSecret(t *testing.T) {
	t.Parallel()
	c := contract(t)
	made := c.secret(t, types.Tag{Key: aws.String("a"), Value: aws.String("1")})
	if !regexp.MustCompile(`^arn:aws:secretsmanager:us-east-1:123456789012:secret:` + *made.Name +
		`-[A-Za-z0-9]{6}$`).MatchString(*made.ARN) {
		t.Errorf("got ARN %s", *made.ARN)
	}
	for _, id := range []*string{made.Name, made.ARN, aws.String((*made.ARN)[:len(*made.ARN)-7])} {
		if got := c.secretValue(t, id); got != "hush" {
			t.Errorf("got %q for %s", got, *id)
		}
	}
	got := must(c.secrets.DescribeSecret(t.Context(), &secretsmanager.DescribeSecretInput{SecretId: made.Name}))(t)
	if diff := cmp.Diff(map[string][]string{*made.VersionId: {"AWSCURRENT"}}, got.VersionIdsToStages); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]types.Tag{{Key: aws.String("a"), Value: aws.String("1")}}, got.Tags,
		cmpopts.IgnoreUnexported(types.Tag{})); diff != "" {
		t.Error(diff)
	}
	_, err := c.secrets.CreateSecret(t.Context(), &secretsmanager.CreateSecretInput{
		Name: made.Name, SecretString: aws.String("other"),
	})
	wantCode(t, err, "ResourceExistsException")
	_, err = c.secrets.GetSecretValue(t.Context(),
		&secretsmanager.GetSecretValueInput{SecretId: aws.String("contract/none")})
	wantMessage(t, err, "ResourceNotFoundException", "Secrets Manager can't find the specified secret.")
}

func TestNewSecretVersion(t *testing.T) {
	t.Parallel()
	c := contract(t)
	made := c.secret(t)
	put := must(c.secrets.PutSecretValue(t.Context(), &secretsmanager.PutSecretValueInput{
		SecretId: made.Name, SecretString: aws.String("louder"),
	}))(t)
	if got := c.secretValue(t, made.ARN); got != "louder" {
		t.Errorf("got %q", got)
	}
	stages := must(c.secrets.DescribeSecret(t.Context(), &secretsmanager.DescribeSecretInput{SecretId: made.Name}))(
		t).VersionIdsToStages
	want := map[string][]string{*made.VersionId: {"AWSPREVIOUS"}, *put.VersionId: {"AWSCURRENT"}}
	if diff := cmp.Diff(want, stages); diff != "" {
		t.Error(diff)
	}
	must(c.secrets.UpdateSecret(t.Context(), &secretsmanager.UpdateSecretInput{
		SecretId: made.Name, SecretString: aws.String("loudest"), Description: aws.String("d"),
	}))(t)
	if got := c.secretValue(t, made.ARN); got != "loudest" {
		t.Errorf("got %q", got)
	}
}

func TestDeletedSecretKeepsItsName(t *testing.T) {
	t.Parallel()
	c := contract(t)
	made := c.secret(t)
	must(c.secrets.DeleteSecret(t.Context(), &secretsmanager.DeleteSecretInput{
		SecretId: made.Name, RecoveryWindowInDays: aws.Int64(7),
	}))(t)
	if got := must(c.secrets.DescribeSecret(t.Context(), &secretsmanager.DescribeSecretInput{SecretId: made.Name}))(
		t); got.DeletedDate == nil {
		t.Error("DeletedDate is missing")
	}
	_, err := c.secrets.GetSecretValue(t.Context(), &secretsmanager.GetSecretValueInput{SecretId: made.Name})
	wantCode(t, err, "InvalidRequestException")
	must(c.secrets.RestoreSecret(t.Context(), &secretsmanager.RestoreSecretInput{SecretId: made.Name}))(t)
	if got := c.secretValue(t, made.Name); got != "hush" {
		t.Errorf("got %q after it was restored", got)
	}
}

func TestDeletedSecretSaysSo(t *testing.T) {
	t.Parallel()
	c := contract(t)
	made := c.secret(t)
	must(c.secrets.DeleteSecret(t.Context(), &secretsmanager.DeleteSecretInput{SecretId: made.Name}))(t)
	_, err := c.secrets.GetSecretValue(t.Context(), &secretsmanager.GetSecretValueInput{SecretId: made.Name})
	wantMessage(t, err, "InvalidRequestException", marked)
	_, err = c.secrets.CreateSecret(t.Context(), &secretsmanager.CreateSecretInput{
		Name: made.Name, SecretString: aws.String("x"),
	})
	wantMessage(t, err, "InvalidRequestException", "scheduled for deletion")
	_, err = c.secrets.PutSecretValue(t.Context(), &secretsmanager.PutSecretValueInput{
		SecretId: made.Name, SecretString: aws.String("x"),
	})
	wantMessage(t, err, "InvalidRequestException", marked)
	_, err = c.secrets.TagResource(t.Context(), &secretsmanager.TagResourceInput{
		SecretId: made.Name, Tags: []types.Tag{{Key: aws.String("k"), Value: aws.String("v")}},
	})
	wantMessage(t, err, "InvalidRequestException", marked)
}

func TestForcedDeletionFreesTheName(t *testing.T) {
	t.Parallel()
	c := contract(t)
	made := c.secret(t)
	must(c.secrets.DeleteSecret(t.Context(), &secretsmanager.DeleteSecretInput{
		SecretId: made.Name, ForceDeleteWithoutRecovery: aws.Bool(true),
	}))(t)
	_, err := c.secrets.DescribeSecret(t.Context(), &secretsmanager.DescribeSecretInput{SecretId: made.Name})
	wantCode(t, err, "ResourceNotFoundException")
	again := must(c.secrets.CreateSecret(t.Context(), &secretsmanager.CreateSecretInput{
		Name: made.Name, SecretString: aws.String("x"),
	}))(t)
	if *again.ARN == *made.ARN {
		t.Error("the new secret has the old one's ARN")
	}
	_, err = c.secrets.DeleteSecret(t.Context(), &secretsmanager.DeleteSecretInput{
		SecretId: made.Name, RecoveryWindowInDays: aws.Int64(6),
	})
	wantCode(t, err, "InvalidParameterException")
}

func TestCreateSecretAgainWithItsToken(t *testing.T) {
	t.Parallel()
	c := contract(t)
	name := unique("contract/token")
	in := &secretsmanager.CreateSecretInput{
		Name: name, SecretString: aws.String("x"), ClientRequestToken: aws.String(strings.Repeat("t", 32)),
	}
	first := must(c.secrets.CreateSecret(t.Context(), in))(t)
	afterwards(t, func(ctx context.Context) {
		_, _ = c.secrets.DeleteSecret(ctx, &secretsmanager.DeleteSecretInput{
			SecretId: name, ForceDeleteWithoutRecovery: aws.Bool(true),
		})
	})
	second := must(c.secrets.CreateSecret(t.Context(), in))(t)
	if *first.ARN != *second.ARN {
		t.Errorf("got %s, then %s", *first.ARN, *second.ARN)
	}
}

func TestListSecretsByNameAndTag(t *testing.T) {
	t.Parallel()
	c := contract(t)
	value := unique("pool")
	made := c.secret(t, types.Tag{Key: value, Value: value})
	c.secret(t)
	for _, f := range []types.Filter{
		{Key: types.FilterNameStringTypeName, Values: []string{*made.Name}},
		{Key: types.FilterNameStringTypeTagKey, Values: []string{*value}},
		{Key: types.FilterNameStringTypeTagValue, Values: []string{*value}},
	} {
		got := must(c.secrets.ListSecrets(t.Context(), &secretsmanager.ListSecretsInput{Filters: []types.Filter{f}}))(
			t).SecretList
		if len(got) != 1 || *got[0].ARN != *made.ARN {
			t.Errorf("filter %s found %+v", f.Key, got)
		}
	}
	must(c.secrets.DeleteSecret(t.Context(), &secretsmanager.DeleteSecretInput{SecretId: made.Name}))(t)
	for include, want := range map[bool]int{false: 0, true: 1} {
		got := must(c.secrets.ListSecrets(t.Context(),
			&secretsmanager.ListSecretsInput{IncludePlannedDeletion: &include,
				Filters: []types.Filter{{Key: types.FilterNameStringTypeName, Values: []string{*made.Name}}}}))(
			t).SecretList
		if len(got) != want {
			t.Errorf("got %d secrets with IncludePlannedDeletion %v", len(got), include)
		}
	}
}

func TestSecretTags(t *testing.T) {
	t.Parallel()
	c := contract(t)
	made := c.secret(t, types.Tag{
		Key: aws.String("a"), Value: aws.String("1"),
	}, types.Tag{Key: aws.String("b"), Value: aws.String("2")})
	must(c.secrets.TagResource(t.Context(), &secretsmanager.TagResourceInput{
		SecretId: made.Name, Tags: []types.Tag{{Key: aws.String("a"), Value: aws.String("3")}},
	}))(t)
	must(c.secrets.UntagResource(t.Context(), &secretsmanager.UntagResourceInput{
		SecretId: made.Name, TagKeys: []string{"b"},
	}))(t)
	got := must(c.secrets.DescribeSecret(t.Context(), &secretsmanager.DescribeSecretInput{SecretId: made.Name}))(t).Tags
	if len(got) != 1 || *got[0].Key != "a" || *got[0].Value != "3" {
		t.Errorf("got tags %+v", got)
	}
}
