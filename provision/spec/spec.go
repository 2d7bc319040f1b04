// Package spec says what a bootstrap is to make: plain data with defaults, names and checks. It makes no calls.
package spec

import (
	"cmp"

	"ecsctl/internal/fargate"
	"ecsctl/prefect"
)

// Spec is what a user wants: plain data, read from flags, environment and
// ecsctl.yaml. Empty fields take the defaults of WithDefaults.
type Spec struct {
	// Pool is the name of the Prefect work pool.
	Pool string `yaml:"pool,omitempty" json:"pool,omitempty"`
	// Region and Profile pick the AWS account; empty means what the AWS SDK finds.
	Region  string `yaml:"region,omitempty" json:"region,omitempty"`
	Profile string `yaml:"profile,omitempty" json:"profile,omitempty"`
	// Cluster is the name or ARN of the ECS cluster, created when missing.
	Cluster string `yaml:"cluster,omitempty" json:"cluster,omitempty"`
	// ContainerInsights is enabled, enhanced or disabled, for a cluster that bootstrap makes; empty means the
	// account's own default.
	ContainerInsights string `yaml:"containerInsights,omitempty" json:"containerInsights,omitempty"`

	Network Network `yaml:"network,omitempty" json:"network,omitzero"`
	Worker  Worker  `yaml:"worker,omitempty" json:"worker,omitzero"`
	// Names override the names that derive from the pool.
	Names    Names    `yaml:"names,omitempty" json:"names,omitzero"`
	Roles    Roles    `yaml:"roles,omitempty" json:"roles,omitzero"`
	FlowRuns FlowRuns `yaml:"flowRuns,omitempty" json:"flowRuns,omitzero"`
	Prefect  Prefect  `yaml:"prefect,omitempty" json:"prefect,omitzero"`
	// Observer says whether workers get a queue with the changes of their tasks; nil
	// means yes, where the worker's runtime reads one.
	Observer *bool `yaml:"observer,omitempty" json:"observer,omitempty"`
	// LogRetentionDays is how long CloudWatch keeps the logs; AWS takes certain values only.
	LogRetentionDays int `yaml:"logRetentionDays,omitempty" json:"logRetentionDays,omitempty"`
	// Tags are put on everything that is made, beside ecsctl's own; empty takes away those of an earlier bootstrap,
	// nil leaves them.
	Tags map[string]string `yaml:"tags,omitzero" json:"tags,omitempty"`
}

// Network says where the worker and the flow runs get their addresses.
type Network struct {
	// VPC is an id; empty means the account's default VPC, or that of the subnets.
	VPC string `yaml:"vpc,omitempty" json:"vpc,omitempty"`
	// Subnets are ids, taken as they are; empty means those with a way out.
	Subnets []string `yaml:"subnets,omitempty" json:"subnets,omitempty"`
	// SecurityGroups are ids; empty means one of ecsctl's own, egress only.
	SecurityGroups []string `yaml:"securityGroups,omitempty" json:"securityGroups,omitempty"`
	// AssignPublicIP is auto, enabled or disabled.
	AssignPublicIP string `yaml:"assignPublicIp,omitempty" json:"assignPublicIp,omitempty"`
}

// Worker describes the service that runs the Prefect worker.
type Worker struct {
	// Of is the pool whose worker serves this pool, too; empty means that the pool has a worker of its own.
	Of string `yaml:"of,omitempty" json:"of,omitempty"`
	// Runtime is the program that works: RuntimeECSCTL or RuntimePrefect.
	Runtime string `yaml:"runtime,omitempty" json:"runtime,omitempty"`
	// Image is a container image. Empty means, for RuntimeECSCTL, one that is made from
	// Binary and pushed, and for RuntimePrefect the one for the server's version.
	Image string `yaml:"image,omitempty" json:"image,omitempty"`
	// Binary is a file with an ecsctl for Linux; empty means the program that runs.
	Binary string `yaml:"binary,omitempty" json:"binary,omitempty"`
	// CPU is in CPU units (1024 are one vCPU), Memory in MiB.
	CPU    int `yaml:"cpu,omitempty" json:"cpu,omitempty"`
	Memory int `yaml:"memory,omitempty" json:"memory,omitempty"`
	// Architecture is x86_64 or arm64; empty means that of the image that is made, else x86_64.
	Architecture string `yaml:"architecture,omitempty" json:"architecture,omitempty"`
	// DesiredCount is the number of workers; nil means one at first and then
	// whatever a person or autoscaling made of it.
	DesiredCount *int `yaml:"desiredCount,omitempty" json:"desiredCount,omitempty"`
	// WorkQueues are the queues to poll; empty means all.
	WorkQueues []string `yaml:"workQueues,omitempty" json:"workQueues,omitempty"`
	// Limit is how many flow runs a worker runs at once; nil means no limit.
	Limit *int `yaml:"limit,omitempty" json:"limit,omitempty"`
	// SpotFallback says whether flow runs for which Fargate Spot has no capacity are launched on demand; nil means no.
	SpotFallback *bool `yaml:"spotFallback,omitempty" json:"spotFallback,omitempty"`
	// ExecuteCommand says whether ECS Exec runs commands in the worker's container; nil means no.
	ExecuteCommand *bool `yaml:"executeCommand,omitempty" json:"executeCommand,omitempty"`
	// Env are further variables of the worker's container, which are no secrets: anybody who may read the task
	// definition reads them.
	Env map[string]string `yaml:"env,omitempty" json:"env,omitempty"`
	// StopTimeout is how many seconds a worker has between SIGTERM and SIGKILL; 0 means what its runtime needs.
	StopTimeout int `yaml:"stopTimeout,omitempty" json:"stopTimeout,omitempty"`
	// LogGroup is that of the worker in Of, as far as it is known.
	LogGroup string `yaml:"-" json:"-"`
}

// Names are the names of what is created. Roles may be ARNs: those are used as
// they are and never changed.
type Names struct {
	ExecutionRole string `yaml:"executionRole,omitempty" json:"executionRole,omitempty"`
	WorkerRole    string `yaml:"workerRole,omitempty" json:"workerRole,omitempty"`
	// FlowRole is the task role of flow runs that is made when FlowRuns.TaskRole names none.
	FlowRole string `yaml:"flowRole,omitempty" json:"flowRole,omitempty"`
	// FlowExecutionRole is the execution role of flow runs that is made when FlowRuns.ExecutionRole names none and
	// ExecutionRole is no ARN.
	FlowExecutionRole string `yaml:"flowExecutionRole,omitempty" json:"flowExecutionRole,omitempty"`

	// InfrastructureRole, InstanceRole and CapacityProvider are made for CapacityManagedInstances. The instance profile
	// has the name of the role in it.
	InfrastructureRole string `yaml:"infrastructureRole,omitempty" json:"infrastructureRole,omitempty"`
	InstanceRole       string `yaml:"instanceRole,omitempty" json:"instanceRole,omitempty"`
	CapacityProvider   string `yaml:"capacityProvider,omitempty" json:"capacityProvider,omitempty"`

	Family        string `yaml:"family,omitempty" json:"family,omitempty"`
	Service       string `yaml:"service,omitempty" json:"service,omitempty"`
	Secret        string `yaml:"secret,omitempty" json:"secret,omitempty"`
	LogGroup      string `yaml:"logGroup,omitempty" json:"logGroup,omitempty"`
	Repository    string `yaml:"repository,omitempty" json:"repository,omitempty"`
	SecurityGroup string `yaml:"securityGroup,omitempty" json:"securityGroup,omitempty"`
	// FlowRepository is where the images of flows are pushed to.
	FlowRepository string `yaml:"flowRepository,omitempty" json:"flowRepository,omitempty"`
	// Queue takes task changes from the EventBridge rule Rule; what no worker can act
	// upon ends in DeadLetterQueue.
	Queue           string `yaml:"queue,omitempty" json:"queue,omitempty"`
	DeadLetterQueue string `yaml:"deadLetterQueue,omitempty" json:"deadLetterQueue,omitempty"`
	Rule            string `yaml:"rule,omitempty" json:"rule,omitempty"`
	// Bucket holds bundles and results; empty means BucketName, which needs the account.
	Bucket string `yaml:"bucket,omitempty" json:"bucket,omitempty"`
}

// Roles say how roles are made. They are nothing to roles that are given as ARNs.
type Roles struct {
	// Boundary is the ARN of a policy that becomes the permissions boundary of roles;
	// empty means none, and leaves one that is there.
	Boundary string `yaml:"boundary,omitempty" json:"boundary,omitempty"`
	// Path is the IAM path of roles, such as /team/; empty means /. IAM cannot change it.
	Path string `yaml:"path,omitempty" json:"path,omitempty"`
}

// FlowRuns holds what goes into the work pool's defaults. Empty fields leave the
// pool's own default alone, except for the roles and logs, which ecsctl sets up.
type FlowRuns struct {
	Image string `yaml:"image,omitempty" json:"image,omitempty"`
	// CPU is in CPU units, Memory in MiB.
	CPU        int    `yaml:"cpu,omitempty" json:"cpu,omitempty"`
	Memory     int    `yaml:"memory,omitempty" json:"memory,omitempty"`
	LaunchType string `yaml:"launchType,omitempty" json:"launchType,omitempty"`
	// Capacity is where flow runs run: one of Capacities; empty leaves it to LaunchType and the pool.
	Capacity string `yaml:"capacity,omitempty" json:"capacity,omitempty"`
	// CapacityProvider is the name of an Auto Scaling group's capacity provider, for CapacityEC2, or of one of Managed
	// Instances that is there already; for CapacityManagedInstances one is made without it.
	CapacityProvider string `yaml:"capacityProvider,omitempty" json:"capacityProvider,omitempty"`
	// Instances are those of CapacityManagedInstances.
	Instances Instances `yaml:"instances,omitempty" json:"instances,omitzero"`
	// ExecutionRole and TaskRole are ARNs. Both default to roles that are made: the task role without rights, the
	// execution role with those that flow runs need. Where the worker's execution role is an ARN it is theirs too.
	ExecutionRole string `yaml:"executionRole,omitempty" json:"executionRole,omitempty"`
	TaskRole      string `yaml:"taskRole,omitempty" json:"taskRole,omitempty"`
	// PolicyFile has the policy of the task role that is made, as IAM's JSON; "" leaves the role's own as it is.
	PolicyFile string `yaml:"policyFile,omitempty" json:"policyFile,omitempty"`
	// PolicyARNs are policies that are attached to the task role that is made.
	PolicyARNs []string `yaml:"policyArns,omitempty" json:"policyArns,omitempty"`
	// JobVariables are further defaults of the pool's template, by the names of its variables.
	JobVariables map[string]any `yaml:"jobVariables,omitempty" json:"jobVariables,omitempty"`
	// Families are patterns of task definition families that the worker may
	// register and run beside its own, for deployments that set `family`.
	Families []string `yaml:"families,omitempty" json:"families,omitempty"`
	// Logs says whether containers write to the log group; nil means yes.
	Logs *bool `yaml:"logs,omitempty" json:"logs,omitempty"`
	// Repository says whether there is one in ECR for the images of flows; nil means yes.
	Repository *bool `yaml:"repository,omitempty" json:"repository,omitempty"`
	// BundleStorage says whether a bucket is made for the bundles of flows that are no deployments
	// (@ecs), and the pool's storage set to it. Without it, one that is there stays.
	BundleStorage bool `yaml:"bundleStorage,omitempty" json:"bundleStorage,omitempty"`
}

// Prefect says how to reach the Prefect API. There is no field for a key: it
// comes from the environment, a profile, a file or an existing secret.
type Prefect struct {
	APIURL  string `yaml:"apiUrl,omitempty" json:"apiUrl,omitempty"`
	Profile string `yaml:"profile,omitempty" json:"profile,omitempty"`
	// APIKeyFile is a file with the key; "-" is standard input.
	APIKeyFile string `yaml:"apiKeyFile,omitempty" json:"apiKeyFile,omitempty"`
	// APIKeySecret is the ARN of a Secrets Manager secret that holds the key, or ARN:KEY::
	// for a key of a JSON secret, or the ARN of an SSM parameter. A bare ARN means that it holds the key as
	// plain text. ecsctl uses it as it is and makes none of its own.
	APIKeySecret string `yaml:"apiKeySecret,omitempty" json:"apiKeySecret,omitempty"`
	// Found is what a file that was found, not named, says of where the key is read and sent.
	Found prefect.Found `yaml:"-" json:"-"`
}

// Values of the enumerated fields.
const (
	RuntimeECSCTL  = "ecsctl"
	RuntimePrefect = "prefect"

	PublicIPAuto     = "auto"
	PublicIPEnabled  = "enabled"
	PublicIPDisabled = "disabled"
)

// DefaultRuntime is the program that works unless the Spec says otherwise.
const DefaultRuntime = RuntimeECSCTL

// WithDefaults returns the Spec with every empty field that has a default filled in.
// The names need the region, so it must be known by then.
func (s Spec) WithDefaults() Spec {
	s.Cluster = cmp.Or(s.Cluster, "default")
	s.Network.AssignPublicIP = cmp.Or(s.Network.AssignPublicIP, PublicIPAuto)
	s.Worker.Runtime = cmp.Or(s.Worker.Runtime, DefaultRuntime)
	s.Worker.Architecture = cmp.Or(s.Worker.Architecture, fargate.ArchitectureX86)
	cpu, memory := DefaultSize(s.Worker.Runtime)
	s.Worker.CPU = cmp.Or(s.Worker.CPU, cpu)
	if s.Worker.Memory == 0 && fargate.CheckSize(s.Worker.CPU, memory) != nil {
		memory = fargate.LeastMemory(s.Worker.CPU)
	}
	s.Worker.Memory = cmp.Or(s.Worker.Memory, memory)
	s.LogRetentionDays = cmp.Or(s.LogRetentionDays, 30)
	s.Names = s.Names.Or(DeriveNames(s.Pool, s.Region))
	return s
}

// DefaultSize is what a worker needs: ours runs in Fargate's smallest task, the
// official one runs out of memory there.
func DefaultSize(runtime string) (cpu, memory int) {
	if runtime == RuntimePrefect {
		return 512, 1024
	}
	return 256, 512
}

// MakesImage reports whether bootstrap makes the worker's image: our runtime, and no
// other image named.
func (s Spec) MakesImage() bool {
	return s.Worker.Image == "" && s.Worker.Runtime == RuntimeECSCTL && s.Worker.Of == ""
}

// WorkerLogGroup is the log group that the pool's worker writes to.
func (s Spec) WorkerLogGroup() string { return cmp.Or(s.Worker.LogGroup, s.Names.LogGroup) }

// MayMakeImage is MakesImage before the defaults are filled in.
func (s Spec) MayMakeImage() bool {
	s.Worker.Runtime = cmp.Or(s.Worker.Runtime, DefaultRuntime)
	return s.MakesImage()
}

// FlowRunLogs reports whether flow runs write to the log group.
func (s Spec) FlowRunLogs() bool { return s.FlowRuns.Logs == nil || *s.FlowRuns.Logs }

// MakesFlowRepository reports whether a repository for the images of flows is wanted.
func (s Spec) MakesFlowRepository() bool {
	return s.FlowRuns.Repository == nil || *s.FlowRuns.Repository
}

// ExecutesCommands reports whether the worker's tasks let ECS Exec in.
func (s Spec) ExecutesCommands() bool {
	return s.Worker.ExecuteCommand != nil && *s.Worker.ExecuteCommand
}

// FallsBackFromSpot reports whether the worker launches on demand what Fargate Spot has no capacity for.
func (s Spec) FallsBackFromSpot() bool { return s.Worker.SpotFallback != nil && *s.Worker.SpotFallback }

// Observes reports whether a queue with task changes is wanted.
func (s Spec) Observes() bool { return s.Observer == nil || *s.Observer }
