package sandbox_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
	iamtypes "github.com/aws/aws-sdk-go-v2/service/iam/types"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/google/go-cmp/cmp"

	"ecsctl/sandbox"
)

// subscribe makes a queue for what matches the pattern, with a policy that lets rule,
// an ARN or "" for the right one, send to it.
func (c *clients) subscribe(t *testing.T, pattern, rule string) *string {
	t.Helper()
	url := c.queue(t, nil)
	queue := c.queueAttributes(t, url)["QueueArn"]
	name, arn := c.rule(t, pattern)
	if rule == "" {
		rule = *arn
	}
	policy := fmt.Sprintf(
		`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"events.amazonaws.com"},
		"Action":"sqs:SendMessage","Resource":%q,"Condition":{"ArnEquals":{"aws:SourceArn":%q}}}]}`, queue, rule)
	must(c.sqs.SetQueueAttributes(t.Context(), &sqs.SetQueueAttributesInput{
		QueueUrl: url, Attributes: map[string]string{"Policy": policy},
	}))(t)
	c.target(t, name, queue)
	return url
}

// taskEvent is what of an event the tests look at.
type taskEvent struct {
	Source     string   `json:"source"`
	DetailType string   `json:"detail-type"`
	Account    string   `json:"account"`
	Region     string   `json:"region"`
	Resources  []string `json:"resources"`
	Detail     struct {
		TaskARN       string `json:"taskArn"`
		ClusterARN    string `json:"clusterArn"`
		LastStatus    string `json:"lastStatus"`
		DesiredStatus string `json:"desiredStatus"`
		StopCode      string `json:"stopCode"`
		StoppedAt     string `json:"stoppedAt"`
		Containers    []struct {
			Name     string `json:"name"`
			ExitCode *int   `json:"exitCode"`
		} `json:"containers"`
		Attachments []struct {
			Type string `json:"type"`
		} `json:"attachments"`
	} `json:"detail"`
}

// drain reads the queue until a task has stopped.
func (c *clients) drain(t *testing.T, url *string) []taskEvent {
	t.Helper()
	var out []taskEvent
	eventually(t, "the event of the end", func() bool {
		for _, body := range bodies(c.receive(t, url, nil)) {
			var e taskEvent
			if err := json.Unmarshal([]byte(body), &e); err != nil {
				t.Fatal(err)
			}
			out = append(out, e)
		}
		return len(out) > 0 && out[len(out)-1].Detail.LastStatus == "STOPPED"
	})
	return out
}

func TestTaskChangesReachTheQueue(t *testing.T) {
	t.Parallel()
	c := running(t, "exit 3", sandbox.Options{})
	url := c.subscribe(t, taskChanges, "")
	task := c.run(t, c.app(t, nil), nil)
	var states []string
	events := c.drain(t, url)
	for _, e := range events {
		states = append(states, e.Detail.LastStatus+" "+e.Detail.DesiredStatus)
	}
	want := []string{"PROVISIONING RUNNING", "PENDING RUNNING", "RUNNING RUNNING", "RUNNING STOPPED",
		"STOPPING STOPPED", "STOPPED STOPPED"}
	if diff := cmp.Diff(want, states); diff != "" {
		t.Error(diff)
	}
	last := events[len(events)-1]
	if last.Source != "aws.ecs" || last.DetailType != "ECS Task State Change" || last.Account != "123456789012" ||
		last.Region != "us-east-1" {
		t.Errorf("got %+v", last)
	}
	d := last.Detail
	if !slices.Equal(last.Resources, []string{*task.TaskArn}) || d.TaskARN != *task.TaskArn ||
		d.ClusterARN != *task.ClusterArn {
		t.Errorf("got %+v", last)
	}
	if d.StopCode != "EssentialContainerExited" || !strings.HasSuffix(d.StoppedAt, "Z") ||
		d.Attachments[0].Type != "eni" {
		t.Errorf("got %+v", d)
	}
	if code := d.Containers[0].ExitCode; code == nil || *code != 3 {
		t.Errorf("got exit code %v", code)
	}
}

func TestPatternsPickEvents(t *testing.T) {
	t.Parallel()
	c := running(t, "exit 0", sandbox.Options{})
	for pattern, want := range map[string]int{
		`{"detail":{"lastStatus":["STOPPED"]}}`:                                                  1,
		`{"detail":{"lastStatus":[{"prefix":"STOP"}]}}`:                                          2,
		`{"detail":{"lastStatus":["STOPPED"],"stopCode":[{"exists":true}]}}`:                     1,
		`{"detail":{"lastStatus":[{"anything-but":["RUNNING","PENDING"]}]}}`:                     3,
		`{"detail":{"lastStatus":["STOPPED"],"containers":{"name":["main"]}}}`:                   1,
		`{"detail":{"lastStatus":["STOPPED"],"containers":{"name":["other"]}}}`:                  0,
		`{"detail":{"lastStatus":["STOPPED"],"taskArn":[{"wildcard":"arn:*:task/*"}]}}`:          1,
		`{"detail":{"lastStatus":["STOPPED"],"taskArn":[{"wildcard":"*:task"}]}}`:                0,
		`{"detail":{"lastStatus":["STOPPED"],"group":[{"anything-but":{"prefix":"service:"}}]}}`: 1,
		`{"detail":{"lastStatus":["STOPPED"],"group":[{"anything-but":{"prefix":"family:"}}]}}`:  0,
		`{"resources":[{"prefix":"arn:aws:ecs:"}],"detail":{"lastStatus":["NO"]}}`:               0,
		`{"source":["aws.ecs"],"detail":{"clusterArn":[{"suffix":"other"}]}}`:                    0,
		`{"detail":{"lastStatus":[{"equals-ignore-case":"stopped"}],"no":[{"exists":false}]}}`:   1,
	} {
		t.Run(pattern, func(t *testing.T) {
			url := c.subscribe(t, pattern, "")
			task := c.run(t, c.app(t, nil), nil)
			c.awaitTask(t, task, "STOPPED")
			if got := c.queueAttributes(t, url)["ApproximateNumberOfMessages"]; got != fmt.Sprint(want) {
				t.Errorf("got %s events, want %d", got, want)
			}
		})
	}
}

func TestQueueWithoutAPolicyForTheRuleGetsNothing(t *testing.T) {
	t.Parallel()
	c := running(t, "exit 0", sandbox.Options{})
	url := c.subscribe(t, taskChanges, "arn:aws:events:us-east-1:123456789012:rule/another")
	c.awaitTask(t, c.run(t, c.app(t, nil), nil), "STOPPED")
	if got := c.queueAttributes(t, url)["ApproximateNumberOfMessages"]; got != "0" {
		t.Errorf("got %s messages", got)
	}
}

// roleTask is a task that runs with a role, and clients with the task's credentials.
type roleTask struct {
	*clients
	task    *types.Task
	role    *iamtypes.Role
	address string // of the credentials
}

func (c *clients) runWithRole(t *testing.T) roleTask {
	t.Helper()
	group, role := c.logGroup(t, nil), c.role(t)
	task := c.run(t, c.app(t, func(in *ecs.RegisterTaskDefinitionInput) {
		logged(group)(in)
		in.TaskRoleArn = role.Arn
	}), nil)
	c.awaitTask(t, task, "RUNNING")
	var lines []string
	eventually(t, "the address of the credentials",
		func() bool { lines = c.logLines(t, group, task); return len(lines) > 0 })
	var got struct{ RoleArn, AccessKeyId, SecretAccessKey, Token, Expiration string }
	status, body := c.get(t, lines[0])
	if err := json.Unmarshal(body, &got); err != nil || status != http.StatusOK || got.RoleArn != *role.Arn {
		t.Fatalf("got %d %s: %v", status, body, err)
	}
	caller := credentials.NewStaticCredentialsProvider(got.AccessKeyId, got.SecretAccessKey, got.Token)
	return roleTask{clientsWith(t, c.server.URL(), "us-east-1", caller), task, role, lines[0]}
}

// stop ends the task, and with it the session.
func (rt roleTask) stop(t *testing.T, c *clients) {
	t.Helper()
	must(c.ecs.StopTask(t.Context(), &ecs.StopTaskInput{Cluster: rt.task.ClusterArn, Task: rt.task.TaskArn}))(t)
	c.awaitTask(t, rt.task, "STOPPED")
	eventually(t, "the session to end",
		func() bool { status, _ := c.get(t, rt.address); return status == http.StatusNotFound })
}

const tellCredentials = `echo "$AWS_CONTAINER_CREDENTIALS_FULL_URI"; exec sleep 600`

func TestTaskHasTheCredentialsOfItsRole(t *testing.T) {
	t.Parallel()
	c := running(t, tellCredentials, sandbox.Options{})
	asTask := c.runWithRole(t)
	caller := must(asTask.sts.GetCallerIdentity(t.Context(), &sts.GetCallerIdentityInput{}))(t)
	id := (*asTask.task.TaskArn)[strings.LastIndex(*asTask.task.TaskArn, "/")+1:]
	if want := "arn:aws:sts::123456789012:assumed-role/" + *asTask.role.RoleName + "/" + id; *caller.Arn != want {
		t.Errorf("got caller %s, want %s", *caller.Arn, want)
	}
	asTask.stop(t, c)
	_, err := asTask.ecs.ListClusters(t.Context(), &ecs.ListClustersInput{})
	wantCode(t, err, "UnrecognizedClientException")
	_, err = asTask.sts.GetCallerIdentity(t.Context(), &sts.GetCallerIdentityInput{})
	wantCode(t, err, "InvalidClientTokenId")
}

func (c *clients) get(t *testing.T, url string) (int, []byte) {
	t.Helper()
	resp := must(http.Get(url))(t)
	defer resp.Body.Close()
	return resp.StatusCode, must(io.ReadAll(resp.Body))(t)
}

func TestNameOfADeletedQueueIsRefused(t *testing.T) {
	t.Parallel()
	clock := sandbox.HeldClock()
	c := start(t, sandbox.Options{QueueDelay: time.Minute, Clock: clock})
	in := &sqs.CreateQueueInput{QueueName: aws.String("q")}
	url := must(c.sqs.CreateQueue(t.Context(), in))(t).QueueUrl
	must(c.sqs.DeleteQueue(t.Context(), &sqs.DeleteQueueInput{QueueUrl: url}))(t)
	_, err := c.sqs.CreateQueue(t.Context(), in)
	wantCode(t, err, "AWS.SimpleQueueService.QueueDeletedRecently")
	clock.Advance(time.Minute)
	must(c.sqs.CreateQueue(t.Context(), in))(t)
}
