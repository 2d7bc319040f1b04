package sandbox_test

import (
	"crypto/sha256"
	"encoding/hex"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/iam"

	"ecsctl/sandbox"
)

// sign signs a request with the account's own key.
func sign(t *testing.T, server *sandbox.Server, r *http.Request, service, body string) {
	t.Helper()
	signAt(t, server.SecretAccessKey(), r, service, body, time.Now())
}

func signAt(t *testing.T, secret string, r *http.Request, service, body string, at time.Time) {
	t.Helper()
	sum := sha256.Sum256([]byte(body))
	own := aws.Credentials{AccessKeyID: sandbox.AccessKeyID, SecretAccessKey: secret}
	if err := v4.NewSigner().SignHTTP(t.Context(), own, r, hex.EncodeToString(sum[:]), service, "us-east-1",
		at); err != nil {
		t.Fatal(err)
	}
}

// Another user of this machine knows all but the secret: the port, and the access key, which is always the same.
func TestWhoDoesNotKnowTheSecretCallsNothing(t *testing.T) {
	t.Parallel()
	for _, enforce := range []bool{false, true} {
		c := start(t, sandbox.Options{EnforceIAM: enforce})
		for name, guess := range map[string]string{
			"a constant": "sandbox", "none": "",
			"that of another start": start(t, sandbox.Options{}).server.SecretAccessKey(),
		} {
			stranger := clientsWith(t, c.server.URL(), "us-east-1",
				aws.CredentialsProviderFunc(credentials.NewStaticCredentialsProvider(sandbox.AccessKeyID, guess,
					"").Retrieve))
			if guess == "" { // which the SDK would not sign with
				guess, stranger = "x", newClients(t, c.server.URL(), "us-east-1", "ANY", "x")
			}
			code := "InvalidSignatureException"
			if enforce && name == "none" {
				code = "UnrecognizedClientException" // no such key
			}
			wantCode(t, failed(stranger.ecs.ListClusters(t.Context(), &ecs.ListClustersInput{})), code)
		}
		stranger := newClients(t, c.server.URL(), "us-east-1", sandbox.AccessKeyID, "sandbox")
		wantCode(t, failed(stranger.iam.ListRoles(t.Context(), &iam.ListRolesInput{})), "SignatureDoesNotMatch")
		wantCode(t, failed(stranger.ec2.DescribeVpcs(t.Context(), &ec2.DescribeVpcsInput{})), "AuthFailure")
	}
}

// A call that was seen signs no other: body, headers, time and place are what was signed.
func TestTheSignatureIsThatOfTheCall(t *testing.T) {
	t.Parallel()
	c := start(t, sandbox.Options{})
	const target, body = "AmazonEC2ContainerServiceV20141113.CreateCluster", `{"clusterName":"a"}`
	for name, tc := range map[string]struct {
		change func(r *http.Request)
		at     time.Duration
		body   string
		want   string // "" is success
	}{
		"as signed":    {},
		"another body": {body: `{"clusterName":"b"}`, want: "InvalidSignatureException"},
		"another operation": {change: func(r *http.Request) {
			r.Header.Set("X-Amz-Target", "AmazonEC2ContainerServiceV20141113.DeleteCluster")
		}, want: "InvalidSignatureException"},
		"another service":   {change: rescope("/ecs/", "/sqs/"), want: "InvalidSignatureException"},
		"another region":    {change: rescope("/us-east-1/", "/eu-west-1/"), want: "InvalidSignatureException"},
		"the Host left out": {change: rescope("host;", ""), want: "'Host' or ':authority' must be a 'SignedHeader'"},
		"a header on top": {change: func(r *http.Request) { r.Header.Set("X-Amz-Security-Token", "t") },
			want: "'x-amz-security-token' must be a 'SignedHeader'"},
		"a query on top": {change: func(r *http.Request) { r.URL.RawQuery = "Action=x" },
			want: "InvalidSignatureException"},
		"no signature": {change: func(r *http.Request) {
			r.Header.Set("Authorization", strings.Split(r.Header.Get("Authorization"), "Signature=")[0])
		}, want: "InvalidSignatureException"},
		"a hash of its own": {change: func(r *http.Request) {
			r.Header.Set("X-Amz-Content-Sha256", "UNSIGNED-PAYLOAD")
		}, want: "InvalidSignatureException"},
		"heard 6 minutes ago":  {at: -6 * time.Minute, want: "Signature expired"},
		"6 minutes ahead":      {at: 6 * time.Minute, want: "Signature expired"},
		"a clock 4 min behind": {at: -4 * time.Minute},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			sent := body
			if tc.body != "" {
				sent = tc.body
			}
			r := must(http.NewRequestWithContext(t.Context(), http.MethodPost, c.server.URL(),
				strings.NewReader(sent)))(t)
			r.Header.Set("X-Amz-Target", target)
			signAt(t, c.server.SecretAccessKey(), r, "ecs", body, time.Now().Add(tc.at))
			if tc.change != nil {
				tc.change(r)
			}
			response := must(http.DefaultClient.Do(r))(t)
			defer response.Body.Close()
			got := string(must(io.ReadAll(response.Body))(t))
			if tc.want == "" && response.StatusCode != http.StatusOK || tc.want != "" &&
				(response.StatusCode == http.StatusOK || !strings.Contains(got, tc.want)) {
				t.Errorf("got %d %s, want %q", response.StatusCode, got, tc.want)
			}
		})
	}
}

func rescope(from, to string) func(r *http.Request) {
	return func(r *http.Request) {
		r.Header.Set("Authorization", strings.Replace(r.Header.Get("Authorization"), from, to, 1))
	}
}

// The Prefect API and the faults: of nobody who was not told.
func TestWhoWasNotToldReachesNeitherPrefectNorTheFaults(t *testing.T) {
	t.Parallel()
	for version, variable := range map[string]string{
		"": "PREFECT_API_AUTH_STRING=sandbox:", "2.20.26": "PREFECT_API_KEY=pnu_",
	} {
		c := start(t, sandbox.Options{PrefectVersion: version})
		if status, _ := overHTTP(t, http.MethodPost, c.server.PrefectAPIURL()+"/work_pools/filter",
			"{}"); status != http.StatusUnauthorized {
			t.Errorf("%q: a stranger's call of Prefect is answered %d", version, status)
		}
		if env := strings.Join(c.server.Env(), "\n"); !strings.Contains(env, "\n"+variable) {
			t.Errorf("%q: the environment has no %s", version, variable)
		}
		if status, _ := overHTTP(t, http.MethodPost, c.server.URL()+"/_sandbox/faults",
			"*:*=error,times=all"); status != http.StatusForbidden {
			t.Errorf("%q: a stranger's fault is answered %d", version, status)
		}
		if other := start(t, sandbox.Options{PrefectVersion: version}); strings.Join(other.server.Env()[4:],
			"") == strings.Join(c.server.Env()[4:], "") {
			t.Errorf("%q: two starts have the same keys", version)
		}
	}
}
