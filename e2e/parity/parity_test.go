//go:build e2e

package parity

import (
	"bytes"
	"encoding/json"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"ecsctl/e2e/peers"
	"ecsctl/jobtemplate"
)

func TestRequestsEqualThoseOfTheOfficialWorker(t *testing.T) {
	about, jobs := runOfficial(t)
	t.Logf("%d jobs, prefect %s, prefect-aws %s, seed %d (-parity.seed)", len(jobs), about.Prefect,
		about.PrefectAWS, about.Seed)
	if len(jobs) < 1000 {
		t.Errorf("%d jobs, want 1000 at least", len(jobs))
	}
	rows, aws, count := peers.Differences(t), newAccount(t), map[string]int{}
	kinds := map[string]map[string]int{}
	for _, row := range []string{"aws-refuses", "python-stumbles"} {
		if !slices.Contains(rows, row) {
			t.Errorf("docs/parity.md has no row %q", row)
		}
	}
	for _, job := range jobs {
		t.Run(job.Case.Name, func(t *testing.T) {
			became := compare(t, aws, job, about.Prefect, rows)
			count[became]++
			if kind := job.kind(); kind != "" {
				if kinds[kind] == nil {
					kinds[kind] = map[string]int{}
				}
				kinds[kind][became]++
			}
		})
	}
	for _, name := range slices.Sorted(maps.Keys(count)) {
		t.Logf("%d %s", count[name], name)
	}
	checkKinds(t, kinds)
}

const equal = "equal"

// compare says what became of a job, and fails the test when that is not meant.
func compare(t *testing.T, aws *account, job outcome, prefect string, rows []string) string {
	t.Helper()
	made, err := job.ours(prefect)
	switch {
	case job.Case.Difference != "":
		checkMeant(t, job, made, err, rows)
		return "differ as docs/parity.md says"
	case job.Official == nil && err == nil && stumbled.MatchString(job.Refused):
		return "sent by ours, where the official worker stumbles (python-stumbles)"
	case job.Official == nil && err == nil:
		t.Errorf("ours sends a request, the official worker refuses: %s", job.Refused)
		return "refused by the official worker alone"
	case job.Official == nil:
		return "refused by both"
	case err != nil:
		checkRefusedByAWS(t, aws, job, err)
		return "refused by ours, and by AWS what the official worker sends (aws-refuses)"
	}
	checkEqual(t, job, made)
	if job.kind() != "" && made.Register != nil {
		checkDefinitionTaken(t, aws, made)
	}
	return equal
}

// kind is what a job of capacity.py is about.
func (o outcome) kind() string {
	name, generated := strings.CutPrefix(o.Case.Name, "capacity ")
	if !generated {
		return ""
	}
	_, kind, _ := strings.Cut(name, " ")
	return kind
}

// checkKinds prints what became of the jobs of each kind. Most must be sent, not refused.
func checkKinds(t *testing.T, kinds map[string]map[string]int) {
	t.Helper()
	all := 0
	for _, kind := range slices.Sorted(maps.Keys(kinds)) {
		sum := 0
		for _, n := range kinds[kind] {
			sum += n
		}
		all += sum
		t.Logf("%s: %d jobs, %v", kind, sum, kinds[kind])
		if kinds[kind][equal]*5 < sum {
			t.Errorf("%s: only %d of %d jobs are sent by both", kind, kinds[kind][equal], sum)
		}
	}
	if len(kinds) < 8 || all < 200 {
		t.Errorf("%d jobs of %d kinds of capacity, want 200 of 8 at least", all, len(kinds))
	}
}

// stumbled matches errors of the official worker that are no decisions: row python-stumbles.
var stumbled = regexp.MustCompile(`^(AttributeError|TypeError|KeyError|IndexError): |^ValueError: Invalid endpoint: `)

// checkRefusedByAWS wants a reason for what ours refuses and the official worker does not:
// AWS would not take it.
func checkRefusedByAWS(t *testing.T, aws *account, job outcome, err error) {
	t.Helper()
	refusal := aws.refuses(t, job.Official)
	if refusal == "" {
		t.Fatalf("the official worker sends, AWS takes it, ours refuses: %v", err)
	}
	t.Logf("ours: %v\nAWS: %s", err, refusal)
}

// checkDefinitionTaken wants ours to refuse a definition that AWS would.
func checkDefinitionTaken(t *testing.T, aws *account, made *requests) {
	t.Helper()
	if refusal := aws.send(t, "RegisterTaskDefinition", made.Register); refusal != "" {
		t.Errorf("both send what AWS refuses: %s", refusal)
	}
}

func checkEqual(t *testing.T, job outcome, made *requests) {
	t.Helper()
	if diff := cmp.Diff(normalised(t, job.Official), normalised(t, made)); diff != "" {
		t.Errorf("requests differ (-official +ours):\n%s", diff)
	}
}

// checkMeant wants a difference, and its row in docs/parity.md.
func checkMeant(t *testing.T, job outcome, made *requests, err error, rows []string) {
	t.Helper()
	if !slices.Contains(rows, job.Case.Difference) {
		t.Errorf("docs/parity.md has no row %q", job.Case.Difference)
	}
	bothRefuse := err != nil && job.Official == nil
	bothSend := err == nil && job.Official != nil
	if bothRefuse || bothSend && cmp.Equal(normalised(t, job.Official), normalised(t, made)) {
		t.Errorf("no difference here: official %v %q, ours %v %v", job.Official, job.Refused, made, err)
	}
}

// The normalisation, all of it (docs/parity.md says the same in words).

var imagePython = regexp.MustCompile(`^(prefecthq/prefect:[0-9.]+)-python[0-9.]+$`)

func normalised(t *testing.T, made *requests) any {
	t.Helper()
	raw, err := json.Marshal(made)
	if err != nil {
		t.Fatal(err)
	}
	var tree map[string]any
	decoder := json.NewDecoder(bytes.NewReader(raw))
	decoder.UseNumber()
	if err := decoder.Decode(&tree); err != nil {
		t.Fatal(err)
	}
	if run, ok := tree["run"].(map[string]any); ok {
		delete(run, "clientToken") // botocore's is random
	}
	tree, _ = normal("", tree).(map[string]any)
	leaveOutSecrets(tree)
	return tree
}

// leaveOutSecrets takes out settings that the definition has as secrets: ours does not hand
// them down (row secret-in-clear).
func leaveOutSecrets(tree map[string]any) {
	secret := map[string]bool{}
	visit(tree["register"], "secrets", func(item map[string]any) []any {
		name, _ := item["name"].(string)
		secret[name] = jobtemplate.HandedDown(name)
		return []any{item}
	})
	visit(tree["run"], "environment", func(item map[string]any) []any {
		if name, _ := item["name"].(string); secret[name] {
			return nil
		}
		return []any{item}
	})
}

// visit changes the lists of objects that have the key, at any depth.
func visit(value any, key string, change func(map[string]any) []any) {
	switch value := value.(type) {
	case []any:
		for _, item := range value {
			visit(item, key, change)
		}
	case map[string]any:
		for name, child := range value {
			list, ok := child.([]any)
			if name != key || !ok {
				visit(child, key, change)
				continue
			}
			kept := []any{}
			for _, item := range list {
				kept = append(kept, change(item.(map[string]any))...)
			}
			value[name] = kept
		}
	}
}

func normal(key string, value any) any {
	switch value := value.(type) {
	case map[string]any:
		for name, child := range value {
			value[name] = normal(name, child)
		}
		return value
	case []any:
		for i, item := range value {
			value[i] = normal("", item)
		}
		if key == "environment" || key == "tags" || key == "secrets" {
			return normalList(key, value)
		}
		return value
	case string:
		if key == "image" {
			return imagePython.ReplaceAllString(value, "$1")
		}
		return value
	default:
		return value
	}
}

// normalList sorts what has no order, and leaves out settings that ours does not hand
// down.
func normalList(key string, list []any) []any {
	name := func(item any) string {
		object := item.(map[string]any)
		text, _ := object["name"].(string)
		if key == "tags" {
			text, _ = object["key"].(string)
		}
		return text
	}
	list = slices.DeleteFunc(list, func(item any) bool {
		variable := name(item)
		attribution := strings.HasPrefix(variable, "PREFECT__")
		return key == "environment" && strings.HasPrefix(variable, "PREFECT_") && !attribution &&
			!jobtemplate.HandedDown(variable)
	})
	slices.SortStableFunc(list, func(a, b any) int { return strings.Compare(name(a), name(b)) })
	return list
}
