package templates

import (
	"encoding/json"
	"regexp"
	"testing"
)

var variable = regexp.MustCompile(`\{\{ *(\w+) *\}\}`)

func TestPolicyFillsPlaceholders(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		values map[string]any
		want   string
	}{
		"one":  {map[string]any{"Secrets": []string{"a"}}, `"a"`},
		"many": {map[string]any{"Secrets": []string{"a", `b"`}}, `["a","b\""]`},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, name := range []string{"Parameters", "EncryptedSecrets", "SecretKeys", "ParameterKeys"} {
				tc.values[name] = []string{}
			}
			text := Policy(SecretPolicy, tc.values)
			var doc struct {
				Statement []struct{ Resource json.RawMessage }
			}
			if err := json.Unmarshal([]byte(text), &doc); err != nil {
				t.Fatal(err)
			}
			if got := string(doc.Statement[0].Resource); got != tc.want {
				t.Errorf("Resource = %s, want %s", got, tc.want)
			}
		})
	}
}

func TestPolicyPanicsOnMissingValue(t *testing.T) {
	t.Parallel()
	defer func() {
		if recover() == nil {
			t.Error("Policy with missing values did not panic")
		}
	}()
	Policy(WorkerPolicy, map[string]any{"Region": "eu-west-1"})
}

// The server refuses a template that uses a variable it does not declare
// (prefect/server/schemas/actions.py, validate_base_job_template).
func TestBaseJobTemplateDeclaresWhatItUses(t *testing.T) {
	t.Parallel()
	var doc struct {
		JobConfiguration map[string]json.RawMessage `json:"job_configuration"`
		Variables        struct {
			Properties map[string]json.RawMessage `json:"properties"`
		} `json:"variables"`
	}
	if err := json.Unmarshal(ECSBaseJobTemplate, &doc); err != nil {
		t.Fatal(err)
	}
	used := 0
	for key, value := range doc.JobConfiguration {
		for _, match := range variable.FindAllStringSubmatch(string(value), -1) {
			used++
			if doc.Variables.Properties[match[1]] == nil {
				t.Errorf("%s uses undeclared variable %q", key, match[1])
			}
		}
	}
	if used < len(doc.Variables.Properties) {
		t.Errorf("%d placeholders for %d variables: some variable has no effect", used, len(doc.Variables.Properties))
	}
}
