// Package events keeps the rules of Amazon EventBridge's default bus, and brings the
// events that match them to their targets.
package events

import (
	"sync"

	"github.com/aws/aws-sdk-go-v2/aws"

	"ecsctl/sandbox/internal/sqs"
	"ecsctl/sandbox/internal/wire"
)

const defaultBus = "default"

// Service is EventBridge in one region.
type Service struct {
	*wire.JSON
	prefix  string // of the ARN of each rule
	account string
	region  string
	queues  *sqs.Service

	mu    sync.Mutex
	rules map[string]*rule
}

// New makes a default bus without rules.
func New(partition, region, account string, queues *sqs.Service) *Service {
	s := &Service{
		prefix:  "arn:" + partition + ":events:" + region + ":" + account + ":rule/",
		account: account, region: region, queues: queues, rules: map[string]*rule{},
	}
	s.JSON = wire.NewJSON(&s.mu, "message")
	s.handleRules()
	s.handleTargets()
	s.handleTags()
	return s
}

func (s *Service) find(bus, name *string) (*rule, error) {
	if err := checkBus(bus); err != nil {
		return nil, err
	}
	if r, ok := s.rules[*name]; ok {
		return r, nil
	}
	return nil, wire.Errorf("ResourceNotFoundException", "Rule %s does not exist on EventBus default.", *name)
}

func checkBus(bus *string) error {
	if name := aws.ToString(bus); name != "" && name != defaultBus {
		return wire.Errorf("ResourceNotFoundException", "Event bus %s does not exist.", name)
	}
	return nil
}

func invalid(format string, args ...any) *wire.Error {
	return wire.Errorf("ValidationException", format, args...)
}
