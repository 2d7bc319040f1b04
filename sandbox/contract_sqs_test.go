package sandbox_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
	"github.com/google/go-cmp/cmp"
)

// queue makes a queue and returns its URL.
func (c *clients) queue(t *testing.T, attributes map[string]string) *string {
	t.Helper()
	url := must(c.sqs.CreateQueue(t.Context(), &sqs.CreateQueueInput{
		QueueName: unique("contract"), Attributes: attributes,
	}))(t).QueueUrl
	afterwards(t, func(ctx context.Context) { _, _ = c.sqs.DeleteQueue(ctx, &sqs.DeleteQueueInput{QueueUrl: url}) })
	return url
}

func (c *clients) queueAttributes(t *testing.T, url *string) map[string]string {
	t.Helper()
	return must(c.sqs.GetQueueAttributes(t.Context(), &sqs.GetQueueAttributesInput{
		QueueUrl: url, AttributeNames: []types.QueueAttributeName{"All"},
	}))(t).Attributes
}

func (c *clients) send(t *testing.T, url *string, body string) {
	t.Helper()
	must(c.sqs.SendMessage(t.Context(), &sqs.SendMessageInput{QueueUrl: url, MessageBody: &body}))(t)
}

// receive takes up to ten messages and waits at most a second for the first.
func (c *clients) receive(t *testing.T, url *string, change func(*sqs.ReceiveMessageInput)) []types.Message {
	t.Helper()
	in := &sqs.ReceiveMessageInput{QueueUrl: url, MaxNumberOfMessages: 10, WaitTimeSeconds: 1}
	if change != nil {
		change(in)
	}
	return must(c.sqs.ReceiveMessage(t.Context(), in))(t).Messages
}

func bodies(list []types.Message) []string {
	var out []string
	for _, m := range list {
		out = append(out, *m.Body)
	}
	return out
}

func TestQueue(t *testing.T) {
	t.Parallel()
	c := contract(t)
	name := unique("contract")
	in := &sqs.CreateQueueInput{
		QueueName: name, Attributes: map[string]string{"VisibilityTimeout": "300"}, Tags: map[string]string{"a": "1"},
	}
	url := must(c.sqs.CreateQueue(t.Context(), in))(t).QueueUrl
	if !strings.HasSuffix(*url, "/123456789012/"+*name) {
		t.Errorf("got URL %s", *url)
	}
	must(c.sqs.CreateQueue(t.Context(), in))(t) // the same again is the same queue
	_, err := c.sqs.CreateQueue(t.Context(), &sqs.CreateQueueInput{
		QueueName: name, Attributes: map[string]string{"VisibilityTimeout": "1"},
	})
	wantCode(t, err, "QueueAlreadyExists")
	if got := must(c.sqs.GetQueueUrl(t.Context(), &sqs.GetQueueUrlInput{QueueName: name}))(t).QueueUrl; *got != *url {
		t.Errorf("got URL %s, want %s", *got, *url)
	}
	listed := must(c.sqs.ListQueues(t.Context(), &sqs.ListQueuesInput{QueueNamePrefix: name}))(t).QueueUrls
	if diff := cmp.Diff([]string{*url}, listed); diff != "" {
		t.Error(diff)
	}
	got := c.queueAttributes(t, url)
	for attribute, want := range map[string]string{
		"QueueArn": "arn:aws:sqs:us-east-1:123456789012:" + *name, "VisibilityTimeout": "300",
		"MessageRetentionPeriod": "345600",
		"DelaySeconds":           "0", "ReceiveMessageWaitTimeSeconds": "0", "ApproximateNumberOfMessages": "0",
	} {
		if got[attribute] != want {
			t.Errorf("got %s %q, want %q", attribute, got[attribute], want)
		}
	}
	must(c.sqs.DeleteQueue(t.Context(), &sqs.DeleteQueueInput{QueueUrl: url}))(t)
	_, err = c.sqs.GetQueueUrl(t.Context(), &sqs.GetQueueUrlInput{QueueName: name})
	wantCode(t, err, "AWS.SimpleQueueService.NonExistentQueue")
	var missing *types.QueueDoesNotExist
	if !asError(err, &missing) {
		t.Errorf("got %T, want the SDK's own type", err)
	}
}

func TestQueueAttributesChange(t *testing.T) {
	t.Parallel()
	c := contract(t)
	url := c.queue(t, nil)
	policy := `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"events.amazonaws.com"},"Action":"sqs:SendMessage","Resource":"*"}]}`
	must(c.sqs.SetQueueAttributes(t.Context(), &sqs.SetQueueAttributesInput{
		QueueUrl: url, Attributes: map[string]string{"VisibilityTimeout": "7", "Policy": policy},
	}))(t)
	if got := c.queueAttributes(t, url); got["VisibilityTimeout"] != "7" ||
		!strings.Contains(got["Policy"], "sqs:SendMessage") {
		t.Errorf("got attributes %v", got)
	}
	must(c.sqs.SetQueueAttributes(t.Context(), &sqs.SetQueueAttributesInput{
		QueueUrl: url, Attributes: map[string]string{"Policy": ""},
	}))(t)
	if got, ok := c.queueAttributes(t, url)["Policy"]; ok {
		t.Errorf("got policy %q, want none", got)
	}
}

func TestQueueAttributesThatSQSRefuses(t *testing.T) {
	t.Parallel()
	c := contract(t)
	for name, value := range map[string]string{
		"VisibilityTimeout": "43201", "DelaySeconds": "-1", "MessageRetentionPeriod": "59",
		"ReceiveMessageWaitTimeSeconds": "x",
	} {
		_, err := c.sqs.CreateQueue(t.Context(), &sqs.CreateQueueInput{
			QueueName: unique("contract"), Attributes: map[string]string{name: value},
		})
		wantCode(t, err, "InvalidAttributeValue")
	}
	_, err := c.sqs.SetQueueAttributes(t.Context(), &sqs.SetQueueAttributesInput{
		QueueUrl: c.queue(t, nil), Attributes: map[string]string{"Colour": "red"},
	})
	wantCode(t, err, "InvalidAttributeName")
}

func TestQueueTags(t *testing.T) {
	t.Parallel()
	c := contract(t)
	url := c.queue(t, nil)
	must(c.sqs.TagQueue(t.Context(), &sqs.TagQueueInput{QueueUrl: url, Tags: map[string]string{"a": "1", "b": "2"}}))(t)
	must(c.sqs.UntagQueue(t.Context(), &sqs.UntagQueueInput{QueueUrl: url, TagKeys: []string{"b"}}))(t)
	if diff := cmp.Diff(map[string]string{"a": "1"},
		must(c.sqs.ListQueueTags(t.Context(), &sqs.ListQueueTagsInput{QueueUrl: url}))(t).Tags); diff != "" {
		t.Error(diff)
	}
}

func TestMessageIsReceivedOnceAndDeleted(t *testing.T) {
	t.Parallel()
	c := contract(t)
	url := c.queue(t, nil)
	c.send(t, url, "hello")
	got := c.receive(t, url, func(in *sqs.ReceiveMessageInput) {
		in.MessageSystemAttributeNames = []types.MessageSystemAttributeName{"ApproximateReceiveCount"}
	})
	if len(got) != 1 || *got[0].Body != "hello" || got[0].Attributes["ApproximateReceiveCount"] != "1" {
		t.Fatalf("got %+v", got)
	}
	if hidden := c.receive(t, url, func(in *sqs.ReceiveMessageInput) { in.WaitTimeSeconds = 0 }); len(hidden) != 0 {
		t.Errorf("got %d messages while it is in flight", len(hidden))
	}
	if n := c.queueAttributes(t, url)["ApproximateNumberOfMessagesNotVisible"]; n != "1" {
		t.Errorf("got %s in flight", n)
	}
	del := &sqs.DeleteMessageInput{QueueUrl: url, ReceiptHandle: got[0].ReceiptHandle}
	must(c.sqs.DeleteMessage(t.Context(), del))(t)
	must(c.sqs.DeleteMessage(t.Context(), del))(t) // is no error
	if n := c.queueAttributes(t, url)["ApproximateNumberOfMessagesNotVisible"]; n != "0" {
		t.Errorf("got %s in flight after the deletion", n)
	}
}

func TestMessageComesBack(t *testing.T) {
	t.Parallel()
	c := contract(t)
	url := c.queue(t, nil)
	c.send(t, url, "again")
	first := c.receive(t, url, nil)
	must(c.sqs.ChangeMessageVisibility(t.Context(), &sqs.ChangeMessageVisibilityInput{
		QueueUrl: url, ReceiptHandle: first[0].ReceiptHandle, VisibilityTimeout: 0,
	}))(t)
	second := c.receive(t, url, func(in *sqs.ReceiveMessageInput) {
		in.MessageSystemAttributeNames = []types.MessageSystemAttributeName{"All"}
	})
	if len(second) != 1 || *second[0].MessageId != *first[0].MessageId ||
		second[0].Attributes["ApproximateReceiveCount"] != "2" {
		t.Errorf("got %+v", second)
	}
}

func TestBadReceipt(t *testing.T) {
	t.Parallel()
	c := contract(t)
	_, err := c.sqs.DeleteMessage(t.Context(), &sqs.DeleteMessageInput{
		QueueUrl: c.queue(t, nil), ReceiptHandle: aws.String("nonsense"),
	})
	wantCode(t, err, "ReceiptHandleIsInvalid")
}

func TestLongPollEndsWithTheMessage(t *testing.T) {
	t.Parallel()
	c := contract(t)
	url := c.queue(t, nil)
	got := make(chan []types.Message, 1)
	go func() {
		out, err := c.sqs.ReceiveMessage(t.Context(), &sqs.ReceiveMessageInput{QueueUrl: url, WaitTimeSeconds: 20})
		if err != nil {
			t.Error(err)
			close(got)
			return
		}
		got <- out.Messages
	}()
	c.send(t, url, "late")
	if diff := cmp.Diff([]string{"late"}, bodies(<-got)); diff != "" {
		t.Error(diff)
	}
}

func TestBatches(t *testing.T) {
	t.Parallel()
	c := contract(t)
	url := c.queue(t, nil)
	var entries []types.SendMessageBatchRequestEntry
	for i := range 11 {
		entries = append(entries, types.SendMessageBatchRequestEntry{
			Id: aws.String(fmt.Sprint(i)), MessageBody: aws.String("m"),
		})
	}
	_, err := c.sqs.SendMessageBatch(t.Context(), &sqs.SendMessageBatchInput{QueueUrl: url, Entries: entries})
	wantCode(t, err, "AWS.SimpleQueueService.TooManyEntriesInBatchRequest")
	sent := must(c.sqs.SendMessageBatch(t.Context(), &sqs.SendMessageBatchInput{
		QueueUrl: url, Entries: entries[:10],
	}))(t)
	if len(sent.Successful) != 10 || len(sent.Failed) != 0 {
		t.Fatalf("got %d sent, %d failed", len(sent.Successful), len(sent.Failed))
	}
	var deletes []types.DeleteMessageBatchRequestEntry
	for len(deletes) < 10 {
		found := c.receive(t, url, nil)
		if len(found) == 0 {
			t.Fatalf("got %d messages of 10", len(deletes))
		}
		for _, m := range found {
			deletes = append(deletes, types.DeleteMessageBatchRequestEntry{
				Id: m.MessageId, ReceiptHandle: m.ReceiptHandle,
			})
		}
	}
	if n := len(must(c.sqs.DeleteMessageBatch(t.Context(), &sqs.DeleteMessageBatchInput{
		QueueUrl: url, Entries: deletes,
	}))(t).Successful); n != 10 {
		t.Errorf("deleted %d", n)
	}
	twice := []types.SendMessageBatchRequestEntry{entries[0], entries[0]}
	_, err = c.sqs.SendMessageBatch(t.Context(), &sqs.SendMessageBatchInput{QueueUrl: url, Entries: twice})
	wantCode(t, err, "AWS.SimpleQueueService.BatchEntryIdsNotDistinct")
}

func TestDeadLetters(t *testing.T) {
	t.Parallel()
	c := contract(t)
	grave := c.queue(t, nil)
	arn := c.queueAttributes(t, grave)["QueueArn"]
	url := c.queue(t, map[string]string{
		"RedrivePolicy": `{"deadLetterTargetArn":"` + arn + `","maxReceiveCount":"2"}`, "VisibilityTimeout": "0",
	})
	c.send(t, url, "poison")
	for range 2 {
		if got := c.receive(t, url, nil); len(got) != 1 {
			t.Fatalf("got %d messages", len(got))
		}
	}
	if got := c.receive(t, url, nil); len(got) != 0 {
		t.Errorf("got it a third time")
	}
	if diff := cmp.Diff([]string{"poison"}, bodies(c.receive(t, grave, nil))); diff != "" {
		t.Error(diff)
	}
	sources := must(c.sqs.ListDeadLetterSourceQueues(t.Context(),
		&sqs.ListDeadLetterSourceQueuesInput{QueueUrl: grave}))(t).QueueUrls
	if diff := cmp.Diff([]string{*url}, sources); diff != "" {
		t.Error(diff)
	}
}
