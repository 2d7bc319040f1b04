package jobtemplate_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"path"
	"testing"

	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/google/go-cmp/cmp"

	"ecsctl/jobtemplate"
)

// recorder is an ECS endpoint that keeps what it is sent.
type recorder struct {
	bodies map[string]map[string]any // by action
	client *ecs.Client
}

func newRecorder(t *testing.T) *recorder {
	t.Helper()
	r := &recorder{bodies: map[string]map[string]any{}}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, request *http.Request) {
		raw, err := io.ReadAll(request.Body)
		var body map[string]any
		if err == nil {
			err = json.Unmarshal(raw, &body)
		}
		if err != nil {
			t.Errorf("bad request: %v", err)
		}
		r.bodies[path.Ext(request.Header.Get("X-Amz-Target"))] = body
		w.Header().Set("Content-Type", "application/x-amz-json-1.1")
		_, _ = io.WriteString(w, "{}")
	}))
	t.Cleanup(server.Close)
	r.client = ecs.New(ecs.Options{
		Region: "eu-west-1", BaseEndpoint: &server.URL,
		Credentials: credentials.NewStaticCredentialsProvider("k", "s", ""),
	})
	return r
}

// What the SDK puts on the wire is the document, to the letter.
func TestInputsGoOverTheWireAsTheDocuments(t *testing.T) {
	t.Parallel()
	in := withConfiguration(wholeConfiguration, `{}`)
	job := resolve(t, in)
	definition, err := job.Definition("eu-west-1")
	if err != nil {
		t.Fatal(err)
	}
	run := runTask(t, job, jobtemplate.Launch{
		TaskDefinition: "arn", Network: vpc, ClientToken: "token", StartedBy: "me",
	})
	r := newRecorder(t)
	if _, err := r.client.RegisterTaskDefinition(t.Context(), definition.Input); err != nil {
		t.Fatal(err)
	}
	if _, err := r.client.RunTask(t.Context(), run.Input); err != nil {
		t.Fatal(err)
	}
	for action, document := range map[string]map[string]any{
		".RegisterTaskDefinition": definition.Document, ".RunTask": run.Document,
	} {
		if diff := cmp.Diff(plain(t, document), r.bodies[action]); diff != "" {
			t.Errorf("%s (-document +wire):\n%s", action, diff)
		}
	}
}

// plain is a document after a trip through JSON, numbers and all.
func plain(t *testing.T, document map[string]any) (out map[string]any) {
	t.Helper()
	text, err := json.Marshal(document)
	if err == nil {
		err = json.Unmarshal(text, &out)
	}
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// wholeConfiguration has at least one of each kind of member: lists, maps, enums,
// numbers, booleans, and names with odd capitals.
const wholeConfiguration = `{
	"env": {"A": "1"}, "labels": {"a": "b"}, "configure_cloudwatch_logs": true, "cluster": "c",
	"prefect_api_key_secret_arn": "arn:key",
	"task_definition": {
		"executionRoleArn": "arn:aws:iam::123456789012:role/e", "taskRoleArn": "arn:aws:iam::123456789012:role/t", "networkMode": "awsvpc",
		"requiresCompatibilities": ["EC2"], "ipcMode": "none", "pidMode": "task", "enableFaultInjection": true,
		"tags": [{"key": "k", "value": "v"}], "ephemeralStorage": {"sizeInGiB": 30},
		"proxyConfiguration": {"type": "APPMESH", "containerName": "prefect", "properties": [{"name": "n", "value": "v"}]},
		"runtimePlatform": {"cpuArchitecture": "ARM64", "operatingSystemFamily": "LINUX"},
		"placementConstraints": [{"type": "memberOf", "expression": "x"}],
		"volumes": [
			{"name": "e", "efsVolumeConfiguration": {"fileSystemId": "fs", "transitEncryptionPort": 9, "authorizationConfig": {"iam": "ENABLED"}}},
			{"name": "d", "dockerVolumeConfiguration": {"scope": "task", "autoprovision": true, "driverOpts": {"a": "b"}}}
		],
		"containerDefinitions": [{
			"name": "prefect", "image": "i", "essential": true, "readonlyRootFilesystem": false, "stopTimeout": 3,
			"entryPoint": ["a"], "dockerLabels": {"a": "b"}, "ulimits": [{"name": "nofile", "softLimit": 1, "hardLimit": 2}],
			"portMappings": [{"containerPort": 80, "protocol": "tcp", "appProtocol": "http"}],
			"linuxParameters": {"initProcessEnabled": true, "tmpfs": [{"containerPath": "/t", "size": 5}], "capabilities": {"drop": ["ALL"]}},
			"healthCheck": {"command": ["CMD", "x"], "interval": 5}, "restartPolicy": {"enabled": true, "ignoredExitCodes": [1]},
			"firelensConfiguration": {"type": "fluentbit", "options": {"a": "b"}}, "resourceRequirements": [{"type": "GPU", "value": "1"}],
			"environmentFiles": [{"type": "s3", "value": "arn:aws:s3:::b/a.env"}]
		}, {"name": "other", "image": "i", "memory": 5, "logConfiguration": {"logDriver": "awsfirelens"}}]
	},
	"task_run_request": {
		"launchType": "EC2", "count": 1, "enableECSManagedTags": true, "enableExecuteCommand": true, "group": "g",
		"propagateTags": "TASK_DEFINITION", "referenceId": "r",
		"placementStrategy": [{"type": "spread", "field": "f"}], "placementConstraints": [{"type": "memberOf", "expression": "x"}],
		"volumeConfigurations": [{"name": "v", "managedEBSVolume": {"roleArn": "arn:r", "sizeInGiB": 3, "tagSpecifications": [{"resourceType": "volume", "propagateTags": "NONE"}], "terminationPolicy": {"deleteOnTermination": true}}}],
		"overrides": {
			"cpu": 1024, "executionRoleArn": "arn:x", "ephemeralStorage": {"sizeInGiB": 40},
			"containerOverrides": [{"cpu": 5, "resourceRequirements": [{"type": "GPU", "value": "1"}]}, {"name": "other"}]
		}
	}
}`
