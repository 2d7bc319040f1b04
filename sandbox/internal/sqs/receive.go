package sqs

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	api "github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/schemas"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"ecsctl/sandbox/internal/wire"
)

func (s *Service) handleReceive() {
	wire.HandleJSON(s.JSON, "ReceiveMessage", schemas.ReceiveMessageRequest, schemas.ReceiveMessageResult,
		"QueueUrl! AttributeNames MessageSystemAttributeNames MessageAttributeNames MaxNumberOfMessages "+
			"VisibilityTimeout WaitTimeSeconds", s.receive)
}

// receiveInput tells a 0 from what was not given, which the SDK's type does not.
type receiveInput struct {
	QueueUrl                    *string
	AttributeNames              []string
	MessageSystemAttributeNames []string
	MessageAttributeNames       []string // messages here have none
	MaxNumberOfMessages         *int
	VisibilityTimeout           *int
	WaitTimeSeconds             *int
}

func (s *Service) receive(ctx context.Context, in *receiveInput) (*api.ReceiveMessageOutput, error) {
	q, err := s.find(in.QueueUrl)
	if err != nil {
		return nil, err
	}
	ask, err := q.request(in)
	if err != nil {
		return nil, err
	}
	deadline := s.cfg.Clock.Now().Add(ask.wait)
	for {
		if found := s.take(q, ask); len(found) > 0 || !s.await(ctx, q, deadline) {
			return &api.ReceiveMessageOutput{Messages: found}, nil
		}
		if s.queues[q.name] != q {
			return nil, wire.Errorf("QueueDoesNotExist", "The specified queue does not exist.")
		}
	}
}

// request is a ReceiveMessage with the queue's own settings filled in.
type request struct {
	most       int
	visibility time.Duration
	wait       time.Duration
	attributes []string
}

func (q *queue) request(in *receiveInput) (request, error) {
	ask := request{
		most: 1, visibility: q.seconds("VisibilityTimeout"), wait: q.seconds("ReceiveMessageWaitTimeSeconds"),
		attributes: slices.Concat(in.AttributeNames, in.MessageSystemAttributeNames),
	}
	if in.MaxNumberOfMessages != nil {
		ask.most = *in.MaxNumberOfMessages
	}
	if in.VisibilityTimeout != nil {
		ask.visibility = time.Duration(*in.VisibilityTimeout) * time.Second
	}
	if in.WaitTimeSeconds != nil {
		ask.wait = time.Duration(*in.WaitTimeSeconds) * time.Second
	}
	switch {
	case ask.most < 1 || ask.most > maxBatch:
		return ask, invalidValue("Value %d for parameter MaxNumberOfMessages is invalid. Reason: Must be between 1 "+
			"and 10, if provided.", ask.most)
	case ask.wait < 0 || ask.wait > 20*time.Second:
		return ask, invalidValue("Value %d for parameter WaitTimeSeconds is invalid. Reason: Must be >= 0 and <= 20, "+
			"if provided.", ask.wait/time.Second)
	case ask.visibility < 0 || ask.visibility > maxVisibility*time.Second:
		return ask, badVisibility(ask.visibility / time.Second)
	}
	return ask, nil
}

func badVisibility(seconds any) error {
	return invalidValue("Value %d for parameter VisibilityTimeout is invalid. Reason: VisibilityTimeout must be an "+
		"integer between 0 and 43200.", seconds)
}

// take delivers what is visible; what was delivered too often goes to the dead-letter queue.
func (s *Service) take(q *queue, ask request) []types.Message {
	now := s.cfg.Clock.Now()
	q.expire(now)
	var found []types.Message
	for _, m := range slices.Clone(q.messages) {
		if len(found) == ask.most {
			break
		}
		if m.visible.After(now) || s.bury(q, m) {
			continue
		}
		if m.receives == 0 {
			m.first = now
		}
		m.receives++
		m.visible = now.Add(ask.visibility)
		found = append(found, types.Message{
			MessageId: &m.id, Body: &m.body, MD5OfBody: md5Of(m.body), ReceiptHandle: aws.String(m.receipt()),
			Attributes: m.attributes(ask.attributes),
		})
	}
	return found
}

// bury moves a message to the dead-letter queue when it was received often enough.
func (s *Service) bury(q *queue, m *message) bool {
	redrive := q.redrive()
	if redrive == nil {
		return false
	}
	most, err := strconv.Atoi(redrive.Most.String())
	grave := s.byARN(redrive.Target)
	if err != nil || grave == nil || m.receives < most {
		return false
	}
	q.remove(m.id)
	m.visible = s.cfg.Clock.Now()
	grave.messages = append(grave.messages, m)
	grave.wake()
	return true
}

func (m *message) attributes(names []string) map[string]string {
	all := map[string]string{
		"SenderId":                         m.sender,
		"SentTimestamp":                    fmt.Sprint(m.sent.UnixMilli()),
		"ApproximateReceiveCount":          strconv.Itoa(m.receives),
		"ApproximateFirstReceiveTimestamp": fmt.Sprint(m.first.UnixMilli()),
	}
	if slices.Contains(names, "All") {
		return all
	}
	var out map[string]string
	for _, name := range names {
		if value, ok := all[name]; ok {
			if out == nil {
				out = map[string]string{}
			}
			out[name] = value
		}
	}
	return out
}

// await waits, without the lock, until it is worth looking again; false when the time
// is up or nobody waits for the answer any more.
func (s *Service) await(ctx context.Context, q *queue, deadline time.Time) bool {
	now := s.cfg.Clock.Now()
	if !deadline.After(now) {
		return false
	}
	until, last := deadline, true
	if next := q.nextVisible(); !next.IsZero() && next.Before(deadline) {
		until, last = next, false
	}
	arrived := q.arrived
	s.mu.Unlock()
	defer s.mu.Lock()
	timer := s.cfg.Clock.NewTimer(until.Sub(now))
	defer timer.Stop()
	select {
	case <-arrived:
		return true
	case <-timer.C:
		return !last
	case <-ctx.Done():
		return false
	case <-s.closed:
		return false
	}
}
