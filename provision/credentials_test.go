package provision_test

import (
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"ecsctl/internal/hint"
	"ecsctl/provision"
)

// credentialsCase is a configuration of AWS, whose profile is p, and what is said of it.
type credentialsCase struct {
	config  string
	env     map[string]string
	profile string
	why     string
	advice  string
}

var credentialsCases = map[string]credentialsCase{
	"SSO session": {profile: "p", config: "[profile p]\nsso_session=s\nsso_account_id=123456789012\nsso_role_name=r\n" +
		"[sso-session s]\nsso_start_url=https://x.awsapps.com/start\nsso_region=us-east-1\n",
		why: "the SSO session has expired", advice: "`aws sso login --profile p`"},
	"SSO without a session": {profile: "p", config: "[profile p]\nsso_start_url=https://x.awsapps.com/start\n" +
		"sso_region=us-east-1\nsso_account_id=123456789012\nsso_role_name=r\n",
		why: "the SSO session has expired", advice: "`aws sso login --profile p`"},
	"SSO by AWS_PROFILE": {config: "[profile q]\nsso_start_url=https://x.awsapps.com/start\n" +
		"sso_region=us-east-1\nsso_account_id=123456789012\nsso_role_name=r\n",
		env: map[string]string{"AWS_PROFILE": "q"},
		why: "the SSO session has expired", advice: "`aws sso login --profile q`"},
	"credential_process": {profile: "p", config: "[profile p]\ncredential_process=/bin/false\n",
		why:    "credential_process of the profile failed: exit status 1",
		advice: "`aws configure get credential_process --profile p`"},
	"web identity": {profile: "p", config: "[profile p]\nrole_arn=arn:aws:iam::123456789012:role/r\n" +
		"web_identity_token_file=/nonexistent/token\n",
		why:    "there is no web identity token: unable to read file at /nonexistent/token",
		advice: "web_identity_token_file"},
	"web identity by variable": {env: map[string]string{"AWS_ROLE_ARN": "arn:aws:iam::123456789012:role/r",
		"AWS_WEB_IDENTITY_TOKEN_FILE": "/nonexistent/token"},
		why: "unable to read file at /nonexistent/token", advice: "AWS_WEB_IDENTITY_TOKEN_FILE"},
	"half a pair in a profile": {profile: "p", config: "[profile p]\naws_access_key_id=AKIAX\n",
		why: "only one of aws_access_key_id and aws_secret_access_key", advice: "`aws configure --profile p`"},
	"half a pair of variables": {env: map[string]string{"AWS_ACCESS_KEY_ID": "AKIAX"},
		why: "AWS_ACCESS_KEY_ID is set and AWS_SECRET_ACCESS_KEY is not", advice: "set AWS_SECRET_ACCESS_KEY"},
	"the other half": {env: map[string]string{"AWS_SECRET_ACCESS_KEY": "hidden"},
		why: "AWS_SECRET_ACCESS_KEY is set and AWS_ACCESS_KEY_ID is not", advice: "set AWS_ACCESS_KEY_ID"},
	"MFA": {profile: "p", config: "[profile p]\nrole_arn=arn:aws:iam::123456789012:role/r\nsource_profile=q\n" +
		"mfa_serial=arn:aws:iam::1:mfa/x\n[profile q]\naws_access_key_id=AKIAX\naws_secret_access_key=hidden\n",
		why:    `the role of profile "p" asks for an MFA code, and there is no terminal`,
		advice: "`eval \"$(aws configure export-credentials --profile p --format env)\"`"},
	"no source profile": {profile: "p",
		config: "[profile p]\nrole_arn=arn:aws:iam::123456789012:role/r\nsource_profile=z\n",
		why:    "of profile z", advice: "source_profile"},
	"no such profile": {profile: "p", config: "[profile q]\n", why: "failed to get shared config profile, p",
		advice: "`aws configure list-profiles`"},
	"container": {env: map[string]string{"AWS_CONTAINER_CREDENTIALS_FULL_URI": "http://127.0.0.1:1/x"},
		why: "the endpoint of the container's credentials", advice: "AWS_CONTAINER_CREDENTIALS_FULL_URI"},
	"nothing": {why: "no AWS credentials were found", advice: "`aws sso login`"},
}

// Why there are no credentials is told with the command that gives some.
func TestCredentials(t *testing.T) {
	for name, test := range credentialsCases {
		t.Run(name, func(t *testing.T) {
			test.setenv(t)
			clients, err := provision.NewClients(t.Context(), "eu-west-1", test.profile, nil,
				slog.New(slog.DiscardHandler))
			if err == nil {
				_, err = provision.WhoAmI(t.Context(), clients)
			}
			if err == nil {
				t.Fatal("there are credentials")
			}
			if hints := strings.Join(hint.Of(err), "\n"); !strings.Contains(err.Error(), test.why) ||
				!strings.Contains(hints, test.advice) || strings.Contains(err.Error(), "\n") {
				t.Errorf("got error %q, hints %q; want %q, %q", err, hints, test.why, test.advice)
			}
		})
	}
}

func (c credentialsCase) setenv(t *testing.T) {
	t.Helper()
	for _, variable := range os.Environ() {
		if name, _, _ := strings.Cut(variable, "="); strings.HasPrefix(name, "AWS_") {
			t.Setenv(name, "") // puts it back afterwards
			_ = os.Unsetenv(name)
		}
	}
	home := t.TempDir()
	file := filepath.Join(home, "config")
	if err := os.WriteFile(file, []byte(c.config), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("HOME", home)
	t.Setenv("AWS_CONFIG_FILE", file)
	t.Setenv("AWS_SHARED_CREDENTIALS_FILE", filepath.Join(home, "credentials"))
	t.Setenv("AWS_EC2_METADATA_DISABLED", "true")
	t.Setenv("AWS_MAX_ATTEMPTS", "1")
	for name, value := range c.env {
		t.Setenv(name, value)
	}
}
