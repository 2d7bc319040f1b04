package commands_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"ecsctl/internal/pause"
	"ecsctl/internal/testkit/stage"
	"ecsctl/sandbox"
)

// While AWS has not answered, a terminal says that it is being asked, and Ctrl-C is an end.
func TestLookingIsShown(t *testing.T) {
	t.Parallel()
	a := newAccount(t)
	a.Run(bootstrapArgs...)
	silent := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body) // only then is it heard that the caller has gone
		<-r.Context().Done()
	}))
	defer silent.Close()
	for _, args := range [][]string{
		append(slices.Clone(bootstrapArgs), "--dry-run"), {"teardown", "etl", "--dry-run"}, {"status", "etl"}, {"list"},
		{"doctor", "etl"}, {"logs", "etl"}, {"verify", "etl"}, {"open", "etl", "--print"},
	} {
		s := a.openScreen(80, 24, nil, []string{"AWS_ENDPOINT_URL=" + silent.URL}, args...)
		s.sees("asking AWS and Prefect (")
		s.press("\x03")
		s.exits(130)
	}
}

// A question that comes up meanwhile, of the code for a role, stays on the screen until it is answered.
func TestMFACodeOnATerminal(t *testing.T) {
	t.Parallel()
	a := newAccount(t)
	a.Run(bootstrapArgs...)
	made, err := a.Call(t.Context(), "iam", "CreateRole", "{RoleName: deployer, AssumeRolePolicyDocument: '{"+
		`"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"AWS": `+
		`"123456789012"}, "Condition": {"Bool": {"aws:MultiFactorAuthPresent": "true"}}}]}'}`)
	a.must(err)
	role, err := stage.At(made, "Role.Arn")
	a.must(err)
	const device = "arn:aws:iam::123456789012:mfa/x"
	config := filepath.Join(a.dir, "aws-config")
	a.must(os.WriteFile(config, []byte("[profile p]\nrole_arn="+role+"\nsource_profile=q\nmfa_serial="+device+
		"\n[profile q]\naws_access_key_id="+sandbox.AccessKeyID+"\naws_secret_access_key="+a.Server.SecretAccessKey()+
		"\n"), 0o600))
	s := a.openScreen(100, 24, nil, []string{"AWS_CONFIG_FILE=" + config, "AWS_PROFILE=p", "AWS_ACCESS_KEY_ID=",
		"AWS_SECRET_ACCESS_KEY=", "AWS_ENDPOINT_URL_STS=" + a.Server.URL()}, "open", "etl", "--print")
	const question = "MFA code of " + device + " for AWS profile p"
	s.sees(question)
	a.must(pause.For(t.Context(), 500*time.Millisecond)) // what draws over it does so eight times a second
	if shown := s.sees(question); strings.Contains(shown, "asking AWS") {
		t.Errorf("the question is drawn over:\n%s", shown)
	}
	s.press("123456\r")
	s.exits(0, "/work-pools/work-pool/etl")
}
