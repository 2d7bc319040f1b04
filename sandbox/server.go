package sandbox

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strconv"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"

	"ecsctl/internal/aws/answers"
	"ecsctl/sandbox/fault"
	"ecsctl/sandbox/internal/authz"
	"ecsctl/sandbox/internal/ec2"
	"ecsctl/sandbox/internal/ecr"
	"ecsctl/sandbox/internal/ecs"
	"ecsctl/sandbox/internal/events"
	"ecsctl/sandbox/internal/iam"
	"ecsctl/sandbox/internal/lag"
	"ecsctl/sandbox/internal/logs"
	"ecsctl/sandbox/internal/parameters"
	"ecsctl/sandbox/internal/process"
	"ecsctl/sandbox/internal/quotas"
	"ecsctl/sandbox/internal/rules"
	"ecsctl/sandbox/internal/s3"
	"ecsctl/sandbox/internal/secrets"
	"ecsctl/sandbox/internal/sqs"
	"ecsctl/sandbox/internal/sts"
	"ecsctl/sandbox/internal/wire"
	"ecsctl/sandbox/prefectapi"
)

// prefectPath is where Prefect's own client expects an API.
const prefectPath = "/api"

// Server is a running sandbox.
type Server struct {
	opts     Options
	url      string
	http     *http.Server
	served   chan error
	network  *ec2.Service
	services map[string]wire.Service // by the service name of a SigV4 credential scope
	ecs      *ecs.Service
	sqs      *sqs.Service
	sts      *sts.Service
	ecr      *ecr.Service
	account  authz.Account
	guard    process.Guard
	secret   string // of the account's own key
	control  string // the part of the path of faults and quotas that nobody else knows
	prefect  prefectAccess
	hangUp   context.CancelFunc // ends the websockets, which http.Server.Shutdown knows nothing of

	faults fault.Set
	quotas fault.Quotas
	lag    lag.Lag

	mu    sync.Mutex
	calls []Call
}

// Start runs a sandbox on a free loopback port. Close must be called to end its tasks.
func Start(opts Options) (*Server, error) {
	opts = opts.withDefaults()
	listener := opts.Listener
	if listener == nil {
		var err error
		if listener, err = net.Listen("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(opts.Port))); err != nil {
			return nil, fmt.Errorf("failed to listen for the sandbox: %w", err)
		}
	}
	s := &Server{opts: opts, url: "http://" + listener.Addr().String(), served: make(chan error, 1),
		quotas: fault.Quotas{Clock: opts.Clock}}
	s.secret, s.control, s.prefect = rand.Text()+rand.Text()[:14], rand.Text(), newPrefectAccess(opts)
	s.lag.Set(opts.Lag)
	s.startServices()
	for _, f := range opts.Faults {
		s.AddFault(f)
	}
	for _, q := range opts.Quotas {
		s.AddQuota(q)
	}
	mux := http.NewServeMux()
	mux.Handle(prefectPath+"/", s.prefectHandler())
	mux.HandleFunc("GET "+credentialsPath+"{id}", s.serveCredentials)
	mux.HandleFunc("GET "+metadataPath+"{container}/{what...}", s.serveMetadata)
	s.serveFaults(mux)
	mux.HandleFunc(ecr.ProtocolPath, s.serveRegistry)
	mux.HandleFunc("GET "+ecr.DownloadPath, s.ecr.ServeDownload)
	mux.Handle("/", http.HandlerFunc(s.serveAWS))
	base, hangUp := context.WithCancel(context.Background())
	s.hangUp = hangUp
	s.http = &http.Server{Handler: fenced(listener.Addr(), mux), ReadHeaderTimeout: 10 * time.Second,
		BaseContext: func(net.Listener) context.Context { return base }}
	go func() { s.served <- s.http.Serve(listener) }()
	return s, nil
}

func (s *Server) startServices() {
	o := s.opts
	roles := iam.New(o.Partition, o.Account, o.EnforceIAM, o.Clock)
	roles.Linked = func() bool { return !s.faults.ForGood("iam", fault.LinkedRoleOperation, fault.Unseen) }
	roles.Lag = &s.lag
	roles.ServiceControl = o.ServiceControlPolicy
	network := ec2.New(o.Partition, o.Region, o.Account, &s.lag)
	s.network = network
	groups := logs.New(o.Partition, o.Region, o.Account)
	vault := secrets.New(o.Partition, o.Region, o.Account, o.Clock)
	store := parameters.New(o.Partition, o.Region, o.Account, o.Clock)
	s.sts = sts.New(sts.Config{Account: o.Account, IAM: roles, Clock: o.Clock, Secret: s.secret, AnyKey: !o.EnforceIAM})
	s.sqs = sqs.New(sqs.Config{
		Partition: o.Partition, Region: o.Region, Account: o.Account, URL: s.url, Clock: o.Clock,
		DeleteDelay: o.QueueDelay,
	})
	s.ecr = ecr.New(ecr.Config{
		Partition: o.Partition, Region: o.Region, Account: o.Account, URL: s.url, Admit: s.admitToRegistry,
	})
	buckets := s3.New(s3.Config{Region: o.Region, Account: o.Account, Clock: o.Clock})
	bus := events.New(o.Partition, o.Region, o.Account, s.sqs)
	s.ecs = ecs.New(ecs.Config{
		Partition: o.Partition, Region: o.Region, Account: o.Account,
		Clock: o.Clock, Lag: &s.lag, Mishaps: s.mishaps(), EnforceIAM: o.EnforceIAM, Images: o.Images,
		Functions: functions(o.Functions), Volumes: o.Volumes,
		TaskDelay: o.TaskDelay, RestartDelay: o.RestartDelay, SteadyDelay: o.SteadyDelay, DrainDelay: o.DrainDelay,
		HealthRetries: o.HealthRetries,
		ProviderDelay: o.ProviderDelay,
		Environment:   s.placeEnv(), ContainerEnvironment: o.ContainerEnvironment,
		StandInEnvironment: o.StandInEnvironment, Guard: &s.guard,
		Credentials: s.url + credentialsPath, Metadata: s.url + metadataPath,
	}, ecs.Peers{IAM: roles, EC2: network, Logs: groups, Secrets: vault, SSM: store, Events: bus, STS: s.sts,
		ECR: s.ecr})
	s.account = authz.Account{
		Partition: o.Partition, Region: o.Region, ID: o.Account,
		IAM: roles, EC2: network, ECS: s.ecs, Logs: groups, Secrets: vault, SQS: s.sqs, Events: bus,
		S3: buckets, SSM: store,
	}
	s.services = map[string]wire.Service{
		"sts": s.sts, "iam": roles, "ec2": network, "logs": groups, "secretsmanager": vault,
		"ecs": s.ecs, "sqs": s.sqs, "events": bus, "ecr": s.ecr, s3.Name: buckets, "ssm": store,
		"servicequotas": quotas.New(o.Partition, o.Region, o.Account, s.quotas.Vcpus),
	}
	for name, service := range s.services {
		s.services[name] = rules.Checked(name, service)
	}
}

// functions gives them the type that ECS calls.
func functions(of map[string]Function) map[string]ecs.Function {
	out := map[string]ecs.Function{}
	for pattern, f := range of {
		out[pattern] = ecs.Function(f)
	}
	return out
}

// ShareVPC plays a VPC with two public subnets that another account shares by AWS RAM. Its owner may keep the
// route tables out of sight.
func (s *Server) ShareVPC(owner string, hidesRoutes bool) (vpcID string, subnetIDs []string) {
	return s.network.Share(owner, hidesRoutes)
}

func (s *Server) prefectHandler() http.Handler {
	if s.opts.PrefectAPI != nil {
		return s.faultyPrefect(s.opts.PrefectAPI)
	}
	return s.faultyPrefect(prefectapi.New(s.prefect.options()...))
}

// URL is the address of all AWS services, for AWS_ENDPOINT_URL.
func (s *Server) URL() string { return s.url }

// PrefectAPIURL is the address of the Prefect API, for PREFECT_API_URL.
func (s *Server) PrefectAPIURL() string { return s.url + prefectPath }

// AccessKeyID is the account's own key, with which everything may be done.
const AccessKeyID = sts.RootKey

// SecretAccessKey is what calls with the account's own key are signed with: another one for each start, so that
// other users of the machine, who reach the port as well, cannot make any.
func (s *Server) SecretAccessKey() string { return s.secret }

// Env is the environment in which AWS and Prefect clients find the sandbox.
func (s *Server) Env() []string {
	env := append(s.placeEnv(), "AWS_ACCESS_KEY_ID="+AccessKeyID, "AWS_SECRET_ACCESS_KEY="+s.secret,
		"PREFECT_API_URL="+s.PrefectAPIURL(),
		ControlVariable+"="+s.controlURL())
	return append(env, s.prefect.env()...)
}

// Config is Env for clients of the SDK: all services, with the account's own key.
func (s *Server) Config() aws.Config {
	return aws.Config{
		Region: s.opts.Region, BaseEndpoint: aws.String(s.url), APIOptions: answers.Options(),
		Credentials: credentials.NewStaticCredentialsProvider(AccessKeyID, s.secret, ""),
	}
}

// placeEnv says where AWS is, and nothing of who calls.
func (s *Server) placeEnv() []string {
	return []string{
		"AWS_ENDPOINT_URL=" + s.URL(),
		"AWS_REGION=" + s.opts.Region,
		"AWS_DEFAULT_REGION=" + s.opts.Region,
		"AWS_EC2_METADATA_DISABLED=true",
	}
}

// Close ends the tasks, their processes and the server.
func (s *Server) Close() error {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	err := s.ecs.Close()
	s.guard.Close()
	s.sqs.Close()
	stopped := s.http.Shutdown(ctx)
	if stopped != nil {
		stopped = s.http.Close()
	}
	s.hangUp()
	<-s.served
	if err = errors.Join(err, stopped, s.ecr.Close()); err != nil {
		return fmt.Errorf("failed to close the sandbox: %w", err)
	}
	return nil
}
