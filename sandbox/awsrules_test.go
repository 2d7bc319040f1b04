package sandbox_test

import (
	"encoding/json"
	"os"
	"strings"
	"testing"
	"time"

	logs "github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	logstypes "github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs/types"
	"github.com/aws/aws-sdk-go-v2/service/ecs"

	"ecsctl/sandbox"
)

// awsRule is a row of testdata/awsrules.json: a request that AWS refuses. jobtemplate's test has
// the same rows.
type awsRule struct {
	Name       string         `json:"name"`
	At         string         `json:"at"` // the call that is refused; "twice" is none, as two tasks run
	Definition map[string]any `json:"definition"`
	Container  map[string]any `json:"container"`
	Sidecar    map[string]any `json:"sidecar"`
	Sidecars   int            `json:"sidecars"`
	Long       int            `json:"long"` // characters of a variable
	Request    map[string]any `json:"request"`
	Problem    string         `json:"problem"`
}

func awsRules(t *testing.T) (rules []awsRule) {
	t.Helper()
	if err := json.Unmarshal(must(os.ReadFile("../testdata/awsrules.json"))(t), &rules); err != nil {
		t.Fatal(err)
	}
	return rules
}

// documents are the requests of a rule.
func (r awsRule) documents(role, network any) (definition, request map[string]any) {
	first := merged(map[string]any{"name": "prefect", "image": "prefecthq/prefect:3"}, r.Container)
	if r.Long > 0 {
		first["environment"] = []any{map[string]any{"name": "LONG", "value": strings.Repeat("x", r.Long)}}
	}
	containers := []any{first}
	if r.Sidecar != nil {
		containers = append(containers, merged(map[string]any{"image": "prefecthq/prefect:3"}, r.Sidecar))
	}
	for i := range r.Sidecars {
		containers = append(containers, map[string]any{
			"name": "sidecar" + string(rune('a'+i)), "image": "prefecthq/prefect:3",
		})
	}
	definition = merged(map[string]any{
		"family": "rules", "networkMode": "awsvpc", "requiresCompatibilities": []any{"FARGATE"}, "cpu": "256",
		"memory":           "512",
		"executionRoleArn": role, "containerDefinitions": containers,
	}, r.Definition)
	request = merged(map[string]any{
		"taskDefinition": "rules", "launchType": "FARGATE", "networkConfiguration": network,
	}, r.Request)
	return definition, request
}

// merged puts the fields of one object over those of another; null takes one out.
func merged(under, over map[string]any) map[string]any {
	for key, value := range over {
		if value == nil {
			delete(under, key)
			continue
		}
		under[key] = value
	}
	return under
}

// What AWS refuses the sandbox refuses, in the same call.
func TestRequestsThatAWSRefuses(t *testing.T) {
	t.Parallel()
	c := running(t, "exec sleep 600", sandbox.Options{})
	cluster := c.cluster(t)
	role := *c.role(t).Arn
	network := toDocument(t, c.network(t))
	for _, rule := range append(awsRules(t), awsRule{Name: "nothing wrong"}) {
		t.Run(rule.Name, func(t *testing.T) {
			t.Parallel()
			definition, request := rule.documents(role, network)
			definition["family"] = "rules-" + strings.NewReplacer(" ", "-", "'", "", ",", "").Replace(rule.Name)
			var register ecs.RegisterTaskDefinitionInput
			fromDocument(t, definition, &register)
			made, err := c.ecs.RegisterTaskDefinition(t.Context(), &register)
			if refused := err != nil; refused != (rule.At == "register") {
				t.Fatalf("RegisterTaskDefinition: %v", err)
			}
			if err != nil {
				return
			}
			var run ecs.RunTaskInput
			fromDocument(t, request, &run)
			run.Cluster, run.TaskDefinition = cluster, made.TaskDefinition.TaskDefinitionArn
			got, err := c.ecs.RunTask(t.Context(), &run)
			if refused := err != nil; refused != (rule.At == "run") {
				t.Fatalf("RunTask: %v", err)
			}
			if rule.At == "twice" && len(got.Tasks) != 2 {
				t.Errorf("%d tasks", len(got.Tasks))
			}
		})
	}
}

func toDocument(t *testing.T, value any) (out map[string]any) {
	t.Helper()
	if err := json.Unmarshal(must(json.Marshal(value))(t), &out); err != nil {
		t.Fatal(err)
	}
	return out
}

func fromDocument(t *testing.T, document map[string]any, into any) {
	t.Helper()
	if err := json.Unmarshal(must(json.Marshal(document))(t), into); err != nil {
		t.Fatal(err)
	}
}

// A container whose log stream cannot have its name does not start; a long line is split as the
// awslogs driver does it, and one upload has its limit.
func TestLogNamesAndSizes(t *testing.T) {
	t.Parallel()
	c := running(t, "head -c 300000 /dev/zero | tr '\\0' x; exit 3", sandbox.Options{})
	group := c.logGroup(t, nil)
	for prefix, reason := range map[string]string{
		"team:data": "failed to create Cloudwatch log stream", "team": "Essential container in task exited",
	} {
		task := c.run(t, c.app(t, func(in *ecs.RegisterTaskDefinitionInput) {
			logged(group)(in)
			in.ContainerDefinitions[0].LogConfiguration.Options["awslogs-stream-prefix"] = prefix
		}), nil)
		if got := *c.awaitTask(t, task, "STOPPED").StoppedReason; !strings.Contains(got, reason) {
			t.Errorf("%s: %s", prefix, got)
		}
	}
	stream := must(c.logs.DescribeLogStreams(t.Context(), &logs.DescribeLogStreamsInput{LogGroupName: group}))(
		t).LogStreams[0].LogStreamName
	events := must(c.logs.GetLogEvents(t.Context(), &logs.GetLogEventsInput{
		LogGroupName: group, LogStreamName: stream,
	}))(t).Events
	if len(events) != 2 || len(*events[0].Message) != 256<<10-26 {
		t.Errorf("a line of 300,000 bytes became %d events", len(events))
	}
	now, large := time.Now().UnixMilli(), strings.Repeat("x", 200<<10)
	upload := &logs.PutLogEventsInput{LogGroupName: group, LogStreamName: stream}
	for range 6 {
		upload.LogEvents = append(upload.LogEvents, logstypes.InputLogEvent{Timestamp: &now, Message: &large})
	}
	_, err := c.logs.PutLogEvents(t.Context(), upload)
	wantMessage(t, err, "InvalidParameterException", "Upload too large")
}
