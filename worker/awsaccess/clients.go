// Package awsaccess is how the worker reaches AWS: clients for each set of credentials, the rates
// at which an account may be called, and what its errors mean.
package awsaccess

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"sync"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/ratelimit"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ecs"

	"ecsctl/internal/aws/ec2calls"
	"ecsctl/internal/aws/ecscalls"
	"ecsctl/internal/aws/logscalls"
	"ecsctl/internal/aws/sqscalls"
	"ecsctl/internal/hint"
	"ecsctl/jobtemplate"
)

// Clients reach AWS with one set of credentials, in one region.
type Clients struct {
	Key    string // tells them from others
	Region string
	ECS    *ecscalls.Client
	EC2    *ec2calls.Client
	Logs   *logscalls.Client
}

// errNoRegion: neither the worker nor the credentials block names a region.
var errNoRegion = hint.Add(errors.New("no AWS region is set"),
	"set region_name in the AwsCredentials block, or AWS_REGION where the worker runs")

// Sets makes clients, one set for each set of credentials.
type Sets struct {
	base   aws.Config
	rates  map[string]Rate
	called Called

	making chan struct{} // full while a set is made, so that each is made once

	mu      sync.Mutex
	sets    map[string]*Clients
	Limits  map[string]limits // by account and region
	workers int               // that share the account's rates
}

// NewSets makes clients out of base, which has the worker's own credentials and region.
func NewSets(base aws.Config, rates map[string]Rate, called Called) *Sets {
	return &Sets{base: base, rates: rates, called: called, making: make(chan struct{}, 1),
		sets: map[string]*Clients{}, workers: 1}
}

// Of returns the clients for a job's credentials.
func (s *Sets) Of(ctx context.Context, c jobtemplate.Credentials) (*Clients, error) {
	key, err := credentialsKey(c)
	if err != nil {
		return nil, err
	}
	if known := s.known(key); known != nil {
		return known, nil
	}
	select {
	case s.making <- struct{}{}:
		defer func() { <-s.making }()
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	if known := s.known(key); known != nil {
		return known, nil
	}
	cfg, err := configFor(ctx, s.base, c)
	if err != nil {
		return nil, err
	}
	if cfg.Region == "" {
		return nil, errNoRegion
	}
	made := s.connect(key, cfg, s.limitsOf(ctx, cfg), c.Client.PlainHTTP)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.sets[key] = made
	return made, nil
}

// Sharers is how many workers share the account's rates, as far as is known.
func (s *Sets) Sharers() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.workers
}

func (s *Sets) known(key string) *Clients {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.sets[key]
}

func (s *Sets) connect(key string, cfg aws.Config, shared limits, plainHTTP bool) *Clients {
	cfg.APIOptions = append(slices.Clone(cfg.APIOptions), shared.addTo(s.called))
	retryWithoutBudget(&cfg)
	return &Clients{
		Key:    key,
		Region: cfg.Region,
		ECS:    ecscalls.New(cfg, func(o *ecs.Options) { o.EndpointOptions.DisableHTTPS = plainHTTP }),
		EC2:    ec2calls.New(cfg, func(o *ec2.Options) { o.EndpointOptions.DisableHTTPS = plainHTTP }),
		Logs:   logscalls.New(cfg, func(o *cloudwatchlogs.Options) { o.EndpointOptions.DisableHTTPS = plainHTTP }),
	}
}

// retryWithoutBudget takes away the SDK's budget of repeated calls. An outage uses it up, and
// then the first stale connection after it costs a whole round of waiting. What keeps an
// AWS in trouble from being flooded here are the rates, and the waits between rounds.
func retryWithoutBudget(cfg *aws.Config) {
	if cfg.Retryer != nil || cfg.RetryMode == aws.RetryModeAdaptive {
		return // somebody has other wishes
	}
	cfg.Retryer = func() aws.Retryer {
		return retry.NewStandard(func(o *retry.StandardOptions) { o.RateLimiter = ratelimit.None })
	}
}

// NewSQS reaches queues with the worker's own credentials.
func NewSQS(cfg aws.Config, rates map[string]Rate, called Called) *sqscalls.Client {
	cfg.APIOptions = append(slices.Clone(cfg.APIOptions), newLimits(rates).addTo(called))
	retryWithoutBudget(&cfg)
	return sqscalls.New(cfg)
}

// credentialsKey identifies credentials without holding them.
func credentialsKey(c jobtemplate.Credentials) (string, error) {
	raw, err := json.Marshal(c)
	if err != nil {
		return "", fmt.Errorf("failed to compare AWS credentials: %w", err)
	}
	sum := sha256.Sum256(raw)
	return hex.EncodeToString(sum[:]), nil
}
