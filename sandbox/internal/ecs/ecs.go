// Package ecs keeps clusters, task definitions, services and tasks as Amazon ECS
// does, and runs the containers of tasks as local processes.
package ecs

import (
	"sync"
	"time"

	"ecsctl/sandbox/internal/clock"
	"ecsctl/sandbox/internal/ec2"
	"ecsctl/sandbox/internal/ecr"
	"ecsctl/sandbox/internal/events"
	"ecsctl/sandbox/internal/iam"
	"ecsctl/sandbox/internal/lag"
	"ecsctl/sandbox/internal/logs"
	"ecsctl/sandbox/internal/parameters"
	"ecsctl/sandbox/internal/process"
	"ecsctl/sandbox/internal/rootfs"
	"ecsctl/sandbox/internal/secrets"
	"ecsctl/sandbox/internal/sts"
	"ecsctl/sandbox/internal/wire"
)

// Config is what the service needs to know of its surroundings.
type Config struct {
	Partition, Region, Account string

	Clock         *clock.Clock
	Mishaps       Mishaps           // what goes wrong by request
	Lag           *lag.Lag          // by which changes of services, tasks and clusters are seen late
	EnforceIAM    bool              // execution roles may do only what their policies allow
	Images        map[string]string // image pattern -> directory of its programs
	Functions     map[string]Function
	Volumes       []string      // paths of this machine that containers see
	TaskDelay     time.Duration // spent in PROVISIONING and again in PENDING
	RestartDelay  time.Duration // before a failed task is replaced, doubled with each failure
	HealthRetries int           // in a row must fail at least
	SteadyDelay   time.Duration // a deployment is complete when its tasks ran that long
	DrainDelay    time.Duration // a deleted service stays DRAINING that long
	// ProviderDelay is how long changes of a capacity provider of Managed Instances take.
	ProviderDelay time.Duration
	Environment   []string       // of every container: how to reach AWS, without credentials
	Guard         *process.Guard // of the processes
	Credentials   string         // URL below which tasks find the credentials of their role
	Metadata      string         // URL below which containers find what ECS tells them

	ContainerEnvironment func() ([]string, error) // of each container with a pulled image; may be nil
	StandInEnvironment   bool                     // it is for the others, too
}

// Peers are the services that ECS itself calls.
type Peers struct {
	IAM     *iam.Service
	EC2     *ec2.Service
	Logs    *logs.Service
	Secrets *secrets.Service
	SSM     *parameters.Service
	Events  *events.Service
	STS     *sts.Service
	ECR     *ecr.Service
}

// Service is ECS in one region.
type Service struct {
	*wire.JSON
	cfg   Config
	peers Peers

	mu       sync.Mutex
	clusters map[string]*cluster
	// providers are those that somebody made, by name; deleted ones stay.
	providers map[string]*capacityProvider
	families  map[string][]*taskDefinition // by revision, rising
	launches  map[string]*launch           // by cluster and client token

	engine engine
	trees  rootfs.Cache // of the images that were pulled from ECR
	files  fileSystems
}

// New makes a region without clusters. Close must be called.
func New(cfg Config, peers Peers) *Service {
	s := &Service{
		cfg: cfg, peers: peers,
		clusters: map[string]*cluster{}, providers: map[string]*capacityProvider{},
		families: map[string][]*taskDefinition{},
		launches: map[string]*launch{},
	}
	s.JSON = wire.NewJSON(&s.mu, "message")
	s.handleClusters()
	s.handleCapacityProviders()
	s.handleTaskDefinitions()
	s.handleServices()
	s.handleTasks()
	s.handleTags()
	s.startEngine()
	return s
}
