package provision_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"

	"ecsctl/prefect"
	"ecsctl/provision"
	"ecsctl/templates"
)

// adoptable makes a pool whose template names a role of its own, and roles for the worker.
func (s *somebody) adoptable() {
	s.t.Helper()
	const trust = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"ecs-tasks.amazonaws.com"},"Action":"sts:AssumeRole"}]}`
	for _, name := range []string{"theirs", "flows"} {
		if _, err := s.source.IAM.CreateRole(s.t.Context(), &iam.CreateRoleInput{
			RoleName: &name, AssumeRolePolicyDocument: aws.String(trust),
		}); err != nil {
			s.t.Fatal(err)
		}
	}
	var template map[string]any
	if err := json.Unmarshal(templates.ECSBaseJobTemplate, &template); err != nil {
		s.t.Fatal(err)
	}
	properties := template["variables"].(map[string]any)["properties"].(map[string]any)
	properties["execution_role_arn"].(map[string]any)["default"] = "arn:aws:iam::123456789012:role/flows"
	raw, err := json.Marshal(template)
	if err == nil {
		_, err = s.api.CreateWorkPool(s.t.Context(), prefect.WorkPoolCreate{
			Name: "etl", Type: "ecs", BaseJobTemplate: raw,
		})
	}
	if err != nil {
		s.t.Fatal(err)
	}
	s.spec.Names.WorkerRole, s.spec.Names.ExecutionRole = "theirs", "theirs"
}

// What `ecsctl policy bootstrap` prints is enough to adopt a pool and roles, and to look at all that
// the plan judges; without the one statement that can be left out the plan says so.
func TestPrintedPolicyIsEnoughToAdopt(t *testing.T) {
	t.Parallel()
	for withheld, blind := range map[string]bool{"": false, "JudgeAdoptedRoles": true} {
		s := enforcedAccount(t)
		s.adoptable()
		policy := s.policyOf(provision.PolicyBootstrap)
		if withheld == "" {
			s.may(policy)
		} else {
			s.may(policy, withheld)
		}
		plan, err := provision.NewBootstrap(t.Context(), s.options())
		if err != nil {
			t.Fatalf("%v\nbelow it: %v", err, below(err))
		}
		warnings := strings.Join(plan.Warnings, "\n")
		if got := strings.Contains(warnings, "was not looked at"); got != blind {
			t.Errorf("without %q: nobody looked is %v, want %v:\n%s", withheld, got, blind, warnings)
		}
		if _, err := plan.Apply(t.Context(), silence{}); err != nil {
			t.Errorf("without %q: %v\nbelow it: %v", withheld, err, below(err))
		}
	}
}
