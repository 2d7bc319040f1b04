package operate_test

import (
	"log/slog"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/ec2"

	"ecsctl/internal/pipenet"
	"ecsctl/operate"
	"ecsctl/prefect"
	"ecsctl/provision"
	"ecsctl/sandbox"
	"ecsctl/sandbox/prefectapi"
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

	network *pipenet.Network // in simulated time; nil is loopback
	mu      sync.Mutex
	clients []*http.Client // over the network
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
	p.network, _ = o.Listener.(*pipenet.Network)
	var err error
	if p.server, err = sandbox.Start(o); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		p.hangUp()
		if err := p.server.Close(); err != nil {
			t.Error(err)
		}
		p.hangUp()
	})
	p.cfg = p.config(sandbox.AccessKeyID, p.server.URL())
	p.ec2 = ec2.NewFromConfig(p.cfg)
	return p
}

func (p *patient) config(key, url string) aws.Config {
	cfg := aws.Config{
		Region: patientRegion, BaseEndpoint: aws.String(url), RetryMaxAttempts: 1,
		Credentials: credentials.NewStaticCredentialsProvider(key, "secret", ""),
	}
	if p.network != nil {
		cfg.HTTPClient = p.wire()
	}
	return cfg
}

// wire is the client that finds the sandbox; nil is any.
func (p *patient) wire() *http.Client {
	if p.network == nil {
		return nil
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	client := p.network.Client()
	p.clients = append(p.clients, client)
	return client
}

// hangUp leaves no goroutine: a bubble of simulated time waits for them all.
func (p *patient) hangUp() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, client := range p.clients {
		client.CloseIdleConnections()
	}
}

func (p *patient) api(url string) *prefect.Client {
	p.t.Helper()
	api, err := prefect.New(prefect.Options{APIURL: url, APIKey: p.key, MaxRetries: -1, HTTPClient: p.wire()})
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
