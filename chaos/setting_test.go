package chaos_test

import (
	"fmt"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge/types"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"ecsctl/sandbox"
	"ecsctl/sandbox/prefectapi"
	"ecsctl/worker"
)

// setting is the kind of server that a pool is of, and whether its workers have a queue
// with the changes of tasks.
type setting struct {
	name     string
	api      []prefectapi.Option
	observed bool
}

// settings take turns, seed by seed.
var settings = []setting{
	{name: "prefect3"},
	{name: "prefect3+queue", observed: true},
	{name: "prefect2", api: []prefectapi.Option{prefectapi.WithVersion("2.20.26")}},
	{name: "prefect2+queue", api: []prefectapi.Option{prefectapi.WithVersion("2.20.26")}, observed: true},
	{name: "prefect3-without-channel", api: []prefectapi.Option{prefectapi.WithoutWorkerChannel()}},
	{name: "prefect3-bad-feed", api: []prefectapi.Option{badFeed}},
}

// badFeed loses, doubles and delays what a worker would poll at once for.
var badFeed = prefectapi.WithFeedTrouble(prefectapi.FeedTrouble{Lost: 0.3, Doubled: 0.3, Late: 30 * time.Second})

func settingOf(seed uint64) setting { return settings[seed%uint64(len(settings))] }

const observerQueue = "changes"

// observe makes the queue and the rule that fills it, as bootstrap does, and returns the
// flags of its workers.
func (w *world) observe() []string {
	w.t.Helper()
	const queueARN, ruleARN = "arn:aws:sqs:us-east-1:123456789012:" +
		observerQueue, "arn:aws:events:us-east-1:123456789012:rule/" + observerQueue
	policy := fmt.Sprintf(
		`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"events.amazonaws.com"},
		"Action":"sqs:SendMessage","Resource":%q,"Condition":{"ArnEquals":{"aws:SourceArn":%q}}}]}`, queueARN, ruleARN)
	must(sqs.NewFromConfig(w.server.Config()).CreateQueue(w.t.Context(), &sqs.CreateQueueInput{
		QueueName: aws.String(observerQueue), Attributes: map[string]string{"Policy": policy}}))(w.t)
	events := eventbridge.NewFromConfig(w.server.Config())
	must(events.PutRule(w.t.Context(), &eventbridge.PutRuleInput{
		Name: aws.String(observerQueue), EventPattern: aws.String(`{"source":["aws.ecs"]}`),
	}))(w.t)
	must(events.PutTargets(w.t.Context(), &eventbridge.PutTargetsInput{Rule: aws.String(observerQueue),
		Targets: []types.Target{{Id: aws.String("queue"), Arn: aws.String(queueARN)}}}))(w.t)
	return []string{"--observer-queue", observerQueue, "--observer-sweep-interval",
		scaled(worker.DefaultObservedSweep).String()}
}

// checkHeard tells when no worker has acted on what the queue says.
func (w *world) checkHeard() {
	w.t.Helper()
	if !slices.ContainsFunc(w.server.Calls(), func(c sandbox.Call) bool {
		return c.Operation == "DeleteMessageBatch"
	}) {
		w.t.Error("no message of the observer's queue was acknowledged")
	}
}
