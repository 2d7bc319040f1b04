package jobtemplate_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"runtime/metrics"
	"strings"
	"testing"

	"ecsctl/jobtemplate"
	"ecsctl/templates"
)

// poisons are job variables by which a flow author could take a worker's memory.
func poisons() map[string]string {
	big := strings.Repeat("x", 45_000)
	many := map[string]int{}
	for i := range 20_000 {
		many[fmt.Sprintf("variable_number_%d", i)] = i
	}
	unknown, _ := json.Marshal(many)
	return map[string]string{
		"a large variable, often": fmt.Sprintf(`{"name": %q, "env": {"A": %q}}`, big,
			strings.Repeat("{{ name }}", 20_000)),
		"a large variable, in keys": fmt.Sprintf(`{"name": %q, "env": {%s"Z": ""}}`, big,
			strings.Repeat(`"A": "{{ name }}", `, 1)+keys(3000)),
		"one character of it": fmt.Sprintf(`{"name": %q, "env": {"A": %q}}`, strings.Repeat("é", 50_000),
			strings.Repeat("{{ name[49999] }}", 9000)),
		"1 MB of variables":        fmt.Sprintf(`{"name": %q}`, strings.Repeat("x", 1<<20)),
		"a deep path":              fmt.Sprintf(`{"env%s": 1}`, strings.Repeat(".a", 100_000)),
		"20,000 unknown variables": string(unknown),
		"a long unknown variable":  fmt.Sprintf(`{%q: 1}`, strings.Repeat("y", 200_000)),
	}
}

// withEnvDefault is a pool whose env has a default: then placeholders in the env of a
// deployment are filled in.
func withEnvDefault(t *testing.T) json.RawMessage {
	t.Helper()
	var template map[string]any
	if err := json.Unmarshal(templates.ECSBaseJobTemplate, &template); err != nil {
		t.Fatal(err)
	}
	properties := template["variables"].(map[string]any)["properties"].(map[string]any)
	properties["env"].(map[string]any)["default"] = map[string]string{"TEAM": "data"}
	out, err := json.Marshal(template)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func keys(n int) string {
	var out strings.Builder
	for i := range n {
		fmt.Fprintf(&out, `"K%d": "{{ name }}", `, i)
	}
	return out.String()
}

// TestPoison: a job that no account could run takes next to nothing of the worker.
func TestPoison(t *testing.T) { // not beside others: it counts what is allocated
	for name, variables := range poisons() {
		t.Run(name, func(t *testing.T) {
			in := withVariables(variables)
			in.BaseJobTemplate = withEnvDefault(t)
			before := allocated()
			job, err := jobtemplate.Resolve(in)
			used := allocated() - before
			t.Logf("%d kB of variables take %d MB", len(variables)>>10, used>>20)
			var problems *jobtemplate.Problems
			if name == "a long unknown variable" { // it is left out, with a warning
				if err != nil || len(strings.Join(job.Warnings, "")) > 1000 {
					t.Fatalf("error %v, warnings %q", err, job.Warnings)
				}
				return
			}
			if !errors.As(err, &problems) {
				t.Fatalf("error %v", err)
			}
			if used > mostForPoison {
				t.Errorf("%d kB of variables take %d MB", len(variables)>>10, used>>20)
			}
			if len(err.Error()) > 200_000 {
				t.Errorf("the message is %d kB", len(err.Error())>>10)
			}
		})
	}
}

// allocated is what this process has allocated so far, freed or not.
func allocated() uint64 {
	sample := []metrics.Sample{{Name: "/gc/heap/allocs:bytes"}}
	metrics.Read(sample)
	return sample[0].Value.Uint64()
}
