package provision_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"
	"github.com/google/go-cmp/cmp"

	"ecsctl/provision/spec"
	"ecsctl/sandbox"
	"ecsctl/sandbox/prefectapi"
)

// may reports whether a role may do something, as IAM's simulator says it.
func (a *account) may(role *string, action, resource string) bool {
	a.t.Helper()
	out, err := a.source.IAM.SimulatePrincipalPolicy(a.t.Context(), &iam.SimulatePrincipalPolicyInput{
		PolicySourceArn: a.role(role).Arn, ActionNames: []string{action}, ResourceArns: []string{resource},
	})
	if err != nil {
		a.t.Fatal(err)
	}
	return out.EvaluationResults[0].EvalDecision == types.PolicyEvaluationDecisionTypeAllowed
}

// What the author of a flow can have ECS do for its container: what the pool's runs need. With the worker's
// execution role it was all of these.
func TestTheExecutionRoleOfFlowRunsHasLess(t *testing.T) {
	t.Parallel()
	a := newAccount(t, sandbox.Options{}, 1)
	a.spec.FlowRuns.Image = "210987654321.dkr.ecr.eu-central-1.amazonaws.com/team/flows:1"
	a.bootstrap()
	a.settled()
	const account = "eu-west-1:123456789012:"
	for what, tc := range map[string]struct {
		action, resource string
		flow, worker     bool
	}{
		"an image of the account": {"ecr:BatchGetImage", "arn:aws:ecr:" + account + "repository/any", true, true},
		"in another region": {"ecr:BatchGetImage", "arn:aws:ecr:us-east-1:123456789012:repository/any",
			true, true},
		"the pool's own image": {"ecr:BatchGetImage", "arn:aws:ecr:eu-central-1:210987654321:repository/team/flows",
			true, true},
		"another of that account": {"ecr:BatchGetImage", "arn:aws:ecr:eu-central-1:210987654321:repository/secret",
			false, true},
		"the pool's logs": {"logs:PutLogEvents", "arn:aws:logs:" + account +
			"log-group:/ecs/prefect/etl:log-stream:a", true, true},
		"logs of others": {"logs:PutLogEvents", "arn:aws:logs:" + account +
			"log-group:/ecs/prefect/etl-2:log-stream:a", false, true},
		"the key, as a secret": {"secretsmanager:GetSecretValue", "arn:aws:secretsmanager:" + account +
			"secret:prefect/etl/api-key-AbCdEf", true, true},
		"the key of another pool": {"secretsmanager:GetSecretValue", "arn:aws:secretsmanager:" + account +
			"secret:prefect/etl-2/api-key-AbCdEf", false, false},
		"parameters": {"ssm:GetParameters", "arn:aws:ssm:" + account + "parameter/any", false, false},
		"pushing what others pull": {"ecr:PutImage", "arn:aws:ecr:" + account + "repository/prefect/etl/flows",
			false, false},
	} {
		if got := a.may(flowExecutionRole, tc.action, tc.resource); got != tc.flow {
			t.Errorf("%s: flow runs may have it: %v, want %v", what, got, tc.flow)
		}
		if got := a.may(executionRole, tc.action, tc.resource); got != tc.worker {
			t.Errorf("%s: the worker may have it: %v, want %v", what, got, tc.worker)
		}
	}
	if a.may(workerRole, "iam:PassRole", *a.role(executionRole).Arn) {
		t.Error("the worker may pass its own execution role")
	}
}

// A pool that an older ecsctl set up has one execution role for all. The next bootstrap shows what it changes.
func TestAnOlderPoolGetsTheExecutionRoleOfFlowRuns(t *testing.T) {
	t.Parallel()
	a := newAccount(t, sandbox.Options{}, 1)
	worker := "arn:aws:iam::123456789012:role/" + *executionRole
	a.spec.FlowRuns.ExecutionRole = worker // as it was by default
	a.bootstrap()
	if err := editMarker(func(marker map[string]any) { delete(marker, "choices") })(t.Context(), a); err != nil {
		t.Fatal(err)
	}
	a.spec.FlowRuns.ExecutionRole = ""
	if diff := cmp.Diff([]string{"flow-execution-role create", "work-pool update", "worker-role update"},
		a.plan()); diff != "" {
		t.Errorf("the plan (-want +got):\n%s", diff)
	}
	a.bootstrap()
	a.settled()
	a.teardown()
	_, err := a.source.IAM.GetRole(t.Context(), &iam.GetRoleInput{RoleName: flowExecutionRole})
	if err == nil {
		t.Error("teardown left the role")
	}
}

// Who gives an execution role as an ARN has it used as it is, and no other is made.
func TestAnExecutionRoleByARNIsThatOfFlowRunsToo(t *testing.T) {
	t.Parallel()
	a := newAccount(t, sandbox.Options{}, 1)
	document := `{"Version":"2012-10-17","Statement":[` + trustECS + `]}`
	made, err := a.source.IAM.CreateRole(t.Context(), &iam.CreateRoleInput{
		RoleName: aws.String("mine"), AssumeRolePolicyDocument: &document,
	})
	if err != nil {
		t.Fatal(err)
	}
	a.spec.Names = spec.Names{ExecutionRole: *made.Role.Arn}
	if plan := a.plan(); slices.ContainsFunc(plan, func(c string) bool {
		return strings.HasPrefix(c, "flow-execution-role")
	}) {
		t.Errorf("the plan makes one: %v", plan)
	}
	a.bootstrap()
	pool, err := a.api.ReadWorkPool(t.Context(), "etl")
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(pool.BaseJobTemplate), *made.Role.Arn) {
		t.Error("the pool names another execution role")
	}
}

// Its template hands out no secret there, so that flow runs need no right to one.
func TestAPrefect2PoolsFlowRunsReadNoSecret(t *testing.T) {
	t.Parallel()
	a := newAccount(t, sandbox.Options{PrefectAPI: prefectapi.New(prefectapi.WithVersion("2.20.26"))}, 1)
	a.bootstrap()
	a.settled()
	if a.may(flowExecutionRole, "secretsmanager:GetSecretValue",
		"arn:aws:secretsmanager:eu-west-1:123456789012:secret:prefect/etl/api-key-AbCdEf") {
		t.Error("flow runs may read the API key")
	}
}
