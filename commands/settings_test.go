package commands_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const settingsFile = `pool: acme
cluster: acme
worker:
  env: {PREFECT_LOGGING_LEVEL: DEBUG}
  stopTimeout: 45
flowRuns:
  policyArns: ["arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess"]
  jobVariables:
    env: {REGION: north, WORDS: "a, b"}
    labels: {team: data}
    family: etl
    match_latest_revision_in_family: true
    task_start_timeout_seconds: 600
    capacity_provider_strategy: [{capacityProvider: FARGATE_SPOT, weight: 1}]
    network_configuration: {subnets: [$SUBNET_B], securityGroups: [$GROUP], assignPublicIp: ENABLED}
`

// TestSettings: what a file says of worker and flow runs is in their tasks, a run works with the rights
// that it takes, and the next plan, with the file or from what the pool remembers, is empty.
func TestSettings(t *testing.T) {
	t.Parallel()
	a := newAdopter(t)
	file := filepath.Join(t.TempDir(), "ecsctl.yaml")
	a.must(os.WriteFile(file, []byte(os.Expand(settingsFile, func(id string) string { return a.ids[id] })), 0o600))
	a.Run("bootstrap", "--config", file, "--yes")
	a.runEnds("Completed")
	a.Run("bootstrap", "--config", file, "--dry-run", "--detailed-exitcode")
	cmd, out := a.command("status", "--pool", publishedPoolName)
	if err := cmd.Run(); err != nil || !strings.Contains(out.String(), "is healthy") {
		t.Errorf("status: %v\n%s", err, out)
	}
	a.make("WORKER", "TaskDefinition", "ecs", "DescribeTaskDefinition", "{TaskDefinition: prefect-worker-acme}")
	a.make("RUN", "TaskDefinition", "ecs", "DescribeTaskDefinition", "{TaskDefinition: etl}")
	a.make("ATTACHED", "AttachedPolicies", "iam", "ListAttachedRolePolicies", "{RoleName: prefect-acme-eu-west-1-flow}")
	a.make("TASKS", "TaskArns.0", "ecs", "ListTasks", "{Cluster: acme, Family: etl, DesiredStatus: STOPPED}")
	a.make("TASK", "Tasks.0", "ecs", "DescribeTasks", "{Cluster: acme, Tasks: ['"+a.ids["TASKS"]+"'], Include: [TAGS]}")
	for id, wants := range map[string][]string{
		"WORKER": {`"Name":"PREFECT_LOGGING_LEVEL","Value":"DEBUG"`, `"StopTimeout":45`},
		"TASK": {`"CapacityProviderName":"FARGATE_SPOT"`, a.ids["SUBNET_B"], `"Value":"a, b"`,
			`"Key":"team","Value":"data"`},
		"ATTACHED": {"AmazonS3ReadOnlyAccess"},
	} {
		for _, want := range wants {
			if !strings.Contains(a.ids[id], want) {
				t.Errorf("%s has no %s:\n%s", id, want, a.ids[id])
			}
		}
	}
	a.Run("bootstrap", "--pool", publishedPoolName, "--cluster", "acme", "--yes")
	a.Run("bootstrap", "--pool", publishedPoolName, "--cluster", "acme", "--dry-run", "--detailed-exitcode")
	a.runEnds("Completed")
	a.make("ATTACHED", "AttachedPolicies", "iam", "ListAttachedRolePolicies", "{RoleName: prefect-acme-eu-west-1-flow}")
	if strings.Contains(a.ids["ATTACHED"], "AmazonS3ReadOnlyAccess") {
		t.Errorf("a policy that is no longer named is attached: %s", a.ids["ATTACHED"])
	}
}

// TestPoliciesOfOthersStay: what somebody else attached to the flow runs' task role is not taken off, named or not.
func TestPoliciesOfOthersStay(t *testing.T) {
	t.Parallel()
	a := newAdopter(t)
	const theirs, ours = "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess", "arn:aws:iam::aws:policy/" +
		"AmazonSSMReadOnlyAccess"
	bootstrap := func(more ...string) {
		t.Helper()
		a.Run(append([]string{"bootstrap", "--pool", publishedPoolName, "--cluster", "acme", "--yes", noWait},
			more...)...)
	}
	bootstrap()
	a.make("", "", "iam", "AttachRolePolicy", "{RoleName: prefect-acme-eu-west-1-flow, PolicyArn: '"+theirs+"'}")
	bootstrap("--flow-policy-arn", theirs, "--flow-policy-arn", ours)
	bootstrap("--flow-policy-arn", ours)
	bootstrap()
	a.make("ATTACHED", "AttachedPolicies", "iam", "ListAttachedRolePolicies", "{RoleName: prefect-acme-eu-west-1-flow}")
	if got := a.ids["ATTACHED"]; !strings.Contains(got, theirs) || strings.Contains(got, ours) {
		t.Errorf("attached are %s, want %s alone", got, theirs)
	}
}

// TestSettingsAreChecked against the pool's template, before anything is made.
func TestSettingsAreChecked(t *testing.T) {
	t.Parallel()
	a := newAdopter(t)
	for says, flags := range map[string][]string{
		"has no variable of this name":       {"--job-variable", "famly=etl"},
		"fix: is family meant?":              {"--job-variable", "famly=etl"},
		"wants a value of type object":       {"--job-variable", "labels=data"},
		"has a setting of its own":           {"--job-variable", "image=app:1"},
		`"MY_TOKEN" is a secret by its name`: {"--job-variable", `env={"MY_TOKEN": "x"}`},
		`"DB_PASSWORD" is a secret by its`:   {"--worker-env", "DB_PASSWORD=x"},
		"a subnet of it does not exist":      {"--job-variable", `network_configuration={"subnets": ["subnet-0"]}`},
		"1 to 120 seconds":                   {"--stop-timeout", "500"},
	} {
		a.Tap.Reset()
		cmd, out := a.command(append([]string{"bootstrap", "--pool", publishedPoolName, "--cluster", "acme", "--yes"},
			flags...)...)
		if err := cmd.Run(); err == nil || !strings.Contains(out.String(), says) {
			t.Errorf("%q: %v, want %q in:\n%s", flags, err, says, out)
		}
		if writes := a.Writes(); len(writes) > 0 {
			t.Errorf("%q wrote %q", flags, writes)
		}
	}
}
