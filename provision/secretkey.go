package provision

import (
	"context"
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/arn"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"

	"ecsctl/provision/spec"
	"ecsctl/templates"
)

// customerKey finds the customer's KMS key that the named secret of the API key is under. It returns empty text for
// AWS's own key, for a key of which only an alias is known, and for a secret that cannot be looked at from here.
func (w *world) customerKey(ctx context.Context) (key, secret string) {
	name, _ := spec.SplitSecret(w.spec.Prefect.APIKeySecret)
	parsed, err := arn.Parse(name)
	if err != nil || parsed.Service != "secretsmanager" || parsed.AccountID != w.id.Account ||
		parsed.Region != w.id.Region {
		return "", ""
	}
	got, err := w.aws.Secrets.DescribeSecret(ctx, &secretsmanager.DescribeSecretInput{SecretId: aws.String(name)})
	if err != nil {
		return "", "" // others tell that it is gone or may not be read
	}
	key = aws.ToString(got.KmsKeyId)
	switch {
	case key == "", strings.Contains(key, "alias/"):
		return "", ""
	case !strings.HasPrefix(key, "arn:"):
		key = w.id.arn("kms", "key/"+key)
	}
	return key, aws.ToString(got.ARN)
}

// askAboutKey asks IAM whether the execution role may decrypt the API key's secret.
func (r *role) askAboutKey(ctx context.Context) error {
	if r.kind != KindExecutionRole {
		return nil
	}
	key, secret := r.w.customerKey(ctx)
	if key == "" {
		return nil
	}
	denied, err := Policy{Statements: []templates.Statement{{
		Effect: "Allow", Action: templates.List{"kms:Decrypt"}, Resource: templates.List{key},
		Condition: map[string]map[string]templates.List{
			"StringLike": {"kms:EncryptionContext:SecretARN": {secret}},
		},
	}}}.Simulate(ctx, r.w.aws, r.found.arn)
	if err != nil {
		return explain("ask IAM what "+r.found.arn+" may do", err)
	}
	if len(denied[0]) > 0 {
		r.lacks.key = fmt.Sprintf(
			"%s %s does not allow kms:Decrypt on %s, says IAM, and the API key's secret %s is under "+
				"that key: no task starts unless the key's own policy lets the role in", r.kind, r.name(), key, secret)
	}
	return nil
}

// keyFix is what to do about it.
const keyFix = "add the statement DecryptSecrets of `ecsctl policy execution` to the role"
