package provision_test

import (
	"context"
	"log/slog"
	"os"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"ecsctl/internal/hint"
	"ecsctl/provision"
	"ecsctl/sandbox"
)

// A role that asks for an MFA code: it is asked for once, though the configuration is loaded twice, and a code that AWS
// refuses is told as that, and not asked for again by each call.
func TestMFACode(t *testing.T) {
	server, err := sandbox.Start(sandbox.Options{Region: region, EnforceIAM: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = server.Close() })
	role, err := iam.NewFromConfig(server.Config()).CreateRole(t.Context(), &iam.CreateRoleInput{
		RoleName: aws.String("deployer"), AssumeRolePolicyDocument: aws.String(policyWith(`{"Effect": "Allow",
			"Action": "sts:AssumeRole", "Principal": {"AWS": "123456789012"},
			"Condition": {"Bool": {"aws:MultiFactorAuthPresent": "true"}}}`))})
	if err != nil {
		t.Fatal(err)
	}
	credentialsCase{config: "[profile p]\nregion=eu-west-1\nrole_arn=" + *role.Role.Arn + "\nsource_profile=q\n" +
		"mfa_serial=arn:aws:iam::123456789012:mfa/x\n[profile q]\naws_access_key_id=" + sandbox.AccessKeyID +
		"\naws_secret_access_key=" + server.SecretAccessKey() + "\n",
		// The SDK asks for a role before it knows AWS_ENDPOINT_URL.
		env: map[string]string{"AWS_ENDPOINT_URL_STS": server.URL(), "AWS_PROFILE": "p"}}.setenv(t)
	asked := 0
	load := func() (aws.Config, context.Context) {
		ctx := provision.WithCodes(t.Context(), func(_ context.Context, profile, device string) (string, error) {
			if asked++; profile != "p" || device != "arn:aws:iam::123456789012:mfa/x" {
				t.Errorf("asked for profile %q, device %q", profile, device)
			}
			return "123456", nil
		})
		cfg, err := provision.LoadAWSConfig(ctx, "", os.Getenv("AWS_PROFILE"), slog.New(slog.DiscardHandler))
		if err != nil {
			t.Fatal(err)
		}
		return cfg, ctx
	}

	first, ctx := load()
	other, err := provision.LoadAWSConfig(ctx, "us-east-1", "", slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	for _, cfg := range []aws.Config{first, other} {
		cfg.Region = region
		id, err := sts.NewFromConfig(cfg).GetCallerIdentity(ctx, &sts.GetCallerIdentityInput{})
		if err != nil || !strings.Contains(*id.Arn, "assumed-role/deployer/") {
			t.Fatalf("got %v, %v", id, err)
		}
	}
	if asked != 1 {
		t.Errorf("asked %d times", asked)
	}

	cfg, ctx := load() // a device's code is good for one session
	for range 2 {
		_, err := provision.WhoAmI(ctx, provision.ClientsFor(cfg, nil))
		if err == nil || !strings.Contains(err.Error(), "AWS did not accept the MFA code") ||
			!strings.Contains(strings.Join(hint.Of(err), "\n"), "next code") {
			t.Errorf("got %v, %q", err, hint.Of(err))
		}
	}
	if asked != 2 {
		t.Errorf("asked %d times", asked)
	}
}
