package provision

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/arn"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager/types"

	"ecsctl/internal/awserr"
	"ecsctl/internal/hint"
	"ecsctl/provision/spec"
)

// checkARNs refuses ARNs that name what AWS takes from this account alone, and what is elsewhere.
func (w *world) checkARNs() error {
	given := map[string]string{
		"execution-role": w.spec.Names.ExecutionRole, "worker-role": w.spec.Names.WorkerRole,
		"flow-run-execution-role": w.spec.FlowRuns.ExecutionRole, "flow-run-task-role": w.spec.FlowRuns.TaskRole,
		"boundary": w.spec.Roles.Boundary, "cluster": w.spec.Cluster,
	}
	for i, policy := range w.spec.FlowRuns.PolicyARNs {
		given[fmt.Sprintf("flow-policy-arn %d", i+1)] = policy
	}
	var errs []error
	for _, flag := range slices.Sorted(maps.Keys(given)) {
		errs = append(errs, w.checkARN(flag, given[flag]))
	}
	return errors.Join(errs...)
}

func (w *world) checkARN(flag, text string) error {
	parsed, err := arn.Parse(text)
	if err != nil {
		return nil //nolint:nilerr // a name
	}
	const awsOwn = "aws" // the account of AWS's managed policies
	switch {
	case parsed.Partition != w.id.Partition:
		return hint.Add(fmt.Errorf("%s %q is in the partition %s, and this account is in %s", flag, text,
			parsed.Partition, w.id.Partition), "name one of this account, or check --profile and --region")
	case parsed.AccountID != w.id.Account && parsed.AccountID != awsOwn:
		return hint.Add(fmt.Errorf("%s %q is of account %s, and this is account %s: AWS takes only its own here",
			flag, text, parsed.AccountID, w.id.Account), "name one of this account, or check --profile")
	case parsed.Region != "" && parsed.Region != w.id.Region:
		return hint.Add(fmt.Errorf("%s %q is in %s, and this is %s", flag, text, parsed.Region, w.id.Region),
			"name one of this region, or that region with --region")
	}
	return nil
}

// fullSecret matches ARNs of secrets as Secrets Manager writes them, with six characters after the name. A name may
// end so too.
var fullSecret = regexp.MustCompile(`-[A-Za-z0-9]{6}$`)

// secretPattern is what a policy says for a secret whose ARN may lack the characters at its end:
// Secrets Manager and ECS take it so, and IAM compares with the whole one.
func secretPattern(text string) string {
	if spec.IsParameter(text) || fullSecret.MatchString(text) || strings.HasSuffix(text, secretSuffix) ||
		strings.HasSuffix(text, "*") {
		return text
	}
	return text + secretSuffix
}

// resolveSecret looks at the secret that the user named: it writes the ARN out, and refuses one that no task could
// read. What may not be looked at is taken as it is.
func (w *world) resolveSecret(ctx context.Context) error {
	name, key := spec.SplitSecret(w.spec.Prefect.APIKeySecret)
	parsed, err := arn.Parse(name)
	if err != nil || w.recalled || parsed.Service != "secretsmanager" || parsed.AccountID != w.id.Account ||
		parsed.Region != w.id.Region {
		return nil //nolint:nilerr // none is named, or one that is looked at by nobody from here
	}
	got, err := w.aws.Secrets.DescribeSecret(ctx, &secretsmanager.DescribeSecretInput{SecretId: aws.String(name)})
	var missing *types.ResourceNotFoundException
	switch {
	case errors.As(err, &missing):
		return hint.Add(fmt.Errorf("there is no secret %q", name), "list them with `aws secretsmanager list-secrets`, "+
			"or leave --prefect-api-key-secret out: bootstrap makes one")
	case awserr.Denied(err):
		return nil
	case err != nil:
		return explain(fmt.Sprintf("read secret %q", name), err)
	case got.DeletedDate != nil:
		return hint.Add(fmt.Errorf("secret %q is scheduled for deletion, and no task can read it", name),
			"take it back with `aws secretsmanager restore-secret --secret-id "+name+"`, or name another one")
	}
	if full := aws.ToString(got.ARN); full != name {
		if key != "" {
			full += strings.TrimPrefix(w.spec.Prefect.APIKeySecret, name)
		}
		w.spec.Prefect.APIKeySecret = full
	}
	return nil
}

// foreignSecret warns of a secret of another account, which its owner has to share.
func (w *world) foreignSecret() []string {
	name, _ := spec.SplitSecret(w.spec.Prefect.APIKeySecret)
	parsed, err := arn.Parse(name)
	if err != nil || parsed.AccountID == w.id.Account {
		return nil
	}
	return []string{fmt.Sprintf("the API key's secret is of account %s: its resource policy must let in the execution "+
		"role %s, and it must be under a customer's KMS key whose policy does too", parsed.AccountID,
		newExecutionRole(w).wantedARN())}
}
