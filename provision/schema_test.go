package provision

import (
	"encoding/json"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"

	"ecsctl/internal/fargate"
	"ecsctl/provision/spec"

	"github.com/google/go-cmp/cmp"
	"github.com/google/jsonschema-go/jsonschema"
)

const schemaFile = "../docs/ecsctl.schema.json"

// The schema that editors use has exactly the keys of the Go type.
func TestSchemaHasTheKeysOfSpec(t *testing.T) {
	t.Parallel()
	raw, err := os.ReadFile(schemaFile)
	if err != nil {
		t.Fatal(err)
	}
	var schema node
	if err := json.Unmarshal(raw, &schema); err != nil {
		t.Fatal(err)
	}
	delete(schema.Properties, "pools") // each of which is a Spec again; see ParseSpec
	if diff := cmp.Diff(keysOfType("", reflect.TypeFor[spec.Spec]()), schema.keys("")); diff != "" {
		t.Errorf("keys of Spec (-) and of the schema (+):\n%s", diff)
	}
}

type node struct {
	Properties map[string]node
	Enum       []any
	Items      *node
}

func (n node) keys(prefix string) []string {
	var out []string
	for name, child := range n.Properties {
		out = append(out, prefix+name)
		out = append(out, child.keys(prefix+name+".")...)
	}
	slices.Sort(out)
	return out
}

func keysOfType(prefix string, typ reflect.Type) []string {
	var out []string
	for i := range typ.NumField() {
		field := typ.Field(i)
		name, _, _ := strings.Cut(field.Tag.Get("yaml"), ",")
		if name == "-" {
			continue
		}
		out = append(out, prefix+name)
		if field.Type.Kind() == reflect.Struct {
			out = append(out, keysOfType(prefix+name+".", field.Type)...)
		}
	}
	slices.Sort(out)
	return out
}

// The enumerations of the schema are those of the code.
func TestSchemaEnumerations(t *testing.T) {
	t.Parallel()
	raw, err := os.ReadFile(schemaFile)
	if err != nil {
		t.Fatal(err)
	}
	var schema node
	if err := json.Unmarshal(raw, &schema); err != nil {
		t.Fatal(err)
	}
	for what, pair := range map[string][2]any{
		"insights":  {schema.Properties["containerInsights"].Enum, spec.InsightsValues},
		"retention": {schema.Properties["logRetentionDays"].Enum, spec.RetentionDays},
		"capacity":  {schema.Properties["flowRuns"].Properties["capacity"].Enum, spec.Capacities},
		"cpu makers": {schema.Properties["flowRuns"].Properties["instances"].Properties["cpuManufacturers"].Items.Enum,
			spec.CPUManufacturers},
		"launch type": {schema.Properties["flowRuns"].Properties["launchType"].Enum, spec.LaunchTypes},
		"cpu":         {schema.Properties["worker"].Properties["cpu"].Enum, fargate.CPUs()},
	} {
		if diff := cmp.Diff(toJSON(pair[0]), toJSON(pair[1])); diff != "" {
			t.Errorf("%s: schema (-), code (+):\n%s", what, diff)
		}
	}
}

func TestSchemaAcceptsAFullSpec(t *testing.T) {
	t.Parallel()
	raw, err := os.ReadFile(schemaFile)
	if err != nil {
		t.Fatal(err)
	}
	var schema jsonschema.Schema
	if err := json.Unmarshal(raw, &schema); err != nil {
		t.Fatal(err)
	}
	resolved, err := schema.Resolve(&jsonschema.ResolveOptions{BaseURI: "file:///docs/"}) // its $id is a file name
	if err != nil {
		t.Fatal(err)
	}
	count, limit, logs, exec := 2, 5, false, true
	full := spec.Spec{
		Pool: "etl", Region: "eu-west-1", Profile: "work", Cluster: "main",
		Network: spec.Network{VPC: "vpc-1", Subnets: []string{"subnet-1"}, SecurityGroups: []string{"sg-1"},
			AssignPublicIP: spec.PublicIPAuto},
		Worker: spec.Worker{Runtime: spec.RuntimePrefect, Image: "i", CPU: 512, Memory: 1024,
			Architecture: fargate.ArchitectureARM, DesiredCount: &count, WorkQueues: []string{"q"}, Limit: &limit},
		Names: spec.DeriveNames("etl", "eu-west-1"),
		FlowRuns: spec.FlowRuns{Image: "i", CPU: 512, Memory: 1024, LaunchType: "FARGATE_SPOT", ExecutionRole: "r",
			TaskRole: "r", Families: []string{"x*"}, Logs: &logs},
		Prefect: spec.Prefect{APIURL: "https://example.com/api", Profile: "p", APIKeyFile: "-", APIKeySecret: "s"},

		LogRetentionDays: 30, Tags: map[string]string{"team": "data"},
	}
	full.Worker.ExecuteCommand, full.ContainerInsights = &exec, "enhanced"
	full.Worker.SpotFallback = &exec
	full.FlowRuns.Capacity, full.FlowRuns.CapacityProvider = spec.CapacityEC2, "batch"
	full.FlowRuns.Instances = spec.Instances{Types: []string{"g5.*"}, VCPUs: "4-16", Memory: "16384-", GPUs: "1",
		Accelerators: []string{"a10g"}, CPUManufacturers: []string{"amd"}, Storage: 200}
	full.Worker.Env, full.Worker.StopTimeout = map[string]string{"PREFECT_LOGGING_LEVEL": "DEBUG"}, 60
	full.FlowRuns.PolicyARNs, full.FlowRuns.JobVariables = []string{"p"}, map[string]any{"family": "etl"}
	var document any
	if err := json.Unmarshal([]byte(show(toJSON(full))), &document); err != nil {
		t.Fatal(err)
	}
	if err := resolved.Validate(document); err != nil {
		t.Error(err)
	}
	if err := resolved.Validate(map[string]any{"pools": map[string]any{"etl": document}}); err == nil {
		t.Error("a pool with two names is valid")
	}
	delete(document.(map[string]any), "pool")
	if err := resolved.Validate(map[string]any{"pools": map[string]any{"etl": document}}); err != nil {
		t.Error(err)
	}
	if err := resolved.Validate(map[string]any{"pol": "etl"}); err == nil {
		t.Error("an unknown key is valid")
	}
}
