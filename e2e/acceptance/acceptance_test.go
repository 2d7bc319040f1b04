//go:build e2e

package main

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/ecs"

	"ecsctl/sandbox"
)

func TestMain(m *testing.M) {
	if filepath.Base(os.Args[0]) == playedProgram {
		os.Exit(play())
	}
	os.Exit(m.Run())
}

// TestAcceptance goes through the suite as `make acceptance` does.
func TestAcceptance(t *testing.T) {
	for _, on := range []string{onSandbox, onMoto} {
		t.Run(on, func(t *testing.T) {
			t.Parallel()
			report := accepted(t, "ON="+on)
			for _, result := range []string{refuted, unknown, skipped} {
				if on == onSandbox && strings.Contains(report, "| "+result+" |") {
					t.Errorf("%s on the sandbox: it is not what docs/aws-notes.md says:\n%s", result, report)
				}
			}
		})
	}
}

// accepted is the report of a suite that passes.
func accepted(t *testing.T, env ...string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "report.md")
	var out bytes.Buffer
	ok, err := accept(t.Context(), append(os.Environ(), append(env, "ACCEPTANCE_REPORT="+file)...), &out)
	t.Log(out.String())
	if err != nil {
		t.Fatal(err)
	}
	report, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if !ok {
		t.Fatalf("the suite failed:\n%s", report)
	}
	return string(report)
}

// TestAFailureLeavesNothing: what was made before it goes, and the report says both.
func TestAFailureLeavesNothing(t *testing.T) {
	t.Parallel()
	o, err := readOptions(os.Environ())
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	s, end, err := o.prepare(t.Context(), &out)
	defer end()
	if err != nil {
		t.Fatal(err)
	}
	s.far.args, s.far.runsTasks = []string{"--no-wait", "--image", noImage}, false
	key := s.far.secrets[0]
	broken := func(*suite, context.Context) (string, error) { return "", errors.New("it broke, with " + key) }
	s.run(t.Context(), []step{
		{"bootstrap", false, (*suite).bootstrap}, {"break", false, broken}, {"never", false, broken}})
	report := s.report.String()
	for _, want := range []string{"acceptance: FAILED", "| bootstrap | passed", "| break | FAILED", "| never | skipped",
		"| teardown | passed", "| nothing is left | passed"} {
		if !strings.Contains(report, want) {
			t.Errorf("the report does not say %q:\n%s", want, report)
		}
	}
	if strings.Contains(report, key) {
		t.Error("a secret is in the report")
	}
}

// TestLeftoversAreSeen: the last step is no formality.
func TestLeftoversAreSeen(t *testing.T) {
	t.Parallel()
	o, err := readOptions(os.Environ())
	if err != nil {
		t.Fatal(err)
	}
	far, err := o.openSandbox(t.Context(), t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	defer far.close()
	s := &suite{options: o, far: far}
	if _, err := s.nothingLeft(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := far.source.ECS.CreateCluster(t.Context(), &ecs.CreateClusterInput{ClusterName: &o.pool}); err != nil {
		t.Fatal(err)
	}
	if _, err := s.nothingLeft(t.Context()); err == nil || !strings.Contains(err.Error(), "cluster "+o.pool) {
		t.Errorf("got %v, want the cluster", err)
	}
}

// TestTheUsersOwnAccount is found as ecsctl finds it; a sandbox stands in for AWS.
func TestTheUsersOwnAccount(t *testing.T) {
	server, err := sandbox.Start(sandbox.Options{Region: "eu-west-1"})
	if err != nil {
		t.Fatal(err)
	}
	defer server.Close()
	t.Setenv("HOME", t.TempDir())
	for _, entry := range server.Env() {
		name, value, _ := strings.Cut(entry, "=")
		t.Setenv(name, value)
	}
	o, err := readOptions(append(os.Environ(), "ACCEPTANCE_AWS=1", "ACCEPTANCE_REGION=eu-west-1"))
	if err != nil {
		t.Fatal(err)
	}
	far, err := o.open(t.Context(), "")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := far.source.Read(t.Context()); err != nil {
		t.Error(err)
	}
	if _, err := far.api.WorkPools(t.Context()); err != nil {
		t.Error(err)
	}
	if !slices.Contains(far.secrets, server.SecretAccessKey()) {
		t.Error("the secret of the access key is not masked")
	}
}

// TestARealAccountIsAskedFor: never by accident.
func TestARealAccountIsAskedFor(t *testing.T) {
	for _, c := range []struct {
		env  []string
		want string
	}{
		{[]string{"ON=aws", "ACCEPTANCE_REGION=eu-west-1"}, "ACCEPTANCE_AWS=1"},
		{[]string{"ON=aws", "ACCEPTANCE_AWS=yes", "ACCEPTANCE_REGION=eu-west-1"}, "ACCEPTANCE_AWS=1"},
		{[]string{"ACCEPTANCE_AWS=1", "AWS_REGION=eu-west-1"}, "ACCEPTANCE_REGION"},
		{[]string{"ON=azure"}, "ON=azure"},
		{[]string{"ACCEPTANCE_POOL=My Pool"}, "ACCEPTANCE_POOL"},
		{[]string{"ACCEPTANCE_PRIVATE_SUBNETS=subnet-1 subnet-2"}, "separate them with commas"},
		{[]string{"ACCEPTANCE_CAPACITY_PROVIDER=batch"}, "ACCEPTANCE_PRIVATE_SUBNETS"},
	} {
		if _, err := readOptions(c.env); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%q: got %v, want an error with %q", c.env, err, c.want)
		}
	}
	if o, err := readOptions([]string{"AWS_ACCESS_KEY_ID=mine", "AWS_PROFILE=mine"}); err != nil || o.on != onSandbox {
		t.Errorf("with credentials around, and nothing said, it goes to %q: %v", o.on, err)
	}
}

// TestDescription is what a person reads before: nothing is built, asked or made for it.
func TestDescription(t *testing.T) {
	var out bytes.Buffer
	ok, err := accept(t.Context(), []string{"DESCRIBE=1", "ON=aws", "ACCEPTANCE_REGION=us-east-1"}, &out)
	if !ok || err != nil {
		t.Fatal(ok, err)
	}
	costs := regexp.MustCompile(`It costs 0\.\d\d dollars at most`)
	if !costs.MatchString(out.String()) || ceiling() >= 1 {
		t.Errorf("the ceiling is %.2f dollars:\n%s", ceiling(), out.String())
	}
}

// TestNotesHaveTheirLines: what is looked at is in the docs, under its id.
func TestNotesHaveTheirLines(t *testing.T) {
	docs, err := os.ReadFile(filepath.Join("..", "..", "docs", "aws-notes.md"))
	if err != nil {
		t.Fatal(err)
	}
	known := map[string]bool{}
	for _, id := range regexp.MustCompile("(?m)^\\| `([a-z0-9-]+)`: ").FindAllStringSubmatch(string(docs), -1) {
		known[id[1]] = true
	}
	for _, n := range notes {
		if !known[n.id] {
			t.Errorf("docs/aws-notes.md has no line %q", n.id)
		}
		delete(known, n.id)
	}
	for id := range known {
		t.Errorf("nobody looks at the note %q", id)
	}
}
