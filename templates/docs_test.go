package templates

import (
	"encoding/json"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// row is a line of a table in the docs.
type row struct{ first, second, rest string }

// tablesOf are the tables of a page, by the first word of their heads.
func tablesOf(t *testing.T, page string) map[string][]row {
	t.Helper()
	text, err := os.ReadFile("../docs/" + page)
	if err != nil {
		t.Fatal(err)
	}
	tables, head := map[string][]row{}, ""
	for line := range strings.Lines(string(text)) {
		cells := strings.Split(strings.TrimSpace(line), " | ")
		switch {
		case !strings.HasPrefix(line, "| "):
			head = ""
		case head == "":
			head = strings.TrimPrefix(cells[0], "| ")
		case !strings.HasPrefix(cells[0], "| ---") && len(cells) > 2:
			tables[head] = append(tables[head],
				row{strings.TrimPrefix(cells[0], "| "), cells[1], strings.Join(cells[2:], " | ")})
		}
	}
	return tables
}

func statementsIn(t *testing.T, name string) []Statement {
	t.Helper()
	raw, err := files.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	var doc struct{ Statement []Statement }
	if err := json.Unmarshal(raw, &doc); err != nil {
		t.Fatal(err)
	}
	return doc.Statement
}

var (
	sid    = regexp.MustCompile(`\b[A-Z][a-z]\w*\b`)
	quoted = regexp.MustCompile("`([^`]+)`")
)

// Each statement is in docs/security.md, and what is on everything says so there.
func TestSecurityPageHasEachStatement(t *testing.T) {
	t.Parallel()
	tables := tablesOf(t, "security.md")
	for head, name := range map[string]string{
		"bootstrap": BootstrapPolicy, "teardown": TeardownPolicy, "worker": WorkerPolicy,
		"execution role": SecretPolicy, "flow runs' execution role": FlowExecutionPolicy, "doctor": DoctorPolicy,
		"status": StatusPolicy, "logs": LogsPolicy, "verify": VerifyPolicy,
	} {
		rows := map[string]row{}
		for _, r := range tables[head] {
			if strings.HasPrefix(r.first, "AmazonECS") {
				continue // AWS's own
			}
			for _, s := range sid.FindAllString(r.first, -1) {
				rows[s] = r
			}
		}
		for _, s := range statementsIn(t, name) {
			r, told := rows[s.Sid]
			delete(rows, s.Sid)
			if !told {
				t.Errorf("docs/security.md does not tell of %s of %s", s.Sid, head)
			}
			if slices.Contains(s.Resource, "*") && !strings.Contains(r.second, "`*`") &&
				!strings.Contains(r.second, "list") {
				t.Errorf("docs/security.md does not say that %s of %s is on everything: %q", s.Sid, head, r.second)
			}
		}
		for s := range rows {
			t.Errorf("docs/security.md tells of %s, which is no statement of %s", s, head)
		}
	}
}

// docs/iam.md has the actions of the worker's role and of the flow runs' execution role too.
func TestIAMPageHasTheWorkersActions(t *testing.T) {
	t.Parallel()
	told, want := map[string][]string{}, map[string][]string{}
	for _, r := range tablesOf(t, "iam.md")["statement"] {
		for _, match := range quoted.FindAllStringSubmatch(r.second, -1) {
			told[r.first] = append(told[r.first], match[1])
		}
		slices.Sort(told[r.first])
	}
	for _, s := range append(statementsIn(t, WorkerPolicy), statementsIn(t, FlowExecutionPolicy)...) {
		want[s.Sid] = slices.Sorted(slices.Values(s.Action))
	}
	if diff := cmp.Diff(want, told); diff != "" {
		t.Errorf("worker-policy.json and docs/iam.md (-policy +docs):\n%s", diff)
	}
}
