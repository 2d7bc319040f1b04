package operate_test

import (
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ecr"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/v1/random"
	"github.com/google/go-containerregistry/pkg/v1/remote"

	"ecsctl/operate"
	"ecsctl/prefect"
	"ecsctl/provision"
	"ecsctl/sandbox"
	"ecsctl/sandbox/prefectapi"
	"ecsctl/templates"
)

const (
	patientRegion = "eu-west-1"
	patientPool   = "etl"
	patientKey    = "pnu_right"
)

// patient is an account and a Prefect server, played by a sandbox, that a doctor looks at.
type patient struct {
	t      *testing.T
	server *sandbox.Server
	cfg    aws.Config
	ec2    *ec2.Client
	spec   provision.Spec
	key    prefect.Secret // that of whoever calls the doctor
	// revoked is a key that the Prefect server does not take any more.
	revoked atomic.Pointer[string]
}

func newPatient(t *testing.T, o sandbox.Options) *patient {
	t.Helper()
	p := &patient{t: t, key: patientKey, spec: provision.Spec{
		Pool: patientPool, Region: patientRegion, Worker: provision.Worker{Runtime: provision.RuntimePrefect, Image: "prefecthq/worker:1"},
	}}
	api := prefectapi.New()
	o.Region = patientRegion
	o.PrefectAPI = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if key := p.revoked.Load(); key != nil && r.Header.Get("Authorization") == "Bearer "+*key {
			http.Error(w, `{"exception_message": "Unauthorized"}`, http.StatusUnauthorized)
			return
		}
		api.ServeHTTP(w, r)
	})
	var err error
	if p.server, err = sandbox.Start(o); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := p.server.Close(); err != nil {
			t.Error(err)
		}
	})
	p.cfg = p.config(sandbox.AccessKeyID, p.server.URL())
	p.ec2 = ec2.NewFromConfig(p.cfg)
	return p
}

func (p *patient) config(key, url string) aws.Config {
	return aws.Config{
		Region: patientRegion, BaseEndpoint: aws.String(url), RetryMaxAttempts: 1,
		Credentials: credentials.NewStaticCredentialsProvider(key, "secret", ""),
	}
}

func (p *patient) api(url string) *prefect.Client {
	p.t.Helper()
	api, err := prefect.New(prefect.Options{APIURL: url, APIKey: p.key, MaxRetries: -1})
	if err != nil {
		p.t.Fatal(err)
	}
	return api
}

func (p *patient) options(cfg aws.Config, api *prefect.Client) provision.Options {
	return provision.Options{
		Spec: p.spec, Version: "test", Logger: slog.New(slog.DiscardHandler), PollInterval: 10 * time.Millisecond,
		Server:  provision.Server{APIURL: api.APIURL(), APIKey: p.key},
		Clients: provision.ClientsFor(cfg, api),
	}
}

// bootstrap sets the pool up, without waiting for its worker.
func (p *patient) bootstrap() {
	p.t.Helper()
	options := p.options(p.cfg, p.api(p.server.PrefectAPIURL()))
	options.Spec = options.Spec.WithDefaults()
	plan, err := provision.NewBootstrap(p.t.Context(), options)
	if err != nil {
		p.t.Fatal(err)
	}
	if _, err := plan.Apply(p.t.Context(), silence{}); err != nil {
		p.t.Fatal(err)
	}
}

// examine is what the doctor finds, by check. change alters what the doctor is given.
func (p *patient) examine(change func(*operate.DoctorOptions)) map[string]operate.Check {
	p.t.Helper()
	o := operate.DoctorOptions{AWS: p.cfg, Prefect: p.api(p.server.PrefectAPIURL())}
	o.Options = p.options(p.cfg, o.Prefect)
	if change != nil {
		change(&o)
	}
	checks, err := operate.Examine(p.t.Context(), o)
	if err != nil {
		p.t.Fatal(err)
	}
	found := map[string]operate.Check{}
	for _, c := range checks {
		if _, twice := found[c.Name]; twice {
			p.t.Errorf("%s is there twice", c.Name)
		}
		found[c.Name] = c
		if (c.Status == operate.CheckFail || c.Status == operate.CheckWarn) && c.Fix == "" {
			p.t.Errorf("%s is %s without a fix: %s", c.Name, c.Status, c.Reason)
		}
	}
	return found
}

// user makes an IAM user with a policy and returns the configuration with the user's key.
func (p *patient) user(name, policy string) aws.Config {
	p.t.Helper()
	client := iam.NewFromConfig(p.cfg)
	ctx := p.t.Context()
	if _, err := client.CreateUser(ctx, &iam.CreateUserInput{UserName: &name}); err != nil {
		p.t.Fatal(err)
	}
	if _, err := client.PutUserPolicy(ctx, &iam.PutUserPolicyInput{UserName: &name, PolicyName: aws.String("p"), PolicyDocument: &policy}); err != nil {
		p.t.Fatal(err)
	}
	made, err := client.CreateAccessKey(ctx, &iam.CreateAccessKeyInput{UserName: &name})
	if err != nil {
		p.t.Fatal(err)
	}
	cfg := p.cfg.Copy()
	cfg.Credentials = credentials.NewStaticCredentialsProvider(*made.AccessKey.AccessKeyId, *made.AccessKey.SecretAccessKey, "")
	return cfg
}

// as has the doctor called by somebody else.
func (p *patient) as(cfg aws.Config) func(*operate.DoctorOptions) {
	return func(o *operate.DoctorOptions) { o.AWS, o.Clients = cfg, p.options(cfg, o.Prefect).Clients }
}

// holder is a user who has the policy of bootstrap but for one statement.
func (p *patient) holder(withheld string) aws.Config {
	p.t.Helper()
	name := "without" + withheld
	cfg, client := p.user(name, mayAsk), iam.NewFromConfig(p.cfg)
	policy := p.bootstrapPolicy()
	policy.Statements = slices.DeleteFunc(policy.Statements, func(s templates.Statement) bool { return s.Sid == withheld })
	for i, part := range policy.Parts() {
		made, err := client.CreatePolicy(p.t.Context(), &iam.CreatePolicyInput{PolicyName: aws.String(fmt.Sprint(name, i)), PolicyDocument: aws.String(part.Document())})
		if err == nil {
			_, err = client.AttachUserPolicy(p.t.Context(), &iam.AttachUserPolicyInput{UserName: &name, PolicyArn: made.Policy.Arn})
		}
		if err != nil {
			p.t.Fatal(err)
		}
	}
	return cfg
}

func (p *patient) bootstrapPolicy() provision.Policy {
	p.t.Helper()
	id := provision.Identity{Account: "123456789012", Partition: "aws", Region: patientRegion}
	policy, err := provision.NewPolicy(provision.PolicyBootstrap, p.spec.WithDefaults(), id, provision.Server{APIKey: p.key})
	if err != nil {
		p.t.Fatal(err)
	}
	return policy
}

// pushImage pushes an image into the sandbox's registry.
func (p *patient) pushImage(repository, tag string) {
	p.t.Helper()
	client := ecr.NewFromConfig(p.cfg)
	ctx := p.t.Context()
	found, err := client.DescribeRepositories(ctx, &ecr.DescribeRepositoriesInput{RepositoryNames: []string{repository}})
	if err != nil {
		p.t.Fatal(err)
	}
	token, err := client.GetAuthorizationToken(ctx, &ecr.GetAuthorizationTokenInput{})
	if err != nil {
		p.t.Fatal(err)
	}
	ref, err := name.ParseReference(*found.Repositories[0].RepositoryUri + ":" + tag)
	if err != nil {
		p.t.Fatal(err)
	}
	img, err := random.Image(64, 1)
	if err != nil {
		p.t.Fatal(err)
	}
	auth := authn.FromConfig(authn.AuthConfig{Auth: strings.TrimSpace(*token.AuthorizationData[0].AuthorizationToken)})
	if err := remote.Write(ref, img, remote.WithAuth(auth), remote.WithContext(ctx)); err != nil {
		p.t.Fatal(err)
	}
}

// silence is a provision.Progress that tells nobody.
type silence struct{}

func (silence) Start(provision.Kind, string, provision.Action) {}

func (silence) Done(provision.Applied, error) {}

func (silence) Note(string) {}

// mayAsk lets a user ask IAM what they may do.
const mayAsk = `{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "iam:SimulatePrincipalPolicy", "Resource": "*"}]}`
