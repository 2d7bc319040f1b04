// Package sqs keeps standard queues and their messages as Amazon SQS does.
package sqs

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"time"

	"ecsctl/sandbox/internal/clock"
	"ecsctl/sandbox/internal/wire"
)

// Config is what the service needs to know of its surroundings.
type Config struct {
	Partition, Region, Account string

	URL         string // address of the sandbox: queues have URLs below it
	Clock       *clock.Clock
	DeleteDelay time.Duration // how long the name of a deleted queue is refused
}

// Service is SQS in one region.
type Service struct {
	*wire.JSON
	cfg Config

	mu      sync.Mutex
	queues  map[string]*queue    // by name
	deleted map[string]time.Time // name -> when it was deleted
	closed  chan struct{}
}

// New makes a region without queues. Close ends the calls that wait for messages.
func New(cfg Config) *Service {
	s := &Service{cfg: cfg, queues: map[string]*queue{}, deleted: map[string]time.Time{}, closed: make(chan struct{})}
	s.JSON = wire.NewJSON(&s.mu, "message")
	s.handleQueues()
	s.handleAttributes()
	s.handleSend()
	s.handleReceive()
	s.handleReceipts()
	s.handleTags()
	return s
}

// Close lets calls that wait for messages answer at once.
func (s *Service) Close() { close(s.closed) }

// Call implements wire.Service.
func (s *Service) Call(ctx context.Context, r *wire.Request) (wire.Answer, error) {
	answer, err := s.JSON.Call(ctx, r)
	answer.ContentType = contentType
	return answer, err
}

// contentType is that of version 1.0 of the JSON protocol, which is SQS's alone here.
const contentType = "application/x-amz-json-1.0"

// Refuse implements wire.Service. SQS once spoke the query protocol, and SDKs still
// take the code of an error from a header that has its old name.
func (s *Service) Refuse(r *wire.Request, e *wire.Error) wire.Answer {
	modern := *e
	modern.Code = "com.amazonaws.sqs#" + e.Code
	answer := s.JSON.Refuse(r, &modern)
	answer.ContentType = contentType
	kind := "Sender"
	if e.HTTPStatus() >= http.StatusInternalServerError {
		kind = "Receiver"
	}
	answer.Header = http.Header{"X-Amzn-Query-Error": {oldCode(e.Code) + ";" + kind}}
	return answer
}

func oldCode(code string) string {
	switch code {
	case "QueueDoesNotExist":
		return "AWS.SimpleQueueService.NonExistentQueue"
	case "QueueNameExists":
		return "QueueAlreadyExists"
	case "QueueDeletedRecently", "PurgeQueueInProgress", "MessageNotInflight", "EmptyBatchRequest",
		"UnsupportedOperation",
		"TooManyEntriesInBatchRequest", "BatchEntryIdsNotDistinct", "InvalidBatchEntryId":
		return "AWS.SimpleQueueService." + code
	default:
		return code
	}
}

func (s *Service) arn(name string) string {
	return fmt.Sprintf("arn:%s:sqs:%s:%s:%s", s.cfg.Partition, s.cfg.Region, s.cfg.Account, name)
}

func (s *Service) urlOf(name string) string { return s.cfg.URL + "/" + s.cfg.Account + "/" + name }

// find takes a queue's URL.
func (s *Service) find(url *string) (*queue, error) {
	name := (*url)[strings.LastIndex(*url, "/")+1:]
	return s.named(name)
}

func (s *Service) named(name string) (*queue, error) {
	if q, ok := s.queues[name]; ok {
		return q, nil
	}
	return nil, wire.Errorf("QueueDoesNotExist", "The specified queue does not exist.")
}

func (s *Service) byARN(arn string) *queue {
	for _, q := range s.queues {
		if q.arn == arn {
			return q
		}
	}
	return nil
}

func invalidValue(format string, args ...any) *wire.Error {
	return wire.Errorf("InvalidParameterValue", format, args...)
}
