package provision

import (
	"bytes"
	"os"
	"reflect"
	"strings"
	"testing"

	"ecsctl/provision/spec"

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
`), "")
	if err != nil {
		t.Fatal(err)
	}
	want := spec.Spec{
		Pool: "etl", Network: spec.Network{Subnets: []string{"subnet-1", "subnet-2"}},
		Worker:   spec.Worker{DesiredCount: ptr(0), CPU: 1024},
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
	full.Prefect = spec.Prefect{
		APIURL: "https://x/api", Profile: "p", APIKeyFile: "-", APIKeySecret: "arn:aws:secretsmanager:r:1:secret:x",
	}
	raw, err := yaml.Marshal(full)
	if err != nil {
		t.Fatal(err)
	}
	got, err := spec.ParseSpec("ecsctl.yaml", raw, "")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(full, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func TestEmptySpecFile(t *testing.T) {
	t.Parallel()
	for _, raw := range []string{"", "\n", "# nothing yet\n", "---\n", "---\n---\n"} {
		got, err := spec.ParseSpec("ecsctl.yaml", []byte(raw), "")
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
		"unknown key": {"pool: etl\nclutser: main\n", []string{"my.yaml:2:1: ", "clutser"}},
		"unknown nested key": {"pool: etl\nworker:\n  cpu: 512\n  memroy: 1024\n",
			[]string{"my.yaml:4:3: ", "memroy"}},
		"wrong type":          {"pool: etl\nworker:\n  cpu: lots\n", []string{"my.yaml:3:8: "}},
		"list for a text":     {"pool: [etl]\n", []string{"my.yaml:1:"}},
		"text for a list":     {"network:\n  subnets: subnet-1\n", []string{"my.yaml:2:"}},
		"same key twice":      {"pool: etl\npool: other\n", []string{"my.yaml:2:1: ", "pool"}},
		"not YAML":            {"pool: 'etl\n", []string{"my.yaml:1:"}},
		"a key for the API":   {"prefect:\n  apiKey: pnu_x\n", []string{"my.yaml:2:3: ", "apiKey"}},
		"second document":     {"pool: etl\n---\nregion: eu-west-1\n", []string{"my.yaml:3:1: ", "second document"}},
		"after the end":       {"pool: etl\n...\nregion: eu-west-1\n", []string{"my.yaml:3:1: ", "second document"}},
		"empty, then another": {"---\npool: etl\n---\npool: b\n", []string{"my.yaml:4:1: ", "second document"}},
		"a tag":               {"pool: !!int abc\n", []string{"my.yaml:1:7: ", "!!int"}},
		"an alias":            {"tags: &t {a: b}\n", []string{"my.yaml:1:7: ", "&"}},
		"half a CPU":          {"worker: {cpu: 1.9}\n", []string{"my.yaml:1:15: ", "1.9"}},
		"octal":               {"pool: 0o17\n", []string{"my.yaml:1:7: ", "0o17"}},
		"leading zeros":       {"tags: {account: 012}\n", []string{"my.yaml:1:", "012"}},
		"a version":           {"pool: 1.50\n", []string{"my.yaml:1:7: ", "1.50", "quotes"}},
		"a nest":              {"pool: " + strings.Repeat("[", 20_000), []string{"more than 4096"}},
		"a deep nest":         {"pool: " + strings.Repeat("[", 1000), []string{"my.yaml:1:15: ", "too deeply"}},
		"lists in lists":      {strings.Repeat("- ", 1000), []string{"my.yaml:1:3: ", "list"}},
		"much":                {strings.Repeat("# comment\n", 10_000), []string{"larger than 64 KiB"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := spec.ParseSpec("my.yaml", []byte(test.raw), "")
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

const severalPools = `cluster: main
network: {vpc: vpc-1}
flowRuns: {cpu: 512, memory: 1024, logs: false}
tags: {team: data}
pools:
  etl:
  reports: {}
  training:
    network: {assignPublicIp: disabled}
    flowRuns: {cpu: 4096}
    tags: {team: science}
`

// A file may describe several pools: what one says takes precedence, key by key.
func TestParseSpecOfSeveralPools(t *testing.T) {
	t.Parallel()
	common := spec.Spec{Cluster: "main", Network: spec.Network{VPC: "vpc-1"},
		FlowRuns: spec.FlowRuns{CPU: 512, Memory: 1024, Logs: ptr(false)}, Tags: map[string]string{"team": "data"}}
	training := common
	training.Network.AssignPublicIP, training.FlowRuns.CPU = "disabled", 4096
	training.Tags = map[string]string{"team": "science"}
	for name, want := range map[string]spec.Spec{"etl": common, "reports": common, "training": training} {
		got, err := spec.ParseSpec("ecsctl.yaml", []byte(severalPools), name)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		want.Pool = name
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
	if got, err := spec.ParseSpec("e.yaml", []byte("pools: {etl: {cluster: c}}"), ""); err != nil || got.Pool != "etl" {
		t.Errorf("the only pool: %+v, %v", got, err)
	}
	for says, tc := range map[string]struct{ raw, pool string }{
		"e.yaml describes the pools etl, reports, training":               {severalPools, ""},
		`describes no pool "etll", but etl, reports, training`:            {severalPools, "etll"},
		"e.yaml:1:22: pool: a pool in pools has its name already":         {"pools: {etl: {   pool: x}}", "etl"},
		"e.yaml has both pool and pools":                                  {"pool: a\npools: {b: {}}", "b"},
		"e.yaml:1:8: pools is a map of pools by name":                     {"pools: [a, b]", "a"},
		`e.yaml:2:9: unknown field "clster"`:                              {"pools:\n  etl: {clster: x}", "etl"},
		"e.yaml:1:14: a pool is a map of settings; {} is one without any": {"pools: {etl: yes}", "etl"},
	} {
		_, err := spec.ParseSpec("e.yaml", []byte(tc.raw), tc.pool)
		wantError(t, err, says)
	}
}
