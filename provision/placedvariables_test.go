package provision

import (
	"encoding/json"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"ecsctl/jobtemplate"
	"ecsctl/templates"
)

// The variables that bootstrap adds are in the guide and in the schema's words.
func TestPlacedVariablesAreDocumented(t *testing.T) {
	t.Parallel()
	for _, file := range []string{"../docs/configuration.md", schemaFile} {
		raw, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for name := range placedVariables {
			if "sidecar_2" < name && name < "sidecar_9" {
				continue // "sidecar_2 to sidecar_9"
			}
			if !strings.Contains(string(raw), name) {
				t.Errorf("%s does not know %s", file, name)
			}
		}
	}
}

// Each has an effect where it is put, and a template is what it was when it is taken out again.
func TestPlacedVariablesComeAndGo(t *testing.T) {
	t.Parallel()
	template := mustParse(t, string(templates.ECSBaseJobTemplate))
	before := encoded(t, template)
	names := slices.Sorted(maps.Keys(placedVariables))
	for _, name := range names {
		if err := template.placeVariable(name, placedVariables[name]); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
	}
	used := jobtemplate.UsedVariables(json.RawMessage(encoded(t, template)))
	for _, name := range names {
		if !used[name] || !template.has(name) {
			t.Errorf("%s has no effect", name)
		}
	}
	again := mustParse(t, encoded(t, template))
	if err := again.restore(); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(before, encoded(t, again)); diff != "" {
		t.Errorf("the template afterwards (-want +got):\n%s", diff)
	}
}

// What has something of its own in the place keeps it, and is told where.
func TestPlacedVariablesTakeNoPlace(t *testing.T) {
	t.Parallel()
	for says, configuration := range map[string]string{
		`runtimePlatform is {"cpuArchitecture":"ARM64"} already`: `{"task_definition": {"runtimePlatform": {"cpuArchitecture":"ARM64"}}}`,
		`task_definition is missing`:                             `{"task_run_request": {}}`,
		`runtimePlatform is in no object`:                        `{"task_definition": "{{ task_definition }}"}`,
	} {
		template := mustParse(t, `{"job_configuration": `+configuration+`, "variables": {"properties": {}}}`)
		if _, err := template.placed("runtime_platform", placedVariables["runtime_platform"]); err == nil ||
			!strings.Contains(err.Error(), says) {
			t.Errorf("%s: %v, want %q", configuration, err, says)
		}
	}
}
