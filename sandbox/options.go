package sandbox

import (
	"context"
	"net"
	"net/http"
	"time"

	"ecsctl/sandbox/fault"
	"ecsctl/sandbox/internal/process"
)

// Options describe the account that the sandbox plays. The zero value is an account
// 123456789012 in us-east-1 in which everything is consistent at once.
type Options struct {
	Region    string // default us-east-1
	Account   string // default 123456789012
	Partition string // default: the one that Region lies in

	// Listener, if any, is served in place of a port of loopback.
	Listener net.Listener

	// Port is where to listen on loopback; 0 takes a free one.
	Port int

	// Clock is that of all its services but ECR, CloudWatch Logs and EventBridge; nil is this machine's.
	Clock *Clock

	// IAMDelay is how long a new role is refused by ECS: IAM is eventually consistent.
	IAMDelay time.Duration

	// Lag is how many calls see each change late, as AWS is eventually consistent: DescribeServices a
	// service that was made or changed, ListTasks a task, EC2 a security group, DeleteCluster the end of a
	// service. A write of a role right after another one is refused once. SetLag(0) lets everything be seen.
	Lag int

	// EnforceIAM lets callers do only what their policies allow. The account's own key, in
	// Server.Env, may do everything; without it so may every key.
	EnforceIAM bool

	// ServiceControlPolicy is one of the account's organization, which limits everybody in it, the account's
	// own key too. It holds with EnforceIAM.
	ServiceControlPolicy string

	// NotEnabled makes Region one that the account has not enabled: there, no credentials are valid.
	NotEnabled bool

	// Images maps image names to directories that hold their programs. A key is a
	// pattern as of path.Match over the whole reference ("prefecthq/prefect*"); "*" in it does
	// not cross a slash. The directory comes first on PATH of the container's process.
	// An image that no pattern matches cannot be pulled.
	Images map[string]string

	// Volumes are files and folders of this machine that containers see, at the same paths, and
	// may write. Beside them they see their image alone, where OwnRoots is nil: of a directory
	// that plays an image that is what its programs need.
	Volumes []string

	// Functions let functions of this program play images, by patterns as those of Images,
	// before which they go: for thousands of tasks at once, and for tests whose time is
	// simulated, which processes do not see.
	Functions map[string]Function

	// ContainerEnvironment, if any, is asked for more variables for each container whose
	// image was pulled, and with StandInEnvironment for those of stand-in images as well.
	// In AWS each task has an address of its own; here all share that of
	// the machine, so that a port that every worker listens on must be another for each.
	// What the task definition sets goes over it.
	ContainerEnvironment func() ([]string, error)
	StandInEnvironment   bool

	// TaskDelay is spent in each of PROVISIONING and PENDING; default 10 ms.
	TaskDelay time.Duration

	// RestartDelay is how long a service waits before it replaces a task that failed,
	// doubled with each failure up to 64 times; default 50 ms.
	RestartDelay time.Duration

	// HealthRetries is how many health checks in a row must fail at least, where a task definition asks for fewer: on a
	// machine that is busy for long, a healthy program may have no turn to answer in time.
	HealthRetries int

	// SteadyDelay is how long all tasks of a deployment must run before it is complete; default 1 s.
	SteadyDelay time.Duration

	// DrainDelay is how long a deleted service stays DRAINING after its last task; default 10 ms.
	DrainDelay time.Duration

	// ProviderDelay is how long it takes to make, change or delete a capacity provider of Managed Instances;
	// default 10 ms.
	ProviderDelay time.Duration

	// QueueDelay is how long the name of a deleted queue is refused; AWS waits a minute.
	QueueDelay time.Duration

	// Faults are armed, and Quotas hold, from the beginning.
	Faults []fault.Fault
	Quotas []fault.Quota

	// PrefectAPI answers below /api; default: an empty Prefect API of its own, that asks for
	// what PrefectCredentials says.
	PrefectAPI http.Handler

	// PrefectVersion is what the Prefect API of its own plays; default: the newest.
	PrefectVersion string
}

// OwnRoots returns why containers see the files of this machine: it takes mount namespaces, which
// Linux has. nil says that they do not.
func OwnRoots() error { return process.OwnRoots() }

// Function plays a container: it is given the container's environment and returns the
// exit code. Its context ends with SIGTERM as well as with SIGKILL; it must return then.
type Function func(ctx context.Context, env []string) (exitCode int)

func (o Options) withDefaults() Options {
	setDefault(&o.Region, "us-east-1")
	setDefault(&o.Account, "123456789012")
	setDefault(&o.Partition, partitionOf(o.Region))
	setDefault(&o.TaskDelay, 10*time.Millisecond)
	setDefault(&o.RestartDelay, 50*time.Millisecond)
	setDefault(&o.SteadyDelay, time.Second)
	setDefault(&o.DrainDelay, 10*time.Millisecond)
	setDefault(&o.ProviderDelay, 10*time.Millisecond)
	return o
}

func setDefault[T comparable](v *T, def T) {
	var zero T
	if *v == zero {
		*v = def
	}
}
