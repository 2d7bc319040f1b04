//go:build e2e

package main

import (
	"context"
	"encoding/json"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge/types"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	sqstypes "github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"ecsctl/e2e/peers"
	"ecsctl/internal/testkit/wiretap"
	"ecsctl/prefect"
	"ecsctl/sandbox"
	"ecsctl/sandbox/fault"
	"ecsctl/sandbox/prefectapi"
)

const (
	pool  = "bench"
	queue = "changes"
	look  = 20 * time.Millisecond
)

// contestant is a worker and the command that starts it.
type contestant struct {
	name    string
	command []string
	free    []string // what lets it go as fast as it can: it knows AWS's quotas
}

// arena is a sandbox that one contestant has to itself, with a queue of task changes as
// bootstrap makes it.
type arena struct {
	dir    string
	tasks  *tasks
	server *sandbox.Server
	tap    *wiretap.Tap // before AWS
	close  func()
	api    *prefect.Client
	env    []string
}

func newArena(ctx context.Context, dir string, quotas []fault.Quota) (*arena, error) {
	a := &arena{dir: dir, tasks: newTasks(), tap: &wiretap.Tap{}}
	var err error
	a.server, err = sandbox.Start(sandbox.Options{
		Functions: map[string]sandbox.Function{"prefecthq/*": a.tasks.play}, PrefectAPI: prefectapi.New(),
		Quotas: quotas,
	})
	if err != nil {
		return nil, err
	}
	a.close = func() { _ = a.server.Close() } // the process ends soon
	if a.api, err = prefect.New(prefect.Options{APIURL: a.server.PrefectAPIURL()}); err != nil {
		return a, err
	}
	a.tasks.api = a.api
	url, closeTap, err := a.tap.Proxy(a.server.URL(), wiretap.AWS, http.Header{})
	if err != nil {
		return a, err
	}
	a.close = func() { closeTap(); _ = a.server.Close() }
	for _, variable := range a.server.Env() {
		if !strings.HasPrefix(variable, "AWS_ENDPOINT_URL=") {
			a.env = append(a.env, variable)
		}
	}
	home := filepath.Join(dir, "home")
	a.env = append(a.env, "AWS_ENDPOINT_URL="+url, "PATH=/usr/bin:/bin", "HOME="+home, "PREFECT_HOME="+home,
		"DO_NOT_TRACK=1", "AWS_EC2_METADATA_DISABLED=true",
		"PREFECT_INTEGRATIONS_AWS_ECS_OBSERVER_ENABLED=true",
		"PREFECT_INTEGRATIONS_AWS_ECS_OBSERVER_SQS_QUEUE_NAME="+queue)
	return a, a.prepare(ctx)
}

// prepare makes a cluster, the queue with its rule, and a paused pool.
func (a *arena) prepare(ctx context.Context) error {
	cfg := a.server.Config()
	if _, err := ecs.NewFromConfig(cfg).CreateCluster(ctx, &ecs.CreateClusterInput{}); err != nil {
		return err
	}
	arn, err := makeQueue(ctx, sqs.NewFromConfig(cfg))
	if err != nil {
		return err
	}
	events := eventbridge.NewFromConfig(cfg)
	if _, err := events.PutRule(ctx, &eventbridge.PutRuleInput{
		Name: aws.String(queue), EventPattern: aws.String(`{"source":["aws.ecs"]}`),
	}); err != nil {
		return err
	}
	if _, err := events.PutTargets(ctx, &eventbridge.PutTargetsInput{
		Rule: aws.String(queue), Targets: []types.Target{{Id: aws.String(queue), Arn: &arn}},
	}); err != nil {
		return err
	}
	template, err := a.api.WorkerTemplate(ctx, "ecs")
	if err != nil {
		return err
	}
	_, err = a.api.CreateWorkPool(ctx, prefect.WorkPoolCreate{
		Name: pool, Type: "ecs", BaseJobTemplate: template, IsPaused: true,
	})
	return err
}

// makeQueue makes a queue that EventBridge may write to, and returns its ARN.
func makeQueue(ctx context.Context, client *sqs.Client) (string, error) {
	policy := `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"events.amazonaws.com"},"Action":"sqs:SendMessage","Resource":"*"}]}`
	made, err := client.CreateQueue(ctx, &sqs.CreateQueueInput{
		QueueName: aws.String(queue), Attributes: map[string]string{"Policy": policy},
	})
	if err != nil {
		return "", err
	}
	got, err := client.GetQueueAttributes(ctx, &sqs.GetQueueAttributesInput{
		QueueUrl: made.QueueUrl, AttributeNames: []sqstypes.QueueAttributeName{sqstypes.QueueAttributeNameQueueArn},
	})
	if err != nil {
		return "", err
	}
	return got.Attributes["QueueArn"], nil
}

// seed makes runs that are due.
func (a *arena) seed(ctx context.Context, n int) error {
	flow, err := a.api.CreateFlow(ctx, "bench")
	if err != nil {
		return err
	}
	variables := json.RawMessage(`{"cpu": 256, "memory": 512}`)
	d, err := a.api.CreateDeployment(ctx, prefect.DeploymentCreate{
		Name: "bench", FlowID: flow.ID, WorkPoolName: pool, JobVariables: variables,
	})
	if err != nil {
		return err
	}
	for range n {
		if _, err := a.api.CreateFlowRun(ctx, d.ID, prefect.FlowRunCreate{}); err != nil {
			return err
		}
	}
	return nil
}

// start starts the worker and waits until it is online.
func (a *arena) start(ctx context.Context, c contestant) (*peers.Process, error) {
	arguments := slices.Concat(c.command[1:], []string{"--pool", pool, "--name", "bench"}, c.free)
	cmd := exec.Command(c.command[0], arguments...)
	cmd.Env, cmd.Dir = a.env, a.dir
	if err := os.MkdirAll(filepath.Join(a.dir, "home"), 0o700); err != nil {
		return nil, err
	}
	process, err := peers.Start(cmd, filepath.Join(a.dir, c.name+".log"))
	if err != nil {
		return nil, err
	}
	return process, process.Await(ctx, look, func() (bool, error) {
		workers, err := a.api.Workers(ctx, pool)
		return len(workers) > 0 && workers[0].Online(), err
	})
}

// open lets the worker have the runs.
func (a *arena) open(ctx context.Context) error {
	paused := false
	return a.api.UpdateWorkPool(ctx, pool, prefect.WorkPoolUpdate{IsPaused: &paused})
}
