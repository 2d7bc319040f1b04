package provision

import (
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const aPolicy = `{"Version":"2012-10-17","Statement":[
	{"Sid":"Run","Effect":"Allow","Action":["ecs:RunTask","ecs:StopTask"],"Resource":"*","Condition":{"ArnEquals":{"ecs:cluster":["a","b"]}}},
	{"Sid":"Read","Effect":"Allow","Action":"ecs:DescribeTasks","Resource":["x"]}]}`

// What AWS makes of a document is no difference.
func TestSamePolicies(t *testing.T) {
	t.Parallel()
	for name, other := range map[string]string{
		"the same":     aPolicy,
		"URL-encoded":  url.QueryEscape(aPolicy),
		"path-encoded": url.PathEscape(aPolicy),
		"reformatted, reordered, single values as lists": `{ "Statement": [
			{"Resource": "x", "Sid": "Read", "Effect": "Allow", "Action": ["ecs:DescribeTasks"]},
			{"Condition": {"ArnEquals": {"ecs:cluster": ["b", "a"]}}, "Resource": ["*"], "Sid": "Run", "Effect": "Allow", "Action": ["ecs:StopTask", "ecs:RunTask"]}
		], "Version": "2012-10-17"}`,
		"each statement and each value twice": `{"Version":"2012-10-17","Statement":[
			{"Sid":"Read","Effect":"Allow","Action":["ecs:DescribeTasks","ecs:DescribeTasks"],"Resource":"x"},
			{"Sid":"Run","Effect":"Allow","Action":["ecs:RunTask","ecs:StopTask"],"Resource":"*","Condition":{"ArnEquals":{"ecs:cluster":["a","b","a"]}}},
			{"Sid":"Again","Effect":"Allow","Action":"ecs:DescribeTasks","Resource":"x"}]}`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if fields := comparePolicies("policy", other, aPolicy); len(fields) != 0 {
				t.Errorf("got differences %+v", fields)
			}
		})
	}
}

func TestTruthMayHaveQuotes(t *testing.T) {
	t.Parallel()
	policy := func(truth, number string) string {
		return `{"Statement":{"Effect":"Deny","Action":"*","Resource":"*","Condition":{"Bool":{"aws:SecureTransport":` +
			truth +
			`},"NumericLessThan":{"s3:max-keys":` + number + `}}}}`
	}
	for _, truth := range []string{`false`, `"false"`, `["false"]`, `[false]`} {
		for _, number := range []string{`5`, `"5"`, `["5"]`} {
			if fields := comparePolicies("policy", policy(truth, number), policy(`"false"`, `5`)); len(fields) != 0 {
				t.Errorf("%s, %s: got differences %+v", truth, number, fields)
			}
		}
	}
}

func TestOneStatementMayStandAlone(t *testing.T) {
	t.Parallel()
	alone := `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":{"Service":"ecs-tasks.amazonaws.com"},"Action":"sts:AssumeRole"}}`
	if fields := comparePolicies("trust", alone, trustPolicy(ecsTasks)); len(fields) != 0 {
		t.Errorf("got differences %+v", fields)
	}
}

func TestDifferentPolicies(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		other string
		want  []Field
	}{
		"another action": {
			`{"Version":"2012-10-17","Statement":[{"Sid":"A","Effect":"Allow","Action":"ecs:*","Resource":"*"}]}`,
			[]Field{{Path: "policy.Statement.A.Action", Before: `["ecs:*"]`, After: `["ecs:RunTask"]`}},
		},
		"another effect": {
			`{"Version":"2012-10-17","Statement":[{"Sid":"A","Effect":"Deny","Action":"ecs:RunTask","Resource":"*"}]}`,
			[]Field{{Path: "policy.Statement.A.Effect", Before: `["Deny"]`, After: `["Allow"]`}},
		},
		"a condition taken away": {
			`{"Version":"2012-10-17","Statement":[{"Sid":"A","Effect":"Allow","Action":"ecs:RunTask","Resource":"*","Condition":{"Bool":{"x":"true"}}}]}`,
			[]Field{{Path: "policy.Statement.A.Condition", Before: `{"Bool":{"x":["true"]}}`, After: ""}},
		},
		"one statement more": {
			`{"Version":"2012-10-17","Statement":[{"Sid":"A","Effect":"Allow","Action":"ecs:RunTask","Resource":"*"},{"Sid":"B","Effect":"Allow","Action":"*","Resource":"*"}]}`,
			[]Field{{Path: "policy.Statement.B", Before: `{"Action":["*"],"Effect":["Allow"],"Resource":["*"]}`,
				After: ""}},
		},
		"an older version": {
			`{"Version":"2008-10-17","Statement":[{"Sid":"A","Effect":"Allow","Action":"ecs:RunTask","Resource":"*"}]}`,
			[]Field{{Path: "policy.Version", Before: "2008-10-17", After: "2012-10-17"}},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			wanted := `{"Version":"2012-10-17","Statement":[{"Sid":"A","Effect":"Allow","Action":"ecs:RunTask","Resource":"*"}]}`
			if diff := cmp.Diff(test.want, comparePolicies("policy", test.other, wanted)); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

// What else a policy allows cannot hide behind what is wanted, whatever it is called.
func TestNoStatementHides(t *testing.T) {
	t.Parallel()
	const ours = `{"Effect":"Allow","Action":"ecs:RunTask","Resource":"*"}`
	const foreign = `{"Effect":"Allow","Action":"*","Resource":"*"}`
	const shown = `{"Action":["*"],"Effect":["Allow"],"Resource":["*"]}`
	named := func(sid, statement string) string { return `{"Sid":"` + sid + `",` + statement[1:] }
	document := func(statements ...string) string {
		return `{"Version":"2012-10-17","Statement":[` + strings.Join(statements, ",") + `]}`
	}
	for name, test := range map[string]struct {
		before, after string
		want          []Field
	}{
		"before one called 0": {document(foreign, named("0", ours)), document(ours),
			[]Field{{Path: "policy.Statement", Before: shown, After: ""}}},
		"before one called 0 that is wanted so": {
			document(foreign, named("0", ours)), document(named("0", ours)),
			[]Field{{Path: "policy.Statement", Before: shown, After: ""}}},
		"behind one called 1": {document(named("1", ours), foreign), document(named("1", ours)),
			[]Field{{Path: "policy.Statement", Before: shown, After: ""}}},
		"called like the wanted one": {
			document(named("A", foreign), named("A", ours)), document(named("A", ours)),
			[]Field{{Path: "policy.Statement.A", Before: shown, After: ""}}},
		"in place of the wanted one, twice": {
			document(named("A", foreign), named("A", foreign)), document(named("A", ours)),
			[]Field{{Path: "policy.Statement.A.Action", Before: `["*"]`, After: `["ecs:RunTask"]`}}},
		"a wanted one that is missing": {document(ours), document(ours, named("B", foreign)),
			[]Field{{Path: "policy.Statement.B", Before: "", After: shown}}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(test.want, comparePolicies("policy", test.before, test.after)); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

// In an event pattern a number is no text, nor is an object.
func TestNoMatchHides(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		before, after string
		want          []Field
	}{
		"another order, twice": {`{"a":["y","x","x",1]}`, `{"a":[1,"x","y"]}`, nil},
		"a number as text": {`{"a":["1"]}`, `{"a":[1]}`,
			[]Field{{Path: "pattern.a", Before: `["1"]`, After: `[1]`}}},
		"an object as text": {`{"a":["{\"prefix\":\"x\"}"]}`, `{"a":[{"prefix":"x"}]}`,
			[]Field{{Path: "pattern.a", Before: `["{\"prefix\":\"x\"}"]`, After: `[{"prefix":"x"}]`}}},
	} {
		if diff := cmp.Diff(test.want, compareDocuments("pattern", test.before, test.after,
			canonicalPattern)); diff != "" {
			t.Errorf("%s: -want +got:\n%s", name, diff)
		}
	}
}

// A document that is not there or does not parse differs as a whole.
func TestPolicyThatDoesNotParse(t *testing.T) {
	t.Parallel()
	for _, before := range []string{"", "not a policy", `{"Statement":7}`} {
		want := []Field{{Path: "policy", Before: before, After: trustPolicy(ecsTasks)}}
		if diff := cmp.Diff(want, comparePolicies("policy", before, trustPolicy(ecsTasks))); diff != "" {
			t.Errorf("%q: -want +got:\n%s", before, diff)
		}
	}
}

func TestLetsECSAssume(t *testing.T) {
	t.Parallel()
	trust := func(effect, principal, action string) string {
		return `{"Version":"2012-10-17","Statement":[{"Effect":"` + effect + `","Principal":` + principal +
			`,"Action":` + action + `}]}`
	}
	for name, test := range map[string]struct {
		trust string
		want  bool
	}{
		"ours":        {trustPolicy(ecsTasks), true},
		"URL-encoded": {url.QueryEscape(trustPolicy(ecsTasks)), true},
		"among others": {trust("Allow", `{"Service":["ec2.amazonaws.com","ecs-tasks.amazonaws.com"]}`,
			`["sts:TagSession","sts:AssumeRole"]`), true},
		"all of sts":         {trust("Allow", `{"Service":"ecs-tasks.amazonaws.com"}`, `"sts:*"`), true},
		"another service":    {trust("Allow", `{"Service":"lambda.amazonaws.com"}`, `"sts:AssumeRole"`), false},
		"denied":             {trust("Deny", `{"Service":"ecs-tasks.amazonaws.com"}`, `"sts:AssumeRole"`), false},
		"another action":     {trust("Allow", `{"Service":"ecs-tasks.amazonaws.com"}`, `"sts:TagSession"`), false},
		"an account":         {trust("Allow", `{"AWS":"123456789012"}`, `"sts:AssumeRole"`), false},
		"everybody":          {trust("Allow", `"*"`, `"sts:AssumeRole"`), false},
		"nothing that reads": {"{", false},
	} {
		if got := letsAssume(test.trust, ecsTasks); got != test.want {
			t.Errorf("%s: got %v, want %v", name, got, test.want)
		}
	}
}
