package worker

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
)

const (
	messageBatch = 10               // the most that SQS hands out, and takes back, at once
	longPoll     = 20 * time.Second // the longest that ReceiveMessage waits
)

// taskQueue is the SQS queue that gets the changes of tasks. One stage uses it, so that
// its URL needs no lock.
type taskQueue struct {
	api        *sqscalls.Client
	name       string
	visibility time.Duration // whole seconds
	url        *string
}

// message is a message that this worker has in hand.
type message struct {
	id, receipt, body string
	receives          int // how often it was handed out
}

// receive waits for messages, as long as SQS lets it wait.
func (q *taskQueue) receive(ctx context.Context) ([]message, error) {
	if err := q.find(ctx); err != nil {
		return nil, err
	}
	out, err := q.api.ReceiveMessage(ctx, &sqs.ReceiveMessageInput{
		QueueUrl: q.url, MaxNumberOfMessages: messageBatch, WaitTimeSeconds: int32(longPoll.Seconds()), VisibilityTimeout: int32(q.visibility.Seconds()),
		MessageSystemAttributeNames: []types.MessageSystemAttributeName{types.MessageSystemAttributeNameApproximateReceiveCount},
	})
	if err != nil {
		q.url = nil // it may be another one when it is back
		return nil, q.explain("receive task changes", err)
	}
	var got []message
	for i, m := range out.Messages {
		// SQS always tells the count; one that it did not would be a first time.
		receives, _ := strconv.Atoi(m.Attributes[string(types.MessageSystemAttributeNameApproximateReceiveCount)])
		got = append(got, message{id: strconv.Itoa(i), receipt: aws.ToString(m.ReceiptHandle), body: aws.ToString(m.Body), receives: receives})
	}
	return got, nil
}

func (q *taskQueue) find(ctx context.Context) error {
	if q.url != nil {
		return nil
	}
	out, err := q.api.GetQueueUrl(ctx, &sqs.GetQueueUrlInput{QueueName: &q.name})
	if err != nil {
		return q.explain("find the queue", err)
	}
	q.url = out.QueueUrl
	return nil
}

func (q *taskQueue) explain(doing string, err error) error {
	err = explain(doing, err)
	if !awserr.HasCode(err, "QueueDoesNotExist", "AWS.SimpleQueueService.NonExistentQueue") {
		return err
	}
	return hint.Add(fmt.Errorf("there is no queue %q: %w", q.name, err), "`ecsctl bootstrap` makes it; check the name and the region")
}

// acknowledge deletes messages from the queue at url. Those that SQS fails to delete
// come again, which does no harm.
func (q *taskQueue) acknowledge(ctx context.Context, url *string, messages []message) error {
	if len(messages) == 0 {
		return nil
	}
	in := &sqs.DeleteMessageBatchInput{QueueUrl: url}
	for _, m := range messages {
		in.Entries = append(in.Entries, types.DeleteMessageBatchRequestEntry{Id: aws.String(m.id), ReceiptHandle: aws.String(m.receipt)})
	}
	out, err := q.api.DeleteMessageBatch(ctx, in)
	if err != nil {
		return explain("acknowledge task changes", err)
	}
	return failedEntries("acknowledge", out.Failed)
}

// hold keeps messages from others for a while longer, from now.
func (q *taskQueue) hold(ctx context.Context, url *string, messages []message, d func(message) time.Duration) error {
	if len(messages) == 0 {
		return nil
	}
	in := &sqs.ChangeMessageVisibilityBatchInput{QueueUrl: url}
	for _, m := range messages {
		in.Entries = append(in.Entries, types.ChangeMessageVisibilityBatchRequestEntry{
			Id: aws.String(m.id), ReceiptHandle: aws.String(m.receipt), VisibilityTimeout: int32(d(m).Seconds()),
		})
	}
	out, err := q.api.ChangeMessageVisibilityBatch(ctx, in)
	if err != nil {
		return explain("hold task changes", err)
	}
	return failedEntries("hold", out.Failed)
}

func failedEntries(doing string, failed []types.BatchResultErrorEntry) error {
	var errs []error
	for _, f := range failed {
		errs = append(errs, fmt.Errorf("failed to %s a task change: %s (%s)", doing, aws.ToString(f.Message), aws.ToString(f.Code)))
	}
	return errors.Join(errs...)
}
