// Package inventory reads everything that ecsctl can touch in an AWS account and
// on a Prefect server, and brings it into a form in which two readings can be
// compared. It is for tests: they ask it what is there before and after a run.
package inventory

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"sync"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ecr"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
	"golang.org/x/sync/errgroup"

	"ecsctl/internal/aws/answers"
)

// The kinds of things in a Snapshot.
const (
	Role           = "role"
	LogGroup       = "log-group"
	Repository     = "repository"
	Secret         = "secret"
	SecurityGroup  = "security-group"
	Cluster        = "cluster"
	Profile        = "instance-profile"
	Provider       = "capacity-provider"
	TaskDefinition = "task-definition"
	Service        = "service"
	Queue          = "queue"
	Bucket         = "bucket"
	Rule           = "event-rule"
	WorkPool       = "work-pool"
)

// Kinds lists every kind, in the order in which bootstrap needs them.
var Kinds = []string{Role, LogGroup, Repository, Secret, SecurityGroup, Cluster, Profile, Provider,
	Queue, Bucket, Rule, TaskDefinition, Service, WorkPool}

// Source says where to read. The AWS clients are exported, so that a test can
// change behind ecsctl's back what it reads here.
type Source struct {
	IAM     *iam.Client
	Logs    *cloudwatchlogs.Client
	Secrets *secretsmanager.Client
	SSM     *ssm.Client
	EC2     *ec2.Client
	ECR     *ecr.Client
	ECS     *ecs.Client
	SQS     *sqs.Client
	S3      *s3.Client
	Events  *eventbridge.Client
	Prefect Prefect
}

// Prefect is a Prefect API: its base URL (".../api"), the Authorization header to
// send, or "", and which work pools to read (nil: all), for tests that share a
// server.
type Prefect struct {
	URL           string
	Authorization string
	HTTP          *http.Client
	Own           func(pool string) bool
}

// NewSource makes the clients of a configuration, whose endpoint, region and
// credentials it takes as they are.
func NewSource(cfg aws.Config, prefect Prefect) *Source {
	if prefect.HTTP == nil {
		// uvicorn closes a connection that is idle for five seconds, a call that is on its way or not.
		prefect.HTTP = &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	}
	cfg.APIOptions = append(cfg.APIOptions[:len(cfg.APIOptions):len(cfg.APIOptions)], answers.Whole)
	return &Source{
		IAM:     iam.NewFromConfig(cfg),
		Logs:    cloudwatchlogs.NewFromConfig(cfg),
		Secrets: secretsmanager.NewFromConfig(cfg), SSM: ssm.NewFromConfig(cfg),
		EC2:     ec2.NewFromConfig(cfg),
		ECR:     ecr.NewFromConfig(cfg),
		ECS:     ecs.NewFromConfig(cfg),
		SQS:     sqs.NewFromConfig(cfg),
		S3:      s3.NewFromConfig(cfg),
		Events:  eventbridge.NewFromConfig(cfg),
		Prefect: prefect,
	}
}

// Snapshot is one reading.
type Snapshot struct {
	mu     sync.Mutex
	things Things
	names  map[string]string
}

// Things holds, by kind and name, the content of each thing as plain JSON values:
// maps, lists, strings, numbers and truth values. Empty members are left out.
type Things map[string]map[string]any

// Read reads everything. An empty Prefect URL leaves the work pools out.
func (s *Source) Read(ctx context.Context) (*Snapshot, error) {
	snap := &Snapshot{things: Things{}, names: map[string]string{}}
	group, ctx := errgroup.WithContext(ctx)
	for _, read := range []func(context.Context, *Snapshot) error{
		s.readRoles, s.readProfiles, s.readLogGroups, s.readRepositories, s.readSecrets, s.readNetwork, s.readClusters,
		s.readTaskDefinitions, s.readPools,
		s.readQueues, s.readRules, s.readBuckets,
	} {
		group.Go(func() error { return read(ctx, snap) })
	}
	if err := group.Wait(); err != nil {
		return nil, fmt.Errorf("failed to read the inventory: %w", err)
	}
	return snap, nil
}

// add files one thing. What is drop is volatile and not kept.
func (s *Snapshot) add(kind, name string, content any, drop ...string) error {
	plain, err := toPlain(content)
	if err != nil {
		return fmt.Errorf("failed to read %s %q: %w", kind, name, err)
	}
	if fields, ok := plain.(map[string]any); ok {
		for _, key := range drop {
			delete(fields, key)
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.things[kind] == nil {
		s.things[kind] = map[string]any{}
	}
	s.things[kind][name] = plain
	return nil
}

// Rename notes a text that differs between readings, such as a random id, and what
// stands for it when they are compared. It need not be a whole value.
func (s *Snapshot) Rename(id, name string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.names[id] = name
}

// Raw returns everything as it was read, ids and all.
func (s *Snapshot) Raw() Things { return s.things }

func toPlain(value any) (any, error) {
	raw, err := json.Marshal(value)
	if err != nil {
		return nil, err
	}
	var plain any
	if err := json.Unmarshal(raw, &plain); err != nil {
		return nil, err
	}
	return prune(plain), nil
}
