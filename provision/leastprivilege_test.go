package provision_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/iam"

	"ecsctl/provision"
	"ecsctl/sandbox"
	"ecsctl/templates"
)

// somebody has just the rights of a policy, in an account in which policies count.
type somebody struct {
	*account
	name     string
	all      aws.Config // of the account's own key
	attached []string   // managed policies
	policies int        // that were made
}

// enforcedAccount is one in which calls are made by a user who may do nothing yet.
func enforcedAccount(t *testing.T) *somebody {
	t.Helper()
	return enforcedIn(t, sandbox.Options{Images: map[string]string{"flow": sleepImage(t)}})
}

func enforcedIn(t *testing.T, o sandbox.Options) *somebody {
	t.Helper()
	o.EnforceIAM = true
	a := newAccount(t, o, 1)
	key, secret := "", ""
	for _, variable := range a.server.Env() {
		name, value, _ := strings.Cut(variable, "=")
		switch name {
		case "AWS_ACCESS_KEY_ID":
			key = value
		case "AWS_SECRET_ACCESS_KEY":
			secret = value
		}
	}
	own := a.cfg.Copy()
	own.BaseEndpoint, own.Credentials = aws.String(a.server.URL()),
		credentials.NewStaticCredentialsProvider(key, secret, "")
	a.reads(own)
	s := &somebody{account: a, name: "somebody", all: own}
	ctx := t.Context()
	_, err := a.source.IAM.CreateUser(ctx, &iam.CreateUserInput{UserName: &s.name})
	if err != nil {
		t.Fatal(err)
	}
	made, err := a.source.IAM.CreateAccessKey(ctx, &iam.CreateAccessKeyInput{UserName: &s.name})
	if err != nil {
		t.Fatal(err)
	}
	a.cfg.Credentials = credentials.NewStaticCredentialsProvider(*made.AccessKey.AccessKeyId,
		*made.AccessKey.SecretAccessKey, "")
	return s
}

// policyOf is what `ecsctl policy` prints for the account's Spec.
func (s *somebody) policyOf(name string) provision.Policy {
	s.t.Helper()
	options := s.options()
	id := provision.Identity{Account: "123456789012", Partition: "aws", Region: region}
	policy, err := provision.NewPolicy(name, options.Spec, id, options.Server)
	if err != nil {
		s.t.Fatal(err)
	}
	return policy
}

// may gives the user exactly the policy, less the statements that are withheld.
func (s *somebody) may(policy provision.Policy, withheld ...string) {
	s.t.Helper()
	statements := slices.DeleteFunc(slices.Clone(policy.Statements), func(st templates.Statement) bool {
		return slices.Contains(withheld, st.Sid)
	})
	if len(statements) != len(policy.Statements)-len(withheld) {
		s.t.Fatalf("the policy has not all of %q", withheld)
	}
	ctx, api := s.t.Context(), s.source.IAM
	var errs []error
	for _, arn := range s.attached {
		_, err := api.DetachUserPolicy(ctx, &iam.DetachUserPolicyInput{UserName: &s.name, PolicyArn: &arn})
		errs = append(errs, err)
	}
	s.attached = nil
	for _, part := range (provision.Policy{Name: policy.Name, Statements: statements}).Parts() {
		s.policies++
		made, err := api.CreatePolicy(ctx, &iam.CreatePolicyInput{
			PolicyName: aws.String(fmt.Sprint("part-", s.policies)), PolicyDocument: aws.String(part.Document()),
		})
		if err != nil {
			s.t.Fatal(err)
		}
		s.attached = append(s.attached, *made.Policy.Arn)
		_, err = api.AttachUserPolicy(ctx, &iam.AttachUserPolicyInput{UserName: &s.name, PolicyArn: made.Policy.Arn})
		errs = append(errs, err)
	}
	if err := errors.Join(errs...); err != nil {
		s.t.Fatal(err)
	}
}

func (s *somebody) teardown(ctx context.Context) error {
	options := s.options()
	options.Spec.Cluster = ""
	plan, err := provision.NewTeardown(ctx, provision.TeardownOptions{
		Options: options, Running: provision.RunningStop, Limit: patience,
	})
	if err != nil {
		return err
	}
	if _, err := plan.Apply(ctx, silence{}); err != nil {
		return err
	}
	left, err := plan.Left(ctx)
	if err == nil && len(left) > 0 {
		return errors.New("something is left: " + left[0].Name)
	}
	return err
}
