// Package observe reads the queue with task changes (package taskchange), which EventBridge fills: messages, and the
// tags of the tasks in them. What follows from a change is package worker's.
package observe

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"ecsctl/internal/aws/sqscalls"
	"ecsctl/internal/awserr"
	"ecsctl/internal/hint"
	"ecsctl/worker/awsaccess"
)

const (
	messageBatch = 10               // the most that SQS hands out, and takes back, at once
	LongPoll     = 20 * time.Second // the longest that ReceiveMessage waits
)

// Queue is the SQS queue that gets the changes of tasks. One stage uses it, so that
// its URL needs no lock.
type Queue struct {
	API        *sqscalls.Client
	Name       string
	Visibility time.Duration // whole seconds
	URL        *string
}

// Message is a message that this worker has in hand.
type Message struct {
	id, receipt, Body string
	Receives          int // how often it was handed out
}

// Receive waits for messages, as long as SQS lets it wait.
func (q *Queue) Receive(ctx context.Context) ([]Message, error) {
	if err := q.find(ctx); err != nil {
		return nil, err
	}
	out, err := q.API.ReceiveMessage(ctx, &sqs.ReceiveMessageInput{
		QueueUrl: q.URL, MaxNumberOfMessages: messageBatch, WaitTimeSeconds: int32(LongPoll.Seconds()),
		VisibilityTimeout: int32(q.Visibility.Seconds()),
		MessageSystemAttributeNames: []types.MessageSystemAttributeName{
			types.MessageSystemAttributeNameApproximateReceiveCount},
	})
	if err != nil {
		q.URL = nil // it may be another one when it is back
		return nil, q.explain("receive task changes", err)
	}
	var got []Message
	for i, m := range out.Messages {
		// SQS always tells the count; one that it did not would be a first time.
		receives, _ := strconv.Atoi(m.Attributes[string(types.MessageSystemAttributeNameApproximateReceiveCount)])
		got = append(got, Message{
			id: strconv.Itoa(i), receipt: aws.ToString(m.ReceiptHandle), Body: aws.ToString(m.Body), Receives: receives,
		})
	}
	return got, nil
}

func (q *Queue) find(ctx context.Context) error {
	if q.URL != nil {
		return nil
	}
	out, err := q.API.GetQueueUrl(ctx, &sqs.GetQueueUrlInput{QueueName: &q.Name})
	if err != nil {
		return q.explain("find the queue", err)
	}
	q.URL = out.QueueUrl
	return nil
}

func (q *Queue) explain(doing string, err error) error {
	err = awsaccess.Explain(doing, err)
	if !awserr.HasCode(err, "QueueDoesNotExist", "AWS.SimpleQueueService.NonExistentQueue") {
		return err
	}
	return hint.Add(fmt.Errorf("there is no queue %q: %w", q.Name, err),
		"`ecsctl bootstrap` makes it; check the name and the region")
}

// Acknowledge deletes messages from the queue at url. Those that SQS fails to delete
// come again, which does no harm.
func (q *Queue) Acknowledge(ctx context.Context, url *string, messages []Message) error {
	if len(messages) == 0 {
		return nil
	}
	in := &sqs.DeleteMessageBatchInput{QueueUrl: url}
	for _, m := range messages {
		in.Entries = append(in.Entries, types.DeleteMessageBatchRequestEntry{
			Id: aws.String(m.id), ReceiptHandle: aws.String(m.receipt),
		})
	}
	out, err := q.API.DeleteMessageBatch(ctx, in)
	if err != nil {
		return awsaccess.Explain("acknowledge task changes", err)
	}
	return failedEntries("acknowledge", out.Failed)
}

// Hold keeps messages from others for a while longer, from now.
func (q *Queue) Hold(ctx context.Context, url *string, messages []Message, d func(Message) time.Duration) error {
	if len(messages) == 0 {
		return nil
	}
	in := &sqs.ChangeMessageVisibilityBatchInput{QueueUrl: url}
	for _, m := range messages {
		in.Entries = append(in.Entries, types.ChangeMessageVisibilityBatchRequestEntry{
			Id: aws.String(m.id), ReceiptHandle: aws.String(m.receipt), VisibilityTimeout: int32(d(m).Seconds()),
		})
	}
	out, err := q.API.ChangeMessageVisibilityBatch(ctx, in)
	if err != nil {
		return awsaccess.Explain("hold task changes", err)
	}
	return failedEntries("hold", out.Failed)
}

func failedEntries(doing string, failed []types.BatchResultErrorEntry) error {
	var errs []error
	for _, f := range failed {
		errs = append(errs, fmt.Errorf("failed to %s a task change: %s (%s)", doing, aws.ToString(f.Message),
			aws.ToString(f.Code)))
	}
	return errors.Join(errs...)
}
