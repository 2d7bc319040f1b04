package provision

import (
	"bytes"
	"ecsctl/provision/spec"
	"os"
	"reflect"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
	"github.com/google/go-cmp/cmp"
)

func TestParseSpec(t *testing.T) {
	t.Parallel()
	got, err := spec.ParseSpec("ecsctl.yaml", []byte(`
pool: etl
network: {subnets: [subnet-1, subnet-2]}
worker: {desiredCount: 0, cpu: 1024}
flowRuns:
  logs: false
tags:
  team: data
`))
	if err != nil {
		t.Fatal(err)
	}
	want := spec.Spec{
		Pool: "etl", Network: spec.Network{Subnets: []string{"subnet-1", "subnet-2"}}, Worker: spec.Worker{DesiredCount: ptr(0), CPU: 1024},
		FlowRuns: spec.FlowRuns{Logs: ptr(false)}, Tags: map[string]string{"team": "data"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

// What is written out reads back the same: every field has its YAML name.
func TestSpecRoundTrip(t *testing.T) {
	t.Parallel()
	full := fullSpec()
	full.Profile, full.Tags = "work", map[string]string{"team": "data"}
	full.Prefect = spec.Prefect{APIURL: "https://x/api", Profile: "p", APIKeyFile: "-", APIKeySecret: "arn:aws:secretsmanager:r:1:secret:x"}
	raw, err := yaml.Marshal(full)
	if err != nil {
		t.Fatal(err)
	}
	got, err := spec.ParseSpec("ecsctl.yaml", raw)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(full, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func TestEmptySpecFile(t *testing.T) {
	t.Parallel()
	for _, raw := range []string{"", "\n", "# nothing yet\n", "---\n"} {
		got, err := spec.ParseSpec("ecsctl.yaml", []byte(raw))
		if diff := cmp.Diff(spec.Spec{}, got); err != nil || diff != "" {
			t.Errorf("%q: error %v, -want +got:\n%s", raw, err, diff)
		}
	}
}

func TestParseSpecNamesThePlace(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		raw  string
		want []string
	}{
		"unknown key":        {"pool: etl\nclutser: main\n", []string{"my.yaml:2:1: ", "clutser"}},
		"unknown nested key": {"pool: etl\nworker:\n  cpu: 512\n  memroy: 1024\n", []string{"my.yaml:4:3: ", "memroy"}},
		"wrong type":         {"pool: etl\nworker:\n  cpu: lots\n", []string{"my.yaml:3:8: "}},
		"list for a text":    {"pool: [etl]\n", []string{"my.yaml:1:"}},
		"text for a list":    {"network:\n  subnets: subnet-1\n", []string{"my.yaml:2:"}},
		"same key twice":     {"pool: etl\npool: other\n", []string{"my.yaml:2:1: ", "pool"}},
		"not YAML":           {"pool: 'etl\n", []string{"my.yaml:1:"}},
		"a key for the API":  {"prefect:\n  apiKey: pnu_x\n", []string{"my.yaml:2:3: ", "apiKey"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := spec.ParseSpec("my.yaml", []byte(test.raw))
			wantError(t, err, test.want...)
			wantHint(t, err, "docs/configuration.md")
		})
	}
}

// Every key of the Spec is in the guide that the hint names.
func TestEveryKeyIsDocumented(t *testing.T) {
	t.Parallel()
	guide, err := os.ReadFile("../docs/configuration.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, key := range keysOfType("", reflect.TypeFor[spec.Spec]()) {
		leaf := key[strings.LastIndex(key, ".")+1:]
		if !bytes.Contains(guide, []byte(leaf)) {
			t.Errorf("docs/configuration.md does not know the key %s", key)
		}
	}
}
