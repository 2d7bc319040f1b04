package provision

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"ecsctl/internal/fargate"
	"ecsctl/provision/spec"
)

func validSpec() spec.Spec { return spec.Spec{Pool: "etl", Region: "eu-west-1"}.WithDefaults() }

func ptr[T any](v T) *T { return &v }

func TestValidateAcceptsTheDefaults(t *testing.T) {
	t.Parallel()
	if err := validSpec().Validate(); err != nil {
		t.Error(err)
	}
}

func TestValidateAccepts(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*spec.Spec){
		"the guide's names": func(s *spec.Spec) {
			s.Names.ExecutionRole, s.Names.Family, s.Names.Service = "ecsTaskExecutionRole", "prefect-worker-task",
				"prefect-worker-service"
		},
		"role ARNs": func(s *spec.Spec) {
			s.Names.ExecutionRole = "arn:aws-cn:iam::123456789012:role/path/to/execution"
			s.Names.WorkerRole = "arn:aws-us-gov:iam::123456789012:role/worker"
		},
		"a cluster's ARN": func(s *spec.Spec) {
			s.Cluster = "arn:aws:ecs:eu-west-1:123456789012:cluster/main"
		},
		"no workers": func(s *spec.Spec) { s.Worker.DesiredCount = ptr(0) },
		"flow runs on EC2, any size": func(s *spec.Spec) {
			s.FlowRuns.LaunchType, s.FlowRuns.CPU, s.FlowRuns.Memory = "EC2", 100, 100
		},
		"flow runs on spot": func(s *spec.Spec) {
			s.FlowRuns.LaunchType, s.FlowRuns.CPU, s.FlowRuns.Memory = "FARGATE_SPOT", 256, 512
		},
		"flow run memory alone": func(s *spec.Spec) { s.FlowRuns.Memory = 4096 },
		"families":              func(s *spec.Spec) { s.FlowRuns.Families = []string{"etl-*", "x?_1"} },
		"tags":                  func(s *spec.Spec) { s.Tags = map[string]string{"team": "data @ work", "empty": ""} },
		"arm":                   func(s *spec.Spec) { s.Worker.Architecture = fargate.ArchitectureARM },
		"an API URL":            func(s *spec.Spec) { s.Prefect.APIURL = "https://prefect.example.com/api" },
		"a secret's ARN": func(s *spec.Spec) {
			s.Prefect.APIKeySecret = "arn:aws:secretsmanager:eu-west-1:1:secret:key-AbCdEf"
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := validSpec()
			change(&s)
			if err := s.Validate(); err != nil {
				t.Error(err)
			}
		})
	}
}

// wrongSpecs has a mistake for each field, with what the message must say.
var wrongSpecs = map[string]struct {
	change func(*spec.Spec)
	want   []string
}{
	"no pool":           {func(s *spec.Spec) { s.Pool = "" }, []string{"--pool"}},
	"pool with a slash": {func(s *spec.Spec) { s.Pool = "a/b" }, []string{`pool "a/b"`, "/ % & < >"}},
	"blank pool":        {func(s *spec.Spec) { s.Pool = " " }, []string{"blank"}},
	"cluster":           {func(s *spec.Spec) { s.Cluster = "my cluster" }, []string{`cluster "my cluster"`}},
	"cluster ARN": {func(s *spec.Spec) { s.Cluster = "arn:aws:ecs:eu-west-1:1:service/x" },
		[]string{"not the ARN of a ecs cluster"}},
	"public IP": {func(s *spec.Spec) { s.Network.AssignPublicIP = "yes" },
		[]string{`assign-public-ip "yes"`, "auto, enabled, disabled"}},
	"runtime": {func(s *spec.Spec) { s.Worker.Runtime = "python" },
		[]string{`runtime "python"`, "prefect"}},
	"architecture": {func(s *spec.Spec) { s.Worker.Architecture = "arm" },
		[]string{`architecture "arm"`, "x86_64, arm64"}},
	"cpu": {func(s *spec.Spec) { s.Worker.CPU = 300 },
		[]string{"worker: fargate has no size with 300 CPU units"}},
	"memory": {func(s *spec.Spec) { s.Worker.Memory = 999 },
		[]string{"256 CPU units go with 512, 1024, 2048 MiB"}},
	"desired count": {func(s *spec.Spec) { s.Worker.DesiredCount = ptr(-1) },
		[]string{"desired-count -1"}},
	"limit": {func(s *spec.Spec) { s.Worker.Limit = ptr(0) }, []string{"limit 0"}},
	"execution role": {func(s *spec.Spec) { s.Names.ExecutionRole = "a b" },
		[]string{`execution role "a b"`}},
	"execution role too long": {func(s *spec.Spec) { s.Names.ExecutionRole = strings.Repeat("x", 65) },
		[]string{"execution role"}},
	"execution role ARN": {func(s *spec.Spec) { s.Names.ExecutionRole = "arn:aws:iam::1:user/x" },
		[]string{"not the ARN of a iam role"}},
	"worker role": {func(s *spec.Spec) { s.Names.WorkerRole = "a/b" }, []string{`worker role "a/b"`}},
	"family":      {func(s *spec.Spec) { s.Names.Family = "a.b" }, []string{`family "a.b"`}},
	"service":     {func(s *spec.Spec) { s.Names.Service = "a:b" }, []string{`service "a:b"`}},
	"secret":      {func(s *spec.Spec) { s.Names.Secret = "a b" }, []string{`secret "a b"`}},
	"log group":   {func(s *spec.Spec) { s.Names.LogGroup = "a:b" }, []string{`log group "a:b"`}},
	"security group": {func(s *spec.Spec) { s.Names.SecurityGroup = "a%b" },
		[]string{`security group "a%b"`}},
	"boundary": {func(s *spec.Spec) { s.Roles.Boundary = "limit" },
		[]string{`boundary "limit"`, "ARN of a iam policy"}},
	"role path": {func(s *spec.Spec) { s.Roles.Path = "team" },
		[]string{`role-path "team"`, "/team/"}},
	"role path with wildcards": {func(s *spec.Spec) { s.Roles.Path = "/*/" }, []string{`role-path "/*/"`}},
	"role path too long": {func(s *spec.Spec) { s.Roles.Path = "/" + strings.Repeat("x/", 256) },
		[]string{"role-path"}},
	"launch type": {func(s *spec.Spec) { s.FlowRuns.LaunchType = "SPOT" },
		[]string{`flow-run-launch-type "SPOT"`, "FARGATE, EC2, EXTERNAL, FARGATE_SPOT"}},
	"flow run cpu": {func(s *spec.Spec) { s.FlowRuns.CPU = 4096 },
		[]string{"flow runs: ", "4096 CPU units and 2048 MiB"}},
	"flow run memory": {func(s *spec.Spec) { s.FlowRuns.Memory = 1000 }, []string{"flow runs: "}},
	"flow run execution role": {func(s *spec.Spec) { s.FlowRuns.ExecutionRole = "name" },
		[]string{`flow-run-execution-role "name"`, "ARN"}},
	"flow run task role": {func(s *spec.Spec) { s.FlowRuns.TaskRole = "name" },
		[]string{`flow-run-task-role "name"`, "ARN"}},
	"flow run family": {func(s *spec.Spec) { s.FlowRuns.Families = []string{"ok", "a b"} },
		[]string{`flow-run-family "a b"`}},
	"retention": {func(s *spec.Spec) { s.LogRetentionDays = 31 },
		[]string{"log-retention 31", "1 3 5 7 14 30 60"}},
	"API URL without a host": {func(s *spec.Spec) { s.Prefect.APIURL = "prefect" }, []string{"prefect-api-url"}},
	"API key secret": {func(s *spec.Spec) { s.Prefect.APIKeySecret = "prefect/etl/api-key" },
		[]string{"prefect-api-key-secret", "ARN"}},
	"tag of AWS": {func(s *spec.Spec) { s.Tags = map[string]string{"aws:x": "1"} },
		[]string{`tag "aws:x"`}},
	"tags that differ in case": {func(s *spec.Spec) { s.Tags = map[string]string{"Team": "1", "team": "2"} },
		[]string{`tags "Team" and "team"`}},
	"49 tags": {func(s *spec.Spec) { s.Tags = numbered(49) },
		[]string{"49 tags", "name 48 at most"}},
	"17 subnets": {func(s *spec.Spec) { s.Network.Subnets = slices.Sorted(maps.Keys(numbered(17))) },
		[]string{"17 subnets: ECS accepts 16 at most"}},
	"6 security groups": {func(s *spec.Spec) {
		s.Network.SecurityGroups = slices.Sorted(maps.Keys(numbered(6)))
	}, []string{"6 security groups: ECS accepts 5 at most"}},
	"tag of ours": {func(s *spec.Spec) { s.Tags = map[string]string{"Ecsctl:pool": "1"} },
		[]string{`tag "Ecsctl:pool"`}},
	"tag key with odd characters": {func(s *spec.Spec) { s.Tags = map[string]string{"a?": "1"} }, []string{`tag "a?"`}},
	"tag key too long": {func(s *spec.Spec) { s.Tags = map[string]string{strings.Repeat("k", 129): "1"} },
		[]string{"128"}},
	"tag value": {func(s *spec.Spec) { s.Tags = map[string]string{"a": "x!"} }, []string{`tag "a"`, "value"}},
	"tag value too long": {func(s *spec.Spec) { s.Tags = map[string]string{"a": strings.Repeat("v", 257)} },
		[]string{"256"}},
}

func TestValidateRefuses(t *testing.T) {
	t.Parallel()
	for name, test := range wrongSpecs {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := validSpec()
			test.change(&s)
			err := s.Validate()
			if err == nil {
				t.Fatal("no error")
			}
			for _, want := range test.want {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("got %q, want it to say %q", err, want)
				}
			}
			if n := strings.Count(err.Error(), "\n"); n != 0 {
				t.Errorf("one mistake gives %d errors:\n%v", n+1, err)
			}
		})
	}
}

// A password in the URL must not be shown again.
func TestValidateHidesThePasswordInTheURL(t *testing.T) {
	t.Parallel()
	s := validSpec()
	s.Prefect.APIURL = "https://me:hunter2@prefect.example.com/api"
	err := s.Validate()
	if err == nil || strings.Contains(err.Error(), "hunter2") {
		t.Errorf("got %v", err)
	}
}

func TestValidateTellsAllAtOnce(t *testing.T) {
	t.Parallel()
	s := validSpec()
	s.Pool, s.Worker.CPU, s.LogRetentionDays, s.Names.Family, s.FlowRuns.LaunchType = "a/b", 1, 2, "x y", "SPOT"
	joined, ok := s.Validate().(interface{ Unwrap() []error })
	if !ok || len(joined.Unwrap()) != 5 {
		t.Errorf("got %v, want 5 errors", s.Validate())
	}
}

// numbered has so many keys.
func numbered(n int) map[string]string {
	out := map[string]string{}
	for i := range n {
		out[fmt.Sprintf("k-%d", i)] = "v"
	}
	return out
}
