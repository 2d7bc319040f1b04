package patient

import (
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"sync"
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

	"ecsctl/internal/pipenet"
	"ecsctl/operate"
	"ecsctl/operate/doctor"
	"ecsctl/prefect"
	"ecsctl/provision"
	"ecsctl/provision/spec"
	"ecsctl/sandbox"
	"ecsctl/sandbox/prefectapi"
	"ecsctl/templates"
)

// The region, work pool and API key of a Patient.
const (
	PatientRegion = "eu-west-1"
	PatientPool   = "etl"
	PatientKey    = "pnu_right"
)

// Patient is an account and a Prefect server, played by a sandbox, that a doctor looks at.
type Patient struct {
	T      *testing.T
	Server *sandbox.Server
	Cfg    aws.Config
	Ec2    *ec2.Client
	Spec   spec.Spec
	Key    prefect.Secret // that of whoever calls the doctor
	// Wire stands between the clients that are made from now on and the network, where there is one of pipes.
	Wire func(http.RoundTripper) http.RoundTripper
	// Revoked is a key that the Prefect server does not take any more.
	Revoked atomic.Pointer[string]

	network *pipenet.Network // in simulated time; nil is loopback
	mu      sync.Mutex
	clients []*http.Client // over the network
}

// NewPatient starts a sandbox for the test.
func NewPatient(t *testing.T, o sandbox.Options) *Patient {
	t.Helper()
	p := &Patient{T: t, Key: PatientKey, Spec: spec.Spec{
		Pool: PatientPool, Region: PatientRegion, Worker: spec.Worker{
			Runtime: spec.RuntimePrefect, Image: "prefecthq/worker:1",
		},
	}}
	api := prefectapi.New()
	o.Region = PatientRegion
	o.PrefectAPI = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if key := p.Revoked.Load(); key != nil && r.Header.Get("Authorization") == "Bearer "+*key {
			http.Error(w, `{"exception_message": "Unauthorized"}`, http.StatusUnauthorized)
			return
		}
		api.ServeHTTP(w, r)
	})
	p.network, _ = o.Listener.(*pipenet.Network)
	var err error
	if p.Server, err = sandbox.Start(o); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		p.hangUp()
		if err := p.Server.Close(); err != nil {
			t.Error(err)
		}
		p.hangUp()
	})
	p.Cfg = p.Config(sandbox.AccessKeyID, p.Server.URL())
	p.Ec2 = ec2.NewFromConfig(p.Cfg)
	return p
}

// Config returns the AWS configuration of the user with that access key.
func (p *Patient) Config(key, url string) aws.Config {
	cfg := p.Server.Config()
	cfg.BaseEndpoint, cfg.RetryMaxAttempts = aws.String(url), 1
	cfg.Credentials = credentials.NewStaticCredentialsProvider(key, p.Server.SecretAccessKey(), "")
	if p.network != nil {
		cfg.HTTPClient = p.wire()
	}
	return cfg
}

// wire is the client that finds the sandbox; nil is any.
func (p *Patient) wire() *http.Client {
	if p.network == nil {
		return nil
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	client := p.network.Client()
	p.clients = append(p.clients, client)
	if p.Wire == nil {
		return client
	}
	return &http.Client{Transport: p.Wire(client.Transport)}
}

// hangUp leaves no goroutine: a bubble of simulated time waits for them all.
func (p *Patient) hangUp() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, client := range p.clients {
		client.CloseIdleConnections()
	}
}

// API returns a client for the Prefect API at url.
func (p *Patient) API(url string) *prefect.Client {
	p.T.Helper()
	api, err := prefect.New(prefect.Options{APIURL: url, APIKey: p.Key, MaxRetries: -1, HTTPClient: p.wire()})
	if err != nil {
		p.T.Fatal(err)
	}
	return api
}

// Options returns the options to provision the patient.
func (p *Patient) Options(cfg aws.Config, api *prefect.Client) provision.Options {
	return provision.Options{
		Spec: p.Spec, Version: "test", Logger: slog.New(slog.DiscardHandler), PollInterval: 10 * time.Millisecond,
		Server:  provision.Server{APIURL: api.APIURL(), APIKey: p.Key},
		Clients: provision.ClientsFor(cfg, api),
	}
}

// Bootstrap sets the pool up, without waiting for its worker.
func (p *Patient) Bootstrap() {
	p.T.Helper()
	options := p.Options(p.Cfg, p.API(p.Server.PrefectAPIURL()))
	options.Spec = options.Spec.WithDefaults()
	plan, err := provision.NewBootstrap(p.T.Context(), options)
	if err != nil {
		p.T.Fatal(err)
	}
	if _, err := plan.Apply(p.T.Context(), silence{}); err != nil {
		p.T.Fatal(err)
	}
}

// Examine is what the doctor finds, by check. change alters what the doctor is given.
func (p *Patient) Examine(change func(*doctor.DoctorOptions)) map[string]operate.Check {
	p.T.Helper()
	o := doctor.DoctorOptions{AWS: p.Cfg, Prefect: p.API(p.Server.PrefectAPIURL()), CheckTime: Patience}
	o.Options = p.Options(p.Cfg, o.Prefect)
	if change != nil {
		change(&o)
	}
	checks, err := doctor.Examine(p.T.Context(), o)
	if err != nil {
		p.T.Fatal(err)
	}
	found := map[string]operate.Check{}
	for _, c := range checks {
		if _, twice := found[c.Name]; twice {
			p.T.Errorf("%s is there twice", c.Name)
		}
		found[c.Name] = c
		if (c.Status == operate.CheckFail || c.Status == operate.CheckWarn) && c.Fix == "" {
			p.T.Errorf("%s is %s without a fix: %s", c.Name, c.Status, c.Reason)
		}
	}
	return found
}

// User makes an IAM user with a policy and returns the configuration with the user's key.
func (p *Patient) User(name, policy string) aws.Config {
	p.T.Helper()
	client := iam.NewFromConfig(p.Cfg)
	ctx := p.T.Context()
	if _, err := client.CreateUser(ctx, &iam.CreateUserInput{UserName: &name}); err != nil {
		p.T.Fatal(err)
	}
	if _, err := client.PutUserPolicy(ctx, &iam.PutUserPolicyInput{
		UserName: &name, PolicyName: aws.String("p"), PolicyDocument: &policy,
	}); err != nil {
		p.T.Fatal(err)
	}
	made, err := client.CreateAccessKey(ctx, &iam.CreateAccessKeyInput{UserName: &name})
	if err != nil {
		p.T.Fatal(err)
	}
	cfg := p.Cfg.Copy()
	cfg.Credentials = credentials.NewStaticCredentialsProvider(*made.AccessKey.AccessKeyId,
		*made.AccessKey.SecretAccessKey, "")
	return cfg
}

// As has the doctor called by somebody else.
func (p *Patient) As(cfg aws.Config) func(*doctor.DoctorOptions) {
	return func(o *doctor.DoctorOptions) { o.AWS, o.Clients = cfg, p.Options(cfg, o.Prefect).Clients }
}

// Holder is a user who has the policy of bootstrap except one statement.
func (p *Patient) Holder(withheld string) aws.Config {
	p.T.Helper()
	name := "without" + withheld
	cfg, client := p.User(name, mayAsk), iam.NewFromConfig(p.Cfg)
	policy := p.BootstrapPolicy()
	policy.Statements = slices.DeleteFunc(policy.Statements, func(s templates.Statement) bool {
		return s.Sid == withheld
	})
	for i, part := range policy.Parts() {
		made, err := client.CreatePolicy(p.T.Context(), &iam.CreatePolicyInput{
			PolicyName: aws.String(fmt.Sprint(name, i)), PolicyDocument: aws.String(part.Document()),
		})
		if err == nil {
			_, err = client.AttachUserPolicy(p.T.Context(), &iam.AttachUserPolicyInput{
				UserName: &name, PolicyArn: made.Policy.Arn,
			})
		}
		if err != nil {
			p.T.Fatal(err)
		}
	}
	return cfg
}

// BootstrapPolicy returns the policy that bootstrap needs.
func (p *Patient) BootstrapPolicy() provision.Policy {
	p.T.Helper()
	id := provision.Identity{Account: "123456789012", Partition: "aws", Region: PatientRegion}
	policy, err := provision.NewPolicy(provision.PolicyBootstrap, p.Spec.WithDefaults(), id,
		provision.Server{APIKey: p.Key})
	if err != nil {
		p.T.Fatal(err)
	}
	return policy
}

// PushImage pushes an image into the sandbox's registry.
func (p *Patient) PushImage(repository, tag string) {
	p.T.Helper()
	client := ecr.NewFromConfig(p.Cfg)
	ctx := p.T.Context()
	found, err := client.DescribeRepositories(ctx,
		&ecr.DescribeRepositoriesInput{RepositoryNames: []string{repository}})
	if err != nil {
		p.T.Fatal(err)
	}
	token, err := client.GetAuthorizationToken(ctx, &ecr.GetAuthorizationTokenInput{})
	if err != nil {
		p.T.Fatal(err)
	}
	ref, err := name.ParseReference(*found.Repositories[0].RepositoryUri + ":" + tag)
	if err != nil {
		p.T.Fatal(err)
	}
	img, err := random.Image(64, 1)
	if err != nil {
		p.T.Fatal(err)
	}
	auth := authn.FromConfig(authn.AuthConfig{Auth: strings.TrimSpace(*token.AuthorizationData[0].AuthorizationToken)})
	if err := remote.Write(ref, img, remote.WithAuth(auth), remote.WithContext(ctx)); err != nil {
		p.T.Fatal(err)
	}
}

// silence is a provision.Progress that tells nobody.
type silence struct{}

func (silence) Start(provision.Kind, string, provision.Action) {}

func (silence) Done(provision.Applied, error) {}

func (silence) Note(string) {}

// mayAsk lets a user ask IAM what they may do.
const mayAsk = `{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "iam:SimulatePrincipalPolicy", "Resource": "*"}]}`
