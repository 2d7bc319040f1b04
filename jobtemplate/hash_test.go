package jobtemplate_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"ecsctl/jobtemplate"
)

const hashed = `{
	"family": "f", "cpu": "1024", "memory": "2048", "networkMode": "awsvpc", "requiresCompatibilities": ["FARGATE", "EC2"],
	"containerDefinitions": [{"name": "prefect", "image": "i", "environment": [{"name": "A", "value": "1"}, {"name": "B", "value": "2"}], "portMappings": [{"containerPort": 80}]}]
}`

func document(t *testing.T, text string) (out map[string]any) {
	t.Helper()
	decoder := json.NewDecoder(strings.NewReader(text))
	decoder.UseNumber()
	if err := decoder.Decode(&out); err != nil {
		t.Fatal(err)
	}
	return out
}

func TestHash(t *testing.T) {
	t.Parallel()
	want := jobtemplate.Hash(document(t, hashed))
	tests := map[string]struct {
		change func(map[string]any, map[string]any)
		same   bool
	}{
		"nothing": {func(_, _ map[string]any) {}, true},
		"order of variables": {func(_, c map[string]any) {
			e := c["environment"].([]any)
			e[0], e[1] = e[1],
				e[0]
		}, true},
		"AWS's defaults": {func(d, c map[string]any) {
			c["essential"], c["cpu"], c["mountPoints"], c["volumesFrom"] = true, json.Number("0"), []any{}, []any{}
			d["volumes"], d["placementConstraints"] = []any{}, []any{}
			c["portMappings"] = []any{map[string]any{
				"containerPort": json.Number("80"), "hostPort": json.Number("80"), "protocol": "tcp",
			}}
		}, true},
		"what is registered": {func(d, _ map[string]any) {
			d["revision"], d["status"], d["taskDefinitionArn"], d["compatibilities"] = json.Number("3"), "ACTIVE",
				"arn", []any{"EC2"}
		}, true},
		"words for sizes": {func(d, _ map[string]any) { d["cpu"], d["memory"] = "1 vCPU", "2 GB" }, true},
		"order of platforms": {func(d, _ map[string]any) { d["requiresCompatibilities"] = []any{"EC2", "FARGATE"} },
			true},
		"own tags": {func(d, _ map[string]any) {
			d["tags"] = []any{map[string]any{"key": jobtemplate.HashTag, "value": "x"}}
		}, true},
		"tags": {func(d, _ map[string]any) {
			d["tags"] = []any{map[string]any{"key": "team", "value": "x"}}
		}, false},
		"image": {func(_, c map[string]any) { c["image"] = "j" }, false},
		"value of a variable": {func(_, c map[string]any) {
			c["environment"].([]any)[0].(map[string]any)["value"] = "9"
		}, false},
		"cpu":          {func(d, _ map[string]any) { d["cpu"] = "2048" }, false},
		"family":       {func(d, _ map[string]any) { d["family"] = "g" }, false},
		"essential":    {func(_, c map[string]any) { c["essential"] = false }, false},
		"command":      {func(_, c map[string]any) { c["command"] = []any{"x"} }, false},
		"network mode": {func(d, _ map[string]any) { delete(d, "networkMode") }, false},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := document(t, hashed)
			tc.change(d, d["containerDefinitions"].([]any)[0].(map[string]any))
			if got := jobtemplate.Hash(d); (got == want) != tc.same {
				t.Errorf("same hash: %v", got == want)
			}
		})
	}
}

// What AWS shows of a definition has the hash of the request that made it.
func TestHashOfWhatAWSDescribes(t *testing.T) {
	t.Parallel()
	definition, err := resolve(t, withConfiguration(wholeConfiguration, `{}`)).Definition("eu-west-1")
	if err != nil {
		t.Fatal(err)
	}
	described, tags := register(t, definition.Input)
	got, err := jobtemplate.HashDescribed(described, tags)
	if err != nil || got != definition.Hash {
		t.Errorf("got %s, %v, want %s", got, err, definition.Hash)
	}
	described.ContainerDefinitions[0].Image = aws.String("other")
	if other, err := jobtemplate.HashDescribed(described, tags); err != nil || other == got {
		t.Errorf("another image has the same hash (%v)", err)
	}
}

// register makes of a request what AWS makes of it.
func register(t *testing.T, in *ecs.RegisterTaskDefinitionInput) (*types.TaskDefinition, []types.Tag) {
	t.Helper()
	text, err := json.Marshal(in)
	if err != nil {
		t.Fatal(err)
	}
	described := &types.TaskDefinition{}
	if err := json.Unmarshal(text, described); err != nil {
		t.Fatal(err)
	}
	described.Revision, described.Status, described.TaskDefinitionArn = 7, types.TaskDefinitionStatusActive,
		aws.String("arn")
	for i := range described.ContainerDefinitions {
		described.ContainerDefinitions[i].VolumesFrom = []types.VolumeFrom{}
		described.ContainerDefinitions[i].Essential = aws.Bool(true)
	}
	return described, append(in.Tags, types.Tag{Key: aws.String(jobtemplate.HashTag), Value: aws.String("x")})
}
