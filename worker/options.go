package worker

import (
	"cmp"
	"encoding/json"
	"log/slog"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"ecsctl/internal/uuid"
	"ecsctl/prefect"
	"ecsctl/worker/awsaccess"
)

// Type is the only type of work pool that this worker serves.
const Type = "ecs"

// The defaults of the official worker's settings.
const (
	DefaultQueryInterval     = 10 * time.Second // PREFECT_WORKER_QUERY_SECONDS
	DefaultHeartbeatInterval = 30 * time.Second // PREFECT_WORKER_HEARTBEAT_SECONDS
	DefaultPrefetch          = 10 * time.Second // PREFECT_WORKER_PREFETCH_SECONDS
)

// DefaultObservedSweep is how often tasks are looked at while their changes are heard of.
const DefaultObservedSweep = time.Minute

const (
	defaultConcurrency   = 16
	defaultSweepInterval = 5 * time.Second
	defaultVisibility    = 30 * time.Second
	defaultPatience      = time.Hour
	defaultCapacityWait  = time.Hour
	defaultClaimGrace    = 2 * time.Minute
	// defaultRunnerGrace: Prefect's runner looks for cancelled runs every 10 s, and gives
	// the flow's process 30 s to end.
	defaultRunnerGrace = time.Minute
	// defaultDrain fits into the two minutes that ECS gives a container on Fargate at most.
	defaultDrain = 100 * time.Second
)

// Options configure a Worker. Prefect, AWS and Pool are needed.
type Options struct {
	Prefect *prefect.Client
	AWS     aws.Config // the worker's own credentials and region

	Pool       string
	Name       string   // default: "ECSWorker" and a random id, as the official worker's
	WorkQueues []string // default: all queues of the pool
	Limit      int      // runs that may be claimed or running at once; 0 is no limit

	Prefetch          time.Duration // how far ahead of their time runs are launched; negative is not at all
	QueryInterval     time.Duration // between polls
	HeartbeatInterval time.Duration
	CancelInterval    time.Duration // between looks for Cancelling runs; default: twice QueryInterval
	SweepInterval     time.Duration // between looks at the tracked tasks; default 5 s

	// ObserverQueue is the name of the SQS queue that gets the changes of tasks; empty is none.
	ObserverQueue  string
	ObserverRegion string // default: that of AWS
	// ObservedSweepInterval is the time between looks at the tracked tasks while the queue
	// is alive; default a minute.
	ObservedSweepInterval time.Duration
	// ObserverVisibility is how long a message is kept from other workers at a time, in
	// whole seconds; default 30 s. It is prolonged while the message is in hand.
	ObserverVisibility time.Duration

	RunOnce       bool // one heartbeat, one poll, and out when what it found is launched
	NoPoolCreate  bool // do not create a pool that is missing
	NoCancel      bool // with Prefect 3: leave Cancelling runs alone
	NoLogs        bool // do not send log lines to Prefect
	TypeGiven     bool // the user insists on type ecs, whatever the pool says
	BaseTemplate  json.RawMessage
	Settings      map[string]string // the PREFECT_* settings that a task inherits
	Environ       func(name string) (string, bool)
	HealthAddress string // host:port to serve health on; empty is not at all
	Metrics       bool   // serve /metrics as well

	// Concurrency is how many runs are claimed and launched at the same moment; default 16.
	Concurrency int
	// Patience is how long an outage of AWS is waited out with a launch; default an hour.
	Patience time.Duration
	// CapacityWait is how long a run waits for capacity in ECS; default an hour, negative
	// is not at all.
	CapacityWait time.Duration
	// SpotFallback launches a task on demand when Fargate Spot has no capacity for it.
	SpotFallback bool
	// InfrastructureRetries is how often a run is launched anew after AWS has ended its
	// task: Spot took its capacity back, or its host ended.
	InfrastructureRetries int
	// ClaimGrace is how long another worker's claim may stand before it is asked whether
	// that worker still lives; default 2 minutes.
	ClaimGrace      time.Duration
	RecoverInterval time.Duration // between looks for what dead workers left; default a quarter of ClaimGrace
	// KeyPatience is for how long Prefect may refuse the worker's key (401 and 403) before the
	// worker ends; default 2 minutes.
	KeyPatience time.Duration
	// RunnerGrace is how long the runner in a container may take to cancel its run
	// before the task is stopped; default a minute.
	RunnerGrace time.Duration
	// DrainTimeout is how long the worker takes at most to end when it is told to;
	// default 100 s. What AWS has not taken after half of it is given back.
	DrainTimeout time.Duration
	// Rates are the most calls a second for each ECS and EC2 action; default DefaultRates.
	Rates map[string]awsaccess.Rate

	// CrashedLogLines is how many of a container's last lines go into the log of a run that
	// it made Crashed; default 50, negative is none.
	CrashedLogLines int
	// RunTaskTries and RegisterTries bound how often the two calls are made, in place of Patience.
	RunTaskTries, RegisterTries Tries

	Logger *slog.Logger // default: silence
}

func (o Options) withDefaults() Options {
	o.Name = cmp.Or(o.Name, "ECSWorker "+uuid.New())
	o.QueryInterval = cmp.Or(o.QueryInterval, DefaultQueryInterval)
	o.HeartbeatInterval = cmp.Or(o.HeartbeatInterval, DefaultHeartbeatInterval)
	o.CancelInterval = cmp.Or(o.CancelInterval, 2*o.QueryInterval)
	o.SweepInterval = cmp.Or(o.SweepInterval, defaultSweepInterval)
	o.ObservedSweepInterval = cmp.Or(o.ObservedSweepInterval, DefaultObservedSweep)
	o.ObserverVisibility = max(time.Second, cmp.Or(o.ObserverVisibility, defaultVisibility).Truncate(time.Second))
	o.Prefetch = max(0, cmp.Or(o.Prefetch, DefaultPrefetch))
	o.Concurrency = cmp.Or(o.Concurrency, defaultConcurrency)
	o.Patience = cmp.Or(o.Patience, defaultPatience)
	o.CapacityWait = cmp.Or(o.CapacityWait, defaultCapacityWait)
	o.ClaimGrace = cmp.Or(o.ClaimGrace, defaultClaimGrace)
	o.RecoverInterval = cmp.Or(o.RecoverInterval, o.ClaimGrace/4)
	o.KeyPatience = cmp.Or(o.KeyPatience, defaultKeyPatience)
	o.RunnerGrace = cmp.Or(o.RunnerGrace, defaultRunnerGrace)
	o.DrainTimeout = cmp.Or(o.DrainTimeout, defaultDrain)
	o.Logger = cmp.Or(o.Logger, slog.New(slog.DiscardHandler))
	if o.Rates == nil {
		o.Rates = awsaccess.DefaultRates()
	}
	return o
}

// CheckName refuses names that the Prefect API has no place for in its paths.
func CheckName(name string) error {
	if strings.ContainsAny(name, "/%") {
		return errBadName
	}
	return nil
}
