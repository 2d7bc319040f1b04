package sqs

import (
	"context"
	"encoding/json"
	"maps"
	"strconv"
	"time"

	api "github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/schemas"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"ecsctl/sandbox/internal/wire"
)

// numbers are the attributes that are whole numbers: default, least and most.
var numbers = map[string][3]int{
	"DelaySeconds":                  {0, 0, 900},
	"MaximumMessageSize":            {1048576, 1024, 1048576},
	"MessageRetentionPeriod":        {345600, 60, 1209600},
	"ReceiveMessageWaitTimeSeconds": {0, 0, 20},
	"VisibilityTimeout":             {30, 0, maxVisibility},
}

const maxVisibility = 43200 // seconds

func (s *Service) handleAttributes() {
	wire.HandleJSON(s.JSON, "GetQueueAttributes", schemas.GetQueueAttributesRequest, schemas.GetQueueAttributesResult,
		"QueueUrl! AttributeNames", s.getAttributes)
	wire.HandleJSON(s.JSON, "SetQueueAttributes", schemas.SetQueueAttributesRequest, wire.NoMembers,
		"QueueUrl! Attributes!", s.setAttributes)
}

func (s *Service) checkAttributes(given map[string]string) error {
	for name, value := range given {
		if err := s.checkAttribute(name, value); err != nil {
			return err
		}
	}
	return nil
}

func (s *Service) checkAttribute(name, value string) error {
	if limits, ok := numbers[name]; ok {
		n, err := strconv.Atoi(value)
		if err != nil || n < limits[1] || n > limits[2] {
			return invalidAttribute(name)
		}
		return nil
	}
	switch name {
	case "SqsManagedSseEnabled":
		if value != "true" && value != "false" {
			return invalidAttribute(name)
		}
	case "Policy":
		if value != "" {
			return checkPolicy(name, value)
		}
	case "RedrivePolicy":
		return s.checkRedrive(value)
	case "FifoQueue", "ContentBasedDeduplication", "DeduplicationScope", "FifoThroughputLimit", "KmsMasterKeyId",
		"KmsDataKeyReusePeriodSeconds", "RedriveAllowPolicy":
		return wire.NotImplemented("the queue attribute " + name)
	default:
		return wire.Errorf("InvalidAttributeName", "Unknown Attribute %s.", name)
	}
	return nil
}

func invalidAttribute(name string) *wire.Error {
	return wire.Errorf("InvalidAttributeValue", "Invalid value for the parameter %s.", name)
}

// redrive says where messages go that nobody deletes.
type redrive struct {
	Target string      `json:"deadLetterTargetArn"`
	Most   json.Number `json:"maxReceiveCount"` // SQS takes it as a number and as a string
}

func (s *Service) checkRedrive(value string) error {
	if value == "" {
		return nil // takes the policy away
	}
	var r redrive
	if err := json.Unmarshal([]byte(value), &r); err != nil {
		return invalidValue("Value %s for parameter RedrivePolicy is invalid. Reason: Redrive policy is not a valid "+
			"JSON map.", value)
	}
	if n, err := r.Most.Int64(); err != nil || n < 1 || n > 1000 {
		return invalidValue("Value %s for parameter RedrivePolicy is invalid. Reason: Invalid value for "+
			"maxReceiveCount: %s, valid values are from 1 to 1000 both inclusive.", value, r.Most)
	}
	if s.byARN(r.Target) == nil {
		return invalidValue("Value %s for parameter RedrivePolicy is invalid. Reason: Dead letter target does not "+
			"exist.", value)
	}
	return nil
}

// redrive is nil for a queue without a dead-letter queue.
func (q *queue) redrive() *redrive {
	var r redrive
	if err := json.Unmarshal([]byte(q.attributes["RedrivePolicy"]), &r); err != nil {
		return nil
	}
	return &r
}

// attribute is a value that was given, or its default.
func (q *queue) attribute(name string) string {
	if value, ok := q.attributes[name]; ok {
		return value
	}
	if limits, ok := numbers[name]; ok {
		return strconv.Itoa(limits[0])
	}
	if name == "SqsManagedSseEnabled" {
		return "true"
	}
	return ""
}

func (q *queue) seconds(name string) time.Duration {
	n, _ := strconv.Atoi(q.attribute(name)) // checked when it was set
	return time.Duration(n) * time.Second
}

func (s *Service) getAttributes(_ context.Context,
	in *api.GetQueueAttributesInput) (*api.GetQueueAttributesOutput, error) {
	q, err := s.find(in.QueueUrl)
	if err != nil {
		return nil, err
	}
	all := q.describe()
	out := &api.GetQueueAttributesOutput{Attributes: map[string]string{}}
	for _, name := range in.AttributeNames {
		if name == types.QueueAttributeNameAll {
			out.Attributes = all
			return out, nil
		}
		if value, ok := all[string(name)]; ok {
			out.Attributes[string(name)] = value
		}
	}
	return out, nil
}

// describe has every attribute that has a value.
func (q *queue) describe() map[string]string {
	visible, inFlight, delayed := q.count(q.clock.Now())
	all := map[string]string{
		"QueueArn":                              q.arn,
		"CreatedTimestamp":                      strconv.FormatInt(q.created.Unix(), 10),
		"LastModifiedTimestamp":                 strconv.FormatInt(q.modified.Unix(), 10),
		"ApproximateNumberOfMessages":           strconv.Itoa(visible),
		"ApproximateNumberOfMessagesNotVisible": strconv.Itoa(inFlight),
		"ApproximateNumberOfMessagesDelayed":    strconv.Itoa(delayed),
		"SqsManagedSseEnabled":                  q.attribute("SqsManagedSseEnabled"),
	}
	for name := range numbers {
		all[name] = q.attribute(name)
	}
	maps.Copy(all, q.attributes)
	return all
}

func (s *Service) setAttributes(_ context.Context, in *api.SetQueueAttributesInput) (*wire.None, error) {
	q, err := s.find(in.QueueUrl)
	if err != nil {
		return nil, err
	}
	if err := s.checkAttributes(in.Attributes); err != nil {
		return nil, err
	}
	maps.Copy(q.attributes, in.Attributes)
	for _, name := range []string{"Policy", "RedrivePolicy"} {
		if q.attributes[name] == "" {
			delete(q.attributes, name)
		}
	}
	q.modified = s.cfg.Clock.Now()
	q.wake()
	return &wire.None{}, nil
}
