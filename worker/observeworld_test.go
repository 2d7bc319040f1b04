package worker_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge/types"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	sqstypes "github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"ecsctl/prefect"
	"ecsctl/worker"
)

const queueName = "changes"

// changes are the queues of an observer, as bootstrap makes them.
type changes struct {
	*world
	sqs         *sqs.Client
	queue, dead *string // URLs
}

// observer makes the queues and the rule. A message is handed out so many times.
func (w *world) observer(receives int) *changes {
	w.t.Helper()
	c := &changes{world: w, sqs: sqs.NewFromConfig(w.aws)}
	c.dead = c.create("dead", nil)
	c.queue = c.create(queueName, map[string]string{
		"RedrivePolicy": fmt.Sprintf(
			`{"deadLetterTargetArn":"arn:aws:sqs:us-east-1:123456789012:dead","maxReceiveCount":%d}`, receives),
		"Policy": `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"events.amazonaws.com"},"Action":"sqs:SendMessage",
			"Resource":"arn:aws:sqs:us-east-1:123456789012:changes","Condition":{"ArnEquals":{"aws:SourceArn":"arn:aws:events:us-east-1:123456789012:rule/changes"}}}]}`,
	})
	events := eventbridge.NewFromConfig(w.aws)
	must(events.PutRule(w.t.Context(), &eventbridge.PutRuleInput{
		Name: aws.String("changes"), EventPattern: aws.String(`{"source":["aws.ecs"]}`),
	}))(w.t)
	must(events.PutTargets(w.t.Context(), &eventbridge.PutTargetsInput{Rule: aws.String("changes"),
		Targets: []types.Target{
			{Id: aws.String("queue"), Arn: aws.String("arn:aws:sqs:us-east-1:123456789012:changes")}}}))(w.t)
	return c
}

func (c *changes) create(name string, attributes map[string]string) *string {
	c.t.Helper()
	return must(c.sqs.CreateQueue(c.t.Context(), &sqs.CreateQueueInput{QueueName: &name, Attributes: attributes}))(
		c.t).QueueUrl
}

// listens makes a worker use the queue, and sweep once at its start and then no more.
func listens(o *worker.Options) {
	o.ObserverQueue, o.ObservedSweepInterval, o.ObserverVisibility = queueName, time.Hour, time.Second
}

func named(name string) func(*worker.Options) {
	return func(o *worker.Options) { listens(o); o.Name = name }
}

// count is how many messages a queue has, in hand or not.
func (c *changes) count(url *string) int {
	c.t.Helper()
	attributes := must(c.sqs.GetQueueAttributes(c.t.Context(), &sqs.GetQueueAttributesInput{
		QueueUrl: url, AttributeNames: []sqstypes.QueueAttributeName{"All"},
	}))(c.t).Attributes
	n := 0
	for _, name := range []string{"ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"} {
		var some int
		must(fmt.Sscan(attributes[name], &some))(c.t)
		n += some
	}
	return n
}

// drained waits until every message was acknowledged.
func (c *changes) drained() {
	c.t.Helper()
	eventually(c.t, "the queue to be empty", func() bool { return c.count(c.queue) == 0 })
	if n := c.count(c.dead); n > 0 {
		c.t.Errorf("%d messages are in the dead-letter queue", n)
	}
}

func (c *changes) send(body string) {
	c.t.Helper()
	must(c.sqs.SendMessage(c.t.Context(), &sqs.SendMessageInput{QueueUrl: c.queue, MessageBody: &body}))(c.t)
}

// event is what the tests read of Prefect's events.
type event struct {
	ID, Event string
	Resource  map[string]string
	Related   []map[string]string
}

func (w *world) events() []event {
	w.t.Helper()
	body := `{"filter":{"event":{"prefix":["prefect.ecs."]}}}`
	response := must(w.web().Post(w.server.PrefectAPIURL()+"/events/filter", "application/json",
		strings.NewReader(body)))(w.t)
	defer response.Body.Close()
	var out struct{ Events []event }
	if err := json.NewDecoder(response.Body).Decode(&out); err != nil {
		w.t.Fatal(err)
	}
	return out.Events
}

// awaitAll waits until all runs are in the state.
func (w *world) awaitAll(ids []string, state prefect.StateType) {
	w.t.Helper()
	for _, id := range ids {
		w.await(id, state)
	}
}

// alsoTo makes the rule send to another queue as well.
func (c *changes) alsoTo(name string) {
	c.t.Helper()
	arn := "arn:aws:sqs:us-east-1:123456789012:" + name
	url := must(c.sqs.GetQueueUrl(c.t.Context(), &sqs.GetQueueUrlInput{QueueName: &name}))(c.t).QueueUrl
	policy := `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"events.amazonaws.com"},"Action":"sqs:SendMessage","Resource":"` + arn + `"}]}`
	must(c.sqs.SetQueueAttributes(c.t.Context(), &sqs.SetQueueAttributesInput{
		QueueUrl: url, Attributes: map[string]string{"Policy": policy},
	}))(c.t)
	must(eventbridge.NewFromConfig(c.aws).PutTargets(c.t.Context(), &eventbridge.PutTargetsInput{
		Rule: aws.String("changes"), Targets: []types.Target{{Id: aws.String(name), Arn: &arn}},
	}))(c.t)
}

// bodies takes what is in a queue, in any order.
func (c *changes) bodies(url *string) []string {
	c.t.Helper()
	var out []string
	for {
		got := must(c.sqs.ReceiveMessage(c.t.Context(), &sqs.ReceiveMessageInput{
			QueueUrl: url, MaxNumberOfMessages: 10,
		}))(c.t).Messages
		if len(got) == 0 {
			return out
		}
		for _, m := range got {
			out = append(out, *m.Body)
		}
	}
}
