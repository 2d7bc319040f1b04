//go:build e2e

// Package lint has IAM's own linters judge the policies that ecsctl makes.
package lint

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"ecsctl/e2e/peers"
	"ecsctl/provision"
	"ecsctl/provision/spec"
)

// specs are Specs in which every statement of every policy is in one of them.
func specs() map[string]spec.Spec {
	no, yes := false, true
	return map[string]spec.Spec{
		"plain": {Pool: "etl"},
		"secret": {Pool: "etl", Prefect: spec.Prefect{
			APIKeySecret: "arn:aws:secretsmanager:eu-west-1:123456789012:secret:mine-AbCdEf"},
			FlowRuns: spec.FlowRuns{PolicyARNs: []string{"arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess"}}},
		"parameter": {Pool: "etl", Prefect: spec.Prefect{
			APIKeySecret: "arn:aws:ssm:eu-west-1:123456789012:parameter/mine"}},
		"exec":    {Pool: "etl", Worker: spec.Worker{ExecuteCommand: &yes}},
		"ec2":     {Pool: "etl", FlowRuns: spec.FlowRuns{Capacity: spec.CapacityEC2, CapacityProvider: "gpus"}},
		"managed": {Pool: "etl", FlowRuns: spec.FlowRuns{Capacity: spec.CapacityManagedInstances}},
		"bounded": {Pool: "etl", Roles: spec.Roles{Boundary: "arn:aws:iam::123456789012:policy/limit", Path: "/team/"}},
		"named": {Pool: "Data Team 日本", Observer: &no, Network: spec.Network{VPC: "vpc-0123456789abcdef0"},
			Worker:   spec.Worker{Runtime: spec.RuntimePrefect},
			FlowRuns: spec.FlowRuns{TaskRole: "arn:aws:iam::123456789012:role/flow", Families: []string{"mine-*"}}},
	}
}

func TestEveryPolicyPassesTheLinters(t *testing.T) {
	t.Parallel()
	python, err := peers.Program(peers.Lint, "python")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	files := []string{"-I", filepath.Join(peers.Root(), "e2e", "lint", "lintpolicies.py")}
	for name, spec := range specs() {
		spec.Region = "eu-west-1"
		for _, policy := range []string{
			provision.PolicyBootstrap, provision.PolicyTeardown, provision.PolicyWorker, provision.PolicyExecution,
			provision.PolicyFlowExecution,
			provision.PolicyDoctor, provision.PolicyStatus, provision.PolicyLogs, provision.PolicyVerify,
		} {
			made, err := provision.NewPolicy(policy, spec.WithDefaults(), provision.Identity{
				Account: "123456789012", Partition: "aws", Region: "eu-west-1",
			},
				provision.Server{APIKey: "k", AuthString: "u:p"})
			if err != nil {
				t.Fatal(err)
			}
			file := filepath.Join(dir, name+"-"+policy+".json")
			if err := os.WriteFile(file, []byte(made.Document()), 0o600); err != nil {
				t.Fatal(err)
			}
			files = append(files, file)
		}
	}
	command := exec.CommandContext(t.Context(), python, files...)
	var said strings.Builder
	command.Stderr = &said
	found, err := command.Output()
	if err != nil {
		t.Fatalf("%v\n%s", err, said.String())
	}
	if len(found) > 0 {
		t.Errorf("the linters found:\n%s", found)
	}
	if want := fmt.Sprintf("judged %d policies", len(files)-2); !strings.Contains(said.String(), want) {
		t.Errorf("got %q, want %q", said.String(), want)
	}
}
