package sqs

import (
	"context"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	api "github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/schemas"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"ecsctl/sandbox/internal/wire"
)

func (s *Service) handleSend() {
	wire.HandleJSON(s.JSON, "SendMessage", schemas.SendMessageRequest, schemas.SendMessageResult,
		"QueueUrl! MessageBody! DelaySeconds", s.send)
	wire.HandleJSON(s.JSON, "SendMessageBatch", schemas.SendMessageBatchRequest, schemas.SendMessageBatchResult,
		"QueueUrl! Entries!", s.sendBatch)
}

// sendInput and sendEntry tell a delay of 0 from none, which the SDK's types do not.
type sendInput struct {
	QueueUrl     *string
	MessageBody  *string
	DelaySeconds *int
}

type sendEntry struct {
	Id                      *string
	MessageBody             *string
	DelaySeconds            *int
	MessageAttributes       map[string]types.MessageAttributeValue
	MessageSystemAttributes map[string]types.MessageSystemAttributeValue
	MessageDeduplicationId  *string
	MessageGroupId          *string
}

type sendBatchInput struct {
	QueueUrl *string
	Entries  []sendEntry
}

func (s *Service) send(_ context.Context, in *sendInput) (*api.SendMessageOutput, error) {
	q, err := s.find(in.QueueUrl)
	if err != nil {
		return nil, err
	}
	m, err := s.accept(q, *in.MessageBody, in.DelaySeconds)
	if err != nil {
		return nil, err
	}
	return &api.SendMessageOutput{MessageId: &m.id, MD5OfMessageBody: md5Of(m.body)}, nil
}

// accept checks a message and puts it into the queue. Without a delay of its own it
// has the queue's.
func (s *Service) accept(q *queue, body string, delay *int) (*message, error) {
	limit := numbers["DelaySeconds"]
	wait := q.seconds("DelaySeconds")
	if delay != nil {
		if *delay < limit[1] || *delay > limit[2] {
			return nil, invalidValue(
				"Value %d for parameter DelaySeconds is invalid. Reason: DelaySeconds must be >= 0 and <= 900.", *delay)
		}
		wait = time.Duration(*delay) * time.Second
	}
	switch {
	case body == "":
		return nil, wire.Errorf("MissingParameter", "The request must contain the parameter MessageBody.")
	case len(body) > q.maxSize():
		return nil, invalidValue("One or more parameters are invalid. Reason: Message must be shorter than %d bytes.",
			q.maxSize())
	}
	return q.put(body, s.cfg.Account, wait), nil
}

func (q *queue) maxSize() int { return int(q.seconds("MaximumMessageSize") / time.Second) }

func (s *Service) sendBatch(_ context.Context, in *sendBatchInput) (*api.SendMessageBatchOutput, error) {
	q, err := s.find(in.QueueUrl)
	if err != nil {
		return nil, err
	}
	if err := checkBatch(in.Entries, func(e sendEntry) *string { return e.Id }); err != nil {
		return nil, err
	}
	for _, e := range in.Entries {
		if e.MessageAttributes != nil || e.MessageSystemAttributes != nil || e.MessageDeduplicationId != nil ||
			e.MessageGroupId != nil {
			return nil, wire.NotImplemented("attributes and groups of messages")
		}
	}
	out := &api.SendMessageBatchOutput{
		Successful: []types.SendMessageBatchResultEntry{}, Failed: []types.BatchResultErrorEntry{},
	}
	for _, e := range in.Entries {
		m, err := s.accept(q, aws.ToString(e.MessageBody), e.DelaySeconds)
		if err != nil {
			out.Failed = append(out.Failed, failedEntry(e.Id, err))
			continue
		}
		out.Successful = append(out.Successful, types.SendMessageBatchResultEntry{
			Id: e.Id, MessageId: &m.id, MD5OfMessageBody: md5Of(m.body),
		})
	}
	return out, nil
}
