package provision_test

import (
	"maps"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/google/go-cmp/cmp"

	"ecsctl/internal/fargate"
	"ecsctl/provision"
	"ecsctl/provision/spec"
	"ecsctl/sandbox"
)

// choices has for each field of a Spec how to choose something other than the default.
var choices = map[string]func(*account, *spec.Spec){
	"Cluster":                func(_ *account, s *spec.Spec) { s.Cluster = "analytics" },
	"Network.VPC":            func(a *account, s *spec.Spec) { s.Network.VPC, _ = a.otherNetwork() },
	"Network.Subnets":        func(a *account, s *spec.Spec) { _, s.Network.Subnets = a.otherNetwork() },
	"Network.SecurityGroups": func(a *account, s *spec.Spec) { s.Network.SecurityGroups = []string{a.otherGroup()} },
	"Network.AssignPublicIP": func(_ *account, s *spec.Spec) { s.Network.AssignPublicIP = spec.PublicIPDisabled },
	"Worker.Of":              func(a *account, s *spec.Spec) { s.Worker = spec.Worker{Of: a.otherPool()} },
	"Worker.Runtime":         func(_ *account, s *spec.Spec) { s.Worker.Runtime = spec.RuntimePrefect },
	"Worker.Image":           func(_ *account, s *spec.Spec) { s.Worker.Image = "mine/worker:1" },
	"Worker.CPU":             func(_ *account, s *spec.Spec) { s.Worker.CPU, s.Worker.Memory = 512, 2048 },
	"Worker.Memory":          func(_ *account, s *spec.Spec) { s.Worker.Memory = 1024 },
	"Worker.Architecture": func(_ *account, s *spec.Spec) {
		s.Worker.Image, s.Worker.Architecture = "mine/worker:1", fargate.ArchitectureARM
	},
	"Worker.WorkQueues":     func(_ *account, s *spec.Spec) { s.Worker.WorkQueues = []string{"high", "low"} },
	"Worker.Limit":          func(_ *account, s *spec.Spec) { s.Worker.Limit = aws.Int(3) },
	"Worker.ExecuteCommand": func(_ *account, s *spec.Spec) { s.Worker.ExecuteCommand = aws.Bool(true) },

	"Worker.SpotFallback": func(_ *account, s *spec.Spec) { s.Worker.SpotFallback = aws.Bool(true) },

	"Worker.Env": func(_ *account, s *spec.Spec) {
		s.Worker.Env = map[string]string{"PREFECT_LOGGING_LEVEL": "DEBUG"}
	},
	"Worker.StopTimeout": func(_ *account, s *spec.Spec) { s.Worker.StopTimeout = 60 },
	"FlowRuns.PolicyARNs": func(_ *account, s *spec.Spec) {
		s.FlowRuns.PolicyARNs = []string{"arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess"}
	},
	"FlowRuns.JobVariables": func(a *account, s *spec.Spec) {
		_, subnets := a.otherNetwork()
		s.FlowRuns.JobVariables = map[string]any{
			"env": map[string]any{"A": "b"}, "labels": map[string]any{"team": "data"}, "family": "etl",
			"match_latest_revision_in_family": true, "task_start_timeout_seconds": 600.0,
			"capacity_provider_strategy": []any{map[string]any{"capacityProvider": "FARGATE", "weight": 1.0}},
			"network_configuration":      map[string]any{"subnets": []any{subnets[0]}, "assignPublicIp": "ENABLED"},
		}
	},

	"Names.ExecutionRole":     func(_ *account, s *spec.Spec) { s.Names.ExecutionRole = "mine" },
	"Names.FlowExecutionRole": func(_ *account, s *spec.Spec) { s.Names.FlowExecutionRole = "mine" },
	"Names.FlowRole":          func(_ *account, s *spec.Spec) { s.Names.FlowRole = "mine" },
	"Names.FlowRepository":    func(_ *account, s *spec.Spec) { s.Names.FlowRepository = "mine" },
	"Names.WorkerRole":        func(_ *account, s *spec.Spec) { s.Names.WorkerRole = "mine" },
	"Names.Family":            func(_ *account, s *spec.Spec) { s.Names.Family = "mine" },
	"Names.Service":           func(_ *account, s *spec.Spec) { s.Names.Service = "mine" },
	"Names.Secret":            func(_ *account, s *spec.Spec) { s.Names.Secret = "mine" },
	"Names.LogGroup":          func(_ *account, s *spec.Spec) { s.Names.LogGroup = "/mine" },
	"Names.Repository":        func(_ *account, s *spec.Spec) { s.Names.Repository = "mine" },
	"Names.SecurityGroup":     func(_ *account, s *spec.Spec) { s.Names.SecurityGroup = "mine" },
	"Names.Queue":             func(_ *account, s *spec.Spec) { s.Names.Queue = "mine" },
	"Names.DeadLetterQueue":   func(_ *account, s *spec.Spec) { s.Names.DeadLetterQueue = "mine" },
	"Names.Rule":              func(_ *account, s *spec.Spec) { s.Names.Rule = "mine" },

	"Names.Bucket": func(_ *account, s *spec.Spec) { s.FlowRuns.BundleStorage, s.Names.Bucket = true, "mine-bundles" },

	"Roles.Boundary": func(a *account, s *spec.Spec) { s.Roles.Boundary = a.boundary("limit") },
	"Roles.Path":     func(_ *account, s *spec.Spec) { s.Roles.Path = "/team/" },
	"FlowRuns.ExecutionRole": func(_ *account, s *spec.Spec) {
		s.FlowRuns.ExecutionRole = "arn:aws:iam::123456789012:role/flows"
	},
	"FlowRuns.TaskRole": func(_ *account, s *spec.Spec) {
		s.FlowRuns.TaskRole = "arn:aws:iam::123456789012:role/flows"
	},
	"FlowRuns.Capacity": func(_ *account, s *spec.Spec) { s.FlowRuns.Capacity = spec.CapacityFargateSpot },
	"FlowRuns.CapacityProvider": func(a *account, s *spec.Spec) {
		a.group("batch")
		s.FlowRuns.Capacity, s.FlowRuns.CapacityProvider = spec.CapacityEC2, "batch"
	},
	"Names.InfrastructureRole": managedChoice(func(s *spec.Spec) { s.Names.InfrastructureRole = "mine" }),
	"Names.InstanceRole":       managedChoice(func(s *spec.Spec) { s.Names.InstanceRole = "mine" }),
	"Names.CapacityProvider":   managedChoice(func(s *spec.Spec) { s.Names.CapacityProvider = "mine" }),

	"FlowRuns.Instances.Types": managedChoice(func(s *spec.Spec) {
		s.FlowRuns.Instances.Types = []string{"m7*"}
	}),
	"FlowRuns.Instances.VCPUs":   managedChoice(func(s *spec.Spec) { s.FlowRuns.Instances.VCPUs = "2-8" }),
	"FlowRuns.Instances.Memory":  managedChoice(func(s *spec.Spec) { s.FlowRuns.Instances.Memory = "4096-" }),
	"FlowRuns.Instances.GPUs":    managedChoice(func(s *spec.Spec) { s.FlowRuns.Instances.GPUs = "1" }),
	"FlowRuns.Instances.Storage": managedChoice(func(s *spec.Spec) { s.FlowRuns.Instances.Storage = 200 }),
	"FlowRuns.Instances.Accelerators": managedChoice(func(s *spec.Spec) {
		s.FlowRuns.Instances.Accelerators = []string{"t4"}
	}),
	"FlowRuns.Instances.CPUManufacturers": managedChoice(func(s *spec.Spec) {
		s.FlowRuns.Instances.CPUManufacturers = []string{"amd"}
	}),
	"FlowRuns.Families":      func(_ *account, s *spec.Spec) { s.FlowRuns.Families = []string{"etl-*"} },
	"FlowRuns.Repository":    func(_ *account, s *spec.Spec) { s.FlowRuns.Repository = aws.Bool(false) },
	"FlowRuns.Logs":          func(_ *account, s *spec.Spec) { s.FlowRuns.Logs = aws.Bool(false) },
	"FlowRuns.BundleStorage": func(_ *account, s *spec.Spec) { s.FlowRuns.BundleStorage = true },
	"Prefect.APIKeySecret":   func(a *account, s *spec.Spec) { s.Prefect.APIKeySecret = a.otherSecret() },
	"Observer":               func(_ *account, s *spec.Spec) { s.Observer = aws.Bool(false) },
	"ContainerInsights":      func(_ *account, s *spec.Spec) { s.ContainerInsights = "enhanced" },
	"LogRetentionDays":       func(_ *account, s *spec.Spec) { s.LogRetentionDays = 7 },
	"Tags":                   func(_ *account, s *spec.Spec) { s.Tags = map[string]string{"team": "data"} },
}

// managedChoice chooses something of Managed Instances.
func managedChoice(choose func(*spec.Spec)) func(*account, *spec.Spec) {
	return func(a *account, s *spec.Spec) {
		a.nat()
		s.FlowRuns.Capacity = spec.CapacityManagedInstances
		choose(s)
	}
}

// noChoices are the fields that are not recalled, and why no advice takes them back.
var noChoices = map[string]string{
	"Pool":               "is what is recalled by",
	"Region":             "says where to look",
	"Profile":            "says how to get there from this machine",
	"Prefect.APIURL":     "says where to look",
	"Prefect.Profile":    "says how to get there from this machine",
	"Prefect.APIKeyFile": "says how to get there from this machine",

	"Prefect.Found.APIURL":     "says how to get there from this machine",
	"Prefect.Found.File":       "says how to get there from this machine",
	"Prefect.Found.APIKeyFile": "says how to get there from this machine",

	"Worker.LogGroup":     "is known by the pool in Worker.Of",
	"Worker.Binary":       "is a file of this machine; the image has its content",
	"Worker.DesiredCount": "is the service's own; see TestRecallDesiredCount",
	"FlowRuns.PolicyFile": "is a file of this machine; the role keeps its policy when the field is empty",
	"FlowRuns.Image":      "is in the pool, which keeps it when the field is empty",
	"FlowRuns.CPU":        "is in the pool, which keeps it when the field is empty",
	"FlowRuns.Memory":     "is in the pool, which keeps it when the field is empty",
	"FlowRuns.LaunchType": "is in the pool, which keeps it when the field is empty",
}

func TestEachFieldIsAChoiceOrNone(t *testing.T) {
	t.Parallel()
	fields := map[string]bool{}
	var walk func(prefix string, typ reflect.Type)
	walk = func(prefix string, typ reflect.Type) {
		for i := range typ.NumField() {
			f := typ.Field(i)
			if f.Type.Kind() == reflect.Struct {
				walk(prefix+f.Name+".", f.Type)
				continue
			}
			fields[prefix+f.Name] = true
		}
	}
	walk("", reflect.TypeFor[spec.Spec]())
	for name := range fields {
		if (choices[name] == nil) == (noChoices[name] == "") {
			t.Errorf("field %s must be in exactly one of choices and noChoices", name)
		}
	}
	for name := range choices {
		if !fields[name] {
			t.Errorf("there is no field %s", name)
		}
	}
}

// Each choice is recalled by the pool's name alone, defaults are left out, and a plan made
// from that is empty.
func TestRecall(t *testing.T) {
	t.Parallel()
	all := maps.Clone(choices)
	all["nothing"] = func(*account, *spec.Spec) {}
	for name, choose := range all {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := newAccount(t, sandbox.Options{}, 1)
			choose(a, &a.spec)
			a.bootstrap()
			want := a.spec
			want.Worker.DesiredCount = nil
			if want.Names != (spec.Names{}) {
				want.Names = a.options().Spec.Names // all are remembered when one is chosen
			}
			got := a.recall(spec.Spec{Pool: "etl", Region: region})
			if of := want.Worker.Of; of != "" { // what is its worker's is remembered, too
				want.Names = spec.DeriveNames("etl", region).TakeWorker(spec.DeriveNames(of, region))
				want.Worker.LogGroup = spec.DeriveNames(of, region).LogGroup
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("(-chosen +recalled):\n%s", diff)
			}
			a.spec = got
			if changes := a.plan(); len(changes) > 0 {
				t.Errorf("a plan of what is recalled has changes: %q", changes)
			}
		})
	}
}

// What the task definition and the log group show is recalled without the pool's help, as
// from markers that ecsctl wrote before it remembered choices.
func TestOlderMarkers(t *testing.T) {
	t.Parallel()
	a := newAccount(t, sandbox.Options{}, 1)
	a.spec.Worker.WorkQueues, a.spec.Worker.Limit = []string{"high", "low"}, aws.Int(3)
	a.spec.Worker.ExecuteCommand = aws.Bool(true)
	a.spec.Observer, a.spec.LogRetentionDays = aws.Bool(false), 7
	a.bootstrap()
	if err := editMarker(func(marker map[string]any) { marker["version"] = 1; delete(marker, "choices") })(t.Context(),
		a); err != nil {
		t.Fatal(err)
	}
	want := a.spec
	want.Worker.DesiredCount = nil
	got := a.recall(spec.Spec{Pool: "etl", Region: region})
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-chosen +recalled):\n%s", diff)
	}
	a.spec = got
	if diff := cmp.Diff([]string{"work-pool update"}, a.plan()); diff != "" {
		t.Errorf("a bootstrap makes the pool remember, and no more (-want +got):\n%s", diff)
	}
	a.bootstrap()
	a.settled()
}

// A service that is there keeps its number of workers, whoever changed it; one that must
// be made again has the number that was chosen.
func TestRecallDesiredCount(t *testing.T) {
	t.Parallel()
	a := newAccount(t, sandbox.Options{RestartDelay: time.Hour}, 1) // ECS gives up at the third failed task
	a.spec.Worker.Image = "mine/worker:1"                           // of no registry: nothing starts
	a.spec.Worker.DesiredCount = aws.Int(2)
	a.bootstrap()
	if got := a.recall(spec.Spec{Pool: "etl", Region: region}).Worker.DesiredCount; got != nil {
		t.Errorf("with a service %d workers are recalled", *got)
	}
	a.spec.Worker.DesiredCount = nil
	a.settled() // a bootstrap without a number forgets none
	if err := deleteService(t.Context(), a); err != nil {
		t.Fatal(err)
	}
	got := a.recall(spec.Spec{Pool: "etl", Region: region}).Worker.DesiredCount
	if got == nil || *got != 2 {
		t.Errorf("without a service %v workers are recalled", got)
	}
}

// Who leaves out what was chosen is warned before it goes.
func TestForgottenChoices(t *testing.T) {
	t.Parallel()
	a := newAccount(t, sandbox.Options{}, 1)
	plain := a.spec
	a.spec.Worker.WorkQueues, a.spec.Worker.Limit, a.spec.Tags = []string{"high"}, aws.Int(3),
		map[string]string{"team": "data"}
	a.bootstrap()
	a.spec = plain
	plan, err := provision.NewBootstrap(t.Context(), a.options())
	if err != nil {
		t.Fatal(err)
	}
	want := `an earlier bootstrap chose worker.limit 3, worker.workQueues ["high"], and this one does not: what is not named again becomes the default`
	if got := strings.Join(plan.Warnings, "\n"); !strings.Contains(got, want) {
		t.Errorf("the warnings are %s", got)
	}
	if diff := cmp.Diff([]string{"service update", "task-definition update", "work-pool update"},
		a.plan()); diff != "" {
		t.Errorf("the plan (-want +got):\n%s", diff)
	}
	a.bootstrap()
	a.settled()
}

// otherNetwork is the default VPC, named, with a part of its subnets.
func (a *account) otherNetwork() (vpc string, subnets []string) {
	a.t.Helper()
	out, err := a.source.EC2.DescribeSubnets(a.t.Context(), &ec2.DescribeSubnetsInput{})
	if err != nil {
		a.t.Fatal(err)
	}
	return aws.ToString(out.Subnets[0].VpcId), []string{aws.ToString(out.Subnets[0].SubnetId)}
}

func (a *account) otherGroup() string {
	a.t.Helper()
	vpc, _ := a.otherNetwork()
	made, err := a.source.EC2.CreateSecurityGroup(a.t.Context(), &ec2.CreateSecurityGroupInput{
		GroupName: aws.String("mine"), Description: aws.String("mine"), VpcId: &vpc})
	if err != nil {
		a.t.Fatal(err)
	}
	return aws.ToString(made.GroupId)
}

func (a *account) otherSecret() string {
	a.t.Helper()
	made, err := a.source.Secrets.CreateSecret(a.t.Context(), &secretsmanager.CreateSecretInput{
		Name: aws.String("mine"), SecretString: aws.String("the-key"),
	})
	if err != nil {
		a.t.Fatal(err)
	}
	return aws.ToString(made.ARN)
}

// otherPool is a pool with a worker.
func (a *account) otherPool() string {
	a.t.Helper()
	own := a.spec
	defer func() { a.spec = own }()
	a.spec.Pool = "other"
	a.bootstrap()
	return a.spec.Pool
}
