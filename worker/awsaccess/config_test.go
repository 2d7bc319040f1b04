package awsaccess

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/smithy-go"

	"ecsctl/jobtemplate"
	"ecsctl/sandbox"
)

func TestConfigOfACredentialsBlock(t *testing.T) {
	t.Parallel()
	base := aws.Config{Region: "eu-west-1", Credentials: credentials.NewStaticCredentialsProvider("OWN", "own", "")}
	for name, tc := range map[string]struct {
		block       jobtemplate.Credentials
		key, region string
	}{
		"none":   {jobtemplate.Credentials{}, "OWN", "eu-west-1"},
		"keys":   {jobtemplate.Credentials{AccessKeyID: "BLOCK", SecretAccessKey: "s"}, "BLOCK", "eu-west-1"},
		"region": {jobtemplate.Credentials{Region: "us-gov-west-1"}, "OWN", "us-gov-west-1"},
	} {
		cfg, err := configFor(t.Context(), base, tc.block)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		got, err := cfg.Credentials.Retrieve(t.Context())
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if got.AccessKeyID != tc.key || cfg.Region != tc.region {
			t.Errorf("%s: got key %q in %q", name, got.AccessKeyID, cfg.Region)
		}
	}
}

// The role of a block is assumed with the block's own keys.
func TestTheRoleOfABlockIsAssumed(t *testing.T) {
	t.Parallel()
	server, err := sandbox.Start(sandbox.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = server.Close() })
	base := aws.Config{Region: "us-east-1", BaseEndpoint: aws.String(server.URL()), RetryMaxAttempts: 1}
	cfg, err := configFor(t.Context(), base, jobtemplate.Credentials{
		AccessKeyID: "BLOCK", SecretAccessKey: "s", AssumeRoleARN: "arn:aws:iam::123456789012:role/other",
		AssumeRole: jobtemplate.AssumeRole{RoleSessionName: "session", ExternalID: "x", DurationSeconds: 900},
	})
	if err != nil {
		t.Fatal(err)
	}
	_, err = cfg.Credentials.Retrieve(t.Context())
	assumed := false
	for _, call := range server.Calls() {
		assumed = assumed || call.String() == "sts:AssumeRole"
	}
	if !assumed {
		t.Errorf("no sts:AssumeRole was sent: %v", err)
	}
}

func TestRetriesOfABlock(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		retries map[string]any
		want    int
	}{
		"total":  {map[string]any{"total_max_attempts": 4.0}, 4},
		"max":    {map[string]any{"max_attempts": 4.0}, 5},
		"absent": {map[string]any{"mode": "standard"}, 0},
	} {
		cfg, err := configFor(t.Context(), aws.Config{},
			jobtemplate.Credentials{Client: jobtemplate.ClientParameters{
				Config: map[string]any{"retries": tc.retries}}})
		if err != nil {
			t.Fatal(err)
		}
		if cfg.RetryMaxAttempts != tc.want {
			t.Errorf("%s: got %d attempts", name, cfg.RetryMaxAttempts)
		}
	}
}

func TestABlockWithAWrongCABundle(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(path, []byte("no certificate"), 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := configFor(t.Context(), aws.Config{},
		jobtemplate.Credentials{Client: jobtemplate.ClientParameters{CABundlePath: path}})
	if err == nil || !strings.Contains(err.Error(), "holds no PEM certificate") {
		t.Errorf("got %v", err)
	}
}

func TestPassing(t *testing.T) {
	t.Parallel()
	api := func(code, message string) error {
		return &smithy.OperationError{
			ServiceID: "ECS", OperationName: "RunTask", Err: &smithy.GenericAPIError{Code: code, Message: message},
		}
	}
	for name, tc := range map[string]struct {
		err  error
		want bool
	}{
		"throttled": {api("ThrottlingException", "Rate exceeded"), true},
		"new role": {api("ClientException",
			"ECS was unable to assume the role 'arn:x' that was provided for this task."), true},
		"bad request": {api("InvalidParameterException", "No such subnet"), false},
		"no access":   {api("AccessDeniedException", "not authorized"), false},
		"network": {&smithy.OperationError{
			ServiceID: "ECS", OperationName: "RunTask", Err: errors.New("connection reset"),
		}, true},
		"our own": {errNoRegion, false},
	} {
		if got := Passing(Explain("test", tc.err)); got != tc.want {
			t.Errorf("%s: got %t", name, got)
		}
	}
}

func TestAccessDeniedNamesTheAction(t *testing.T) {
	t.Parallel()
	err := Explain("run the ECS task", &smithy.OperationError{ServiceID: "ECS", OperationName: "RunTask",
		Err: &smithy.GenericAPIError{Code: "AccessDeniedException", Message: "User: x is not authorized"}})
	want := "failed to run the ECS task: User: x is not authorized (AccessDeniedException) (the worker's role needs " +
		"a policy that allows ecs:RunTask on what the message names, as the statement RunFlowRunTasks of `ecsctl " +
		"policy worker` does)"
	if got := Sentence(err); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}
