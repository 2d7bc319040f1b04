package jobtemplate_test

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
	"github.com/google/go-cmp/cmp"

	"ecsctl/jobtemplate"
)

const namedJob = `{"task_definition_arn": "arn:td:1"%s}`

func TestNamedDefinitions(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		variables string
		described types.TaskDefinition
		container string // the container that is overridden
		network   bool
		problem   string // the path of it
	}{
		"for Fargate": {"", types.TaskDefinition{
			NetworkMode: "awsvpc", RequiresCompatibilities: []types.Compatibility{"FARGATE"},
		}, "prefect", true, ""},
		"first container": {"", types.TaskDefinition{ContainerDefinitions: []types.ContainerDefinition{
			{Name: aws.String("web")}, {Name: aws.String("log")}}}, "web", false, ""},
		"prefect is second": {"", types.TaskDefinition{ContainerDefinitions: []types.ContainerDefinition{
			{Name: aws.String("web")}, {Name: aws.String("prefect")}}}, "prefect", false, ""},
		"EC2 on Fargate": {"", types.TaskDefinition{RequiresCompatibilities: []types.Compatibility{"EC2"}}, "",
			false, "task_definition.requiresCompatibilities"},
		"EC2 on EC2": {`, "launch_type": "EC2"`,
			types.TaskDefinition{RequiresCompatibilities: []types.Compatibility{"EC2"}}, "prefect", false, ""},
		"bridge on Fargate": {"", types.TaskDefinition{NetworkMode: "bridge"}, "", false,
			"task_definition.networkMode"},
		"logs without a role": {`, "configure_cloudwatch_logs": true`, types.TaskDefinition{}, "", false,
			"task_definition.executionRoleArn"},
		"logs with one": {`, "configure_cloudwatch_logs": true`,
			types.TaskDefinition{ExecutionRoleArn: aws.String("r")}, "prefect", false, ""},
		"network not of a VPC": {`, "vpc_id": "vpc-1", "network_configuration": {"subnets": ["subnet-9"]}`,
			types.TaskDefinition{NetworkMode: "awsvpc"}, "", true, "network_configuration.subnets"},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			job := resolve(t, withVariables(fmt.Sprintf(namedJob, tc.variables)))
			if definition, err := job.Definition("x"); definition != nil || err != nil {
				t.Errorf("a definition %v, %v", definition, err)
			}
			if _, needed := job.NeedsNetwork(&tc.described); needed != tc.network {
				t.Errorf("needs network: %v", needed)
			}
			run, err := job.RunTask(jobtemplate.Launch{Described: &tc.described, Network: vpc})
			if tc.problem != "" {
				var problems *jobtemplate.Problems
				if !errors.As(err, &problems) || problems.List[0].Path != tc.problem {
					t.Errorf("got %v, want a problem with %s", err, tc.problem)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if got := *run.Input.Overrides.ContainerOverrides[0].Name; got != tc.container ||
				*run.Input.TaskDefinition != "arn:td:1" {
				t.Errorf("container %q of %q", got, *run.Input.TaskDefinition)
			}
		})
	}
}

func TestNetworksThatAreNotThere(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		variables string
		network   *jobtemplate.Network
		want      string
	}{
		"no answer":      {`{}`, nil, "the region has no default VPC"},
		"no default VPC": {`{}`, &jobtemplate.Network{}, "the region has no default VPC"},
		"no such VPC":    {`{"vpc_id": "vpc-9"}`, &jobtemplate.Network{}, "the VPC vpc-9 does not exist"},
		"no subnets":     {`{"vpc_id": "vpc-9"}`, &jobtemplate.Network{VPCID: "vpc-9"}, "the VPC vpc-9 has no subnets"},
	} {
		_, err := resolve(t, withVariables(tc.variables)).RunTask(jobtemplate.Launch{Network: tc.network})
		var problems *jobtemplate.Problems
		if !errors.As(err, &problems) || problems.List[0].Message != tc.want {
			t.Errorf("%s: got %v, want %q", name, err, tc.want)
		}
	}
}

// Whatever the labels are, ECS takes the tags.
func TestTagsAreWithinTheLimits(t *testing.T) {
	t.Parallel()
	labels := map[string]string{
		"aws:x": "1", "AWS:y": "2", "": "3", strings.Repeat("k", 300): "4", "long": strings.Repeat("v", 300), "é": "5",
	}
	for i := range 70 {
		labels[fmt.Sprintf("label %02d", i)] = "v"
	}
	in := withVariables(`{"auto_deregister_task_definition": true}`)
	in.JobVariables = raw(fmt.Sprintf(`{"labels": {%s}}`, strings.Join(slices.Collect(func(yield func(string) bool) {
		for key, value := range labels {
			if !yield(fmt.Sprintf("%q: %q", key, value)) {
				return
			}
		}
	}), ",")))
	run := runTask(t, resolve(t, in), jobtemplate.Launch{Network: vpc, Registered: true})
	if len(run.Input.Tags) != 50 {
		t.Errorf("%d tags", len(run.Input.Tags))
	}
	keys := map[string]bool{}
	for _, tag := range run.Input.Tags {
		key := *tag.Key
		if key == "" || len(key) > 128 || len(*tag.Value) > 256 || keys[key] ||
			strings.HasPrefix(strings.ToLower(key), "aws:") {
			t.Errorf("ECS refuses the tag %q: %q", key, *tag.Value)
		}
		keys[key] = true
	}
	for _, key := range []string{"prefect.io/flow-run-id", "prefect.io/worker-name",
		"prefect.io/degregister-task-definition"} {
		if !keys[key] {
			t.Errorf("the tag %q went: %v", key, slices.Sorted(maps.Keys(keys)))
		}
	}
	if !slices.ContainsFunc(run.Warnings, func(w string) bool { return strings.Contains(w, "left out are") }) {
		t.Errorf("no warning: %q", run.Warnings)
	}
}

func TestMaskHidesSecrets(t *testing.T) {
	t.Parallel()
	in := withVariables(
		`{"env": {"DB_PASSWORD": "hunter2", "URL": "https://u:t0ken-of-a-block@host", "MODE": "fast"}, "image": "t0ken-of-a-block/x"}`)
	in.Settings = map[string]string{"PREFECT_API_KEY": "pnu_1"}
	in.JobVariables = raw(`{"env": {"FROM_BLOCK": "{{ prefect.blocks.secret.x }}"}}`)
	in.Lookup.Block = func(string, string) (raw, error) { return raw(`{"value": "t0ken-of-a-block"}`), nil }
	job := resolve(t, in)
	run := runTask(t, job, jobtemplate.Launch{Network: vpc})
	before := fmt.Sprint(run.Document)
	masked := fmt.Sprint(job.Mask(run.Document))
	for _, secret := range []string{"hunter2", "pnu_1", "t0ken"} {
		if !strings.Contains(before, secret) || strings.Contains(masked, secret) {
			t.Errorf("%q: before %v, masked %v", secret, strings.Contains(before, secret),
				strings.Contains(masked, secret))
		}
	}
	if !strings.Contains(masked, "fast") || fmt.Sprint(run.Document) != before {
		t.Error("too much is masked, or the document was changed")
	}
}

func TestCredentials(t *testing.T) {
	t.Parallel()
	in := withVariables(`{"aws_credentials": {"$ref": {"block_document_id": "b"}}}`)
	in.Lookup.BlockByID = func(string) (raw, error) {
		return raw(`{
			"aws_access_key_id": "AKIA", "aws_secret_access_key": "s", "aws_session_token": null, "profile_name": "p", "region_name": "eu-west-1",
			"assume_role_arn": "arn:role", "assume_role_kwargs": {"RoleSessionName": "n", "DurationSeconds": 900, "PolicyArns": [{"arn": "arn:p"}], "Tags": [{"Key": "k", "Value": "v"}], "TransitiveTagKeys": ["k"]},
			"aws_client_parameters": {"endpoint_url": "http://localhost", "verify": false, "use_ssl": false, "config": {"read_timeout": 5}}, "block_type_slug": "aws-credentials"
		}`), nil
	}
	want := jobtemplate.Credentials{
		AccessKeyID: "AKIA", SecretAccessKey: "s", Profile: "p", Region: "eu-west-1", AssumeRoleARN: "arn:role",
		AssumeRole: jobtemplate.AssumeRole{
			RoleSessionName: "n", DurationSeconds: 900, PolicyARNs: []string{"arn:p"},
			Tags: map[string]string{"k": "v"}, TransitiveTagKeys: []string{"k"},
		},
		Client: jobtemplate.ClientParameters{EndpointURL: "http://localhost", SkipVerify: true},
	}
	got := resolve(t, in).Credentials
	if fmt.Sprint(got.Client.Config["read_timeout"]) != "5" {
		t.Errorf("config %v", got.Client.Config)
	}
	got.Client.Config = nil
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if none := resolve(t, newInputs()).Credentials; !none.IsZero() || got.IsZero() {
		t.Errorf("IsZero is wrong: %v", none)
	}
}

// What a registered definition lacks is not to be set by a job variable: the hint names the definition.
func TestHintOfARegisteredDefinition(t *testing.T) {
	t.Parallel()
	job := resolve(t, withVariables(fmt.Sprintf(namedJob, `, "configure_cloudwatch_logs": true`)))
	_, err := job.RunTask(jobtemplate.Launch{Described: &types.TaskDefinition{}})
	var problems *jobtemplate.Problems
	if !errors.As(err, &problems) || !strings.Contains(problems.List[0].String(), "register a revision of arn:td:1 ") {
		t.Errorf("got %v, want a hint that names arn:td:1", err)
	}
}
