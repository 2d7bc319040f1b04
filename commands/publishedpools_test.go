package commands_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
)

// publishedPool is a work pool rebuilt from a configuration that somebody has published, with
// ids of the test's own account in place of theirs.
type publishedPool struct {
	Source string `yaml:"source"`
	// Defaults are set in the server's own template, Declares are variables that it lacks, and
	// Configuration is merged into its job_configuration (RFC 7386).
	Defaults      map[string]any `yaml:"defaults"`
	Declares      map[string]any `yaml:"declares"`
	Configuration map[string]any `yaml:"configuration"`
	// Block is an AwsCredentials block of which a default has the id.
	Block map[string]any `yaml:"block"`
	// JobVariables are those of the deployment that is run.
	JobVariables map[string]any `yaml:"jobVariables"`
	// Cluster is where the worker runs; Args are further flags of bootstrap.
	Cluster string   `yaml:"cluster"`
	Args    []string `yaml:"args"`

	// Refused is why there is no plan.
	Refused string `yaml:"refused"`
	// Warned is what the plan says of runs that would wait for somebody to fix it: none is tried.
	Warned string `yaml:"warned"`
	// Unplayed is what the sandbox says that it cannot play of the task.
	Unplayed string `yaml:"unplayed"`
	// Endpoints are the services that the VPC reaches by endpoints of its own.
	Endpoints []string `yaml:"endpoints"`
	// Crash is what the plan says of runs that cannot work: then the run crashes indeed.
	Crash string `yaml:"crash"`
	// Plan is what else the plan says, Deployment what is said of the deployment that cannot work.
	Plan       string `yaml:"plan"`
	Deployment string `yaml:"deployment"`
	// Keeps are the defaults that bootstrap leaves as they are.
	Keeps []string `yaml:"keeps"`
	// Uses is what the run's task has.
	Uses taskUse `yaml:"uses"`
}

type taskUse struct {
	TaskRole      string   `yaml:"taskRole"`
	ExecutionRole string   `yaml:"executionRole"`
	LogGroup      string   `yaml:"logGroup"`
	Subnets       []string `yaml:"subnets"`
}

const publishedPools = "../testdata/pools/"

func publishedNames(t *testing.T) []string {
	t.Helper()
	files, err := filepath.Glob(publishedPools + "*.yaml")
	if err != nil || len(files) < 20 {
		t.Fatalf("%d pools, want at least 20: %v", len(files), err)
	}
	return files
}

var expanded = regexp.MustCompile(`\$\{\w+\}`)

// readPublished reads a pool with the ids of an account.
func readPublished(t *testing.T, file string, ids map[string]string) publishedPool {
	t.Helper()
	raw, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	text := expanded.ReplaceAllStringFunc(string(raw), func(name string) string {
		id, known := ids[strings.Trim(name, "${}")]
		if !known {
			t.Fatalf("%s: no id %s", file, name)
		}
		return id
	})
	var p publishedPool
	if err := yaml.UnmarshalWithOptions([]byte(text), &p, yaml.Strict()); err != nil {
		t.Fatalf("%s: %v", file, err)
	}
	if p.Source == "" {
		t.Fatalf("%s: name the source", file)
	}
	return p
}

// template is the base job template of the pool.
func (p publishedPool) template(t *testing.T, base []byte) json.RawMessage {
	t.Helper()
	var doc map[string]any
	if err := json.Unmarshal(base, &doc); err != nil {
		t.Fatal(err)
	}
	properties := doc["variables"].(map[string]any)["properties"].(map[string]any)
	for name, schema := range p.Declares {
		properties[name] = schema
	}
	for name, value := range p.Defaults {
		properties[name].(map[string]any)["default"] = value
	}
	doc["job_configuration"] = mergePatch(doc["job_configuration"], map[string]any(p.Configuration))
	raw, err := json.Marshal(doc)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

// mergePatch is RFC 7386: null takes a key out.
func mergePatch(target, patch any) any {
	changes, ok := patch.(map[string]any)
	if !ok {
		return patch
	}
	out, ok := target.(map[string]any)
	if !ok {
		out = map[string]any{}
	}
	for key, value := range changes {
		if value == nil {
			delete(out, key)
			continue
		}
		out[key] = mergePatch(out[key], value)
	}
	return out
}
