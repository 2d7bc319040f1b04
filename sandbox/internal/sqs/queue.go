package sqs

import (
	"context"
	"maps"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	api "github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/schemas"

	"ecsctl/sandbox/internal/clock"
	"ecsctl/sandbox/internal/wire"
)

type queue struct {
	name, arn         string
	created, modified time.Time
	attributes        map[string]string // what was given; defaults are not in it
	tags              map[string]string
	messages          []*message // in order of arrival
	arrived           chan struct{}
	clock             *clock.Clock
}

var nameSyntax = regexp.MustCompile(`^[A-Za-z0-9_-]{1,80}$`)

func (s *Service) handleQueues() {
	wire.HandleJSON(s.JSON, "CreateQueue", schemas.CreateQueueRequest, schemas.CreateQueueResult,
		"QueueName! Attributes tags", s.createQueue)
	wire.HandleJSON(s.JSON, "GetQueueUrl", schemas.GetQueueUrlRequest, schemas.GetQueueUrlResult,
		"QueueName! QueueOwnerAWSAccountId", s.getQueueURL)
	wire.HandleJSON(s.JSON, "ListQueues", schemas.ListQueuesRequest, schemas.ListQueuesResult,
		"QueueNamePrefix NextToken MaxResults", s.listQueues)
	wire.HandleJSON(s.JSON, "ListDeadLetterSourceQueues", schemas.ListDeadLetterSourceQueuesRequest,
		schemas.ListDeadLetterSourceQueuesResult,
		"QueueUrl!", s.listSources)
	wire.HandleJSON(s.JSON, "DeleteQueue", schemas.DeleteQueueRequest, wire.NoMembers, "QueueUrl!", s.deleteQueue)
	wire.HandleJSON(s.JSON, "PurgeQueue", schemas.PurgeQueueRequest, wire.NoMembers, "QueueUrl!", s.purgeQueue)
}

func (s *Service) createQueue(_ context.Context, in *api.CreateQueueInput) (*api.CreateQueueOutput, error) {
	name := *in.QueueName
	if strings.HasSuffix(name, ".fifo") {
		return nil, wire.NotImplemented("FIFO queues")
	}
	if !nameSyntax.MatchString(name) {
		return nil, invalidValue("Can only include alphanumeric characters, hyphens, or underscores. 1 to 80 in length")
	}
	if err := s.checkAttributes(in.Attributes); err != nil {
		return nil, err
	}
	out := &api.CreateQueueOutput{QueueUrl: aws.String(s.urlOf(name))}
	if have, ok := s.queues[name]; ok {
		return out, have.sameAs(in.Attributes)
	}
	if s.cfg.Clock.Since(s.deleted[name]) < s.cfg.DeleteDelay {
		return nil, wire.Errorf("QueueDeletedRecently",
			"You must wait 60 seconds after deleting a queue before you can create another with the same name.")
	}
	if err := checkTags(nil, in.Tags); err != nil {
		return nil, err
	}
	now := s.cfg.Clock.Now()
	q := &queue{name: name, arn: s.arn(name), created: now, modified: now, attributes: map[string]string{},
		tags: map[string]string{}, arrived: make(chan struct{}), clock: s.cfg.Clock}
	maps.Copy(q.attributes, in.Attributes)
	maps.Copy(q.tags, in.Tags)
	s.queues[name] = q
	return out, nil
}

// sameAs takes a creation again that asks for what the queue has.
func (q *queue) sameAs(given map[string]string) error {
	for name, value := range given {
		if q.attribute(name) != value {
			return wire.Errorf("QueueNameExists",
				"A queue already exists with the same name and a different value for attribute %s", name)
		}
	}
	return nil
}

func (s *Service) getQueueURL(_ context.Context, in *api.GetQueueUrlInput) (*api.GetQueueUrlOutput, error) {
	if owner := aws.ToString(in.QueueOwnerAWSAccountId); owner != "" && owner != s.cfg.Account {
		return nil, wire.Errorf("QueueDoesNotExist", "The specified queue does not exist.")
	}
	q, err := s.named(*in.QueueName)
	if err != nil {
		return nil, err
	}
	return &api.GetQueueUrlOutput{QueueUrl: aws.String(s.urlOf(q.name))}, nil
}

func (s *Service) listQueues(_ context.Context, in *api.ListQueuesInput) (*api.ListQueuesOutput, error) {
	size := int(aws.ToInt32(in.MaxResults))
	if in.MaxResults == nil {
		size = 1000
	}
	if size < 1 || size > 1000 {
		return nil, invalidValue("Value for parameter MaxResults must be between 1 and 1000")
	}
	var urls []string
	for _, name := range slices.Sorted(maps.Keys(s.queues)) {
		if strings.HasPrefix(name, aws.ToString(in.QueueNamePrefix)) {
			urls = append(urls, s.urlOf(name))
		}
	}
	page, next, err := wire.Page(urls, in.NextToken, size, invalidValue("Invalid NextToken value."))
	if err != nil {
		return nil, err
	}
	if in.MaxResults == nil {
		next = nil // SQS pages only for those who ask for it
	}
	return &api.ListQueuesOutput{QueueUrls: page, NextToken: next}, nil
}

func (s *Service) listSources(_ context.Context,
	in *api.ListDeadLetterSourceQueuesInput) (*api.ListDeadLetterSourceQueuesOutput, error) {
	target, err := s.find(in.QueueUrl)
	if err != nil {
		return nil, err
	}
	out := &api.ListDeadLetterSourceQueuesOutput{QueueUrls: []string{}}
	for _, name := range slices.Sorted(maps.Keys(s.queues)) {
		if redrive := s.queues[name].redrive(); redrive != nil && redrive.Target == target.arn {
			out.QueueUrls = append(out.QueueUrls, s.urlOf(name))
		}
	}
	return out, nil
}

func (s *Service) deleteQueue(_ context.Context, in *api.DeleteQueueInput) (*wire.None, error) {
	q, err := s.find(in.QueueUrl)
	if err != nil {
		return nil, err
	}
	delete(s.queues, q.name)
	s.deleted[q.name] = s.cfg.Clock.Now()
	q.wake()
	return &wire.None{}, nil
}

func (s *Service) purgeQueue(_ context.Context, in *api.PurgeQueueInput) (*wire.None, error) {
	q, err := s.find(in.QueueUrl)
	if err != nil {
		return nil, err
	}
	q.messages = nil
	return &wire.None{}, nil
}
