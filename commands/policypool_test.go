package commands_test

import (
	"strings"
	"testing"

	"ecsctl/prefect"
	"ecsctl/templates"
)

// TestPolicyOfAnExistingPool has what the pool's own defaults take: whoever makes the worker's role by it has one by
// which the pool's runs work. Without the right to look at anything it says the same.
func TestPolicyOfAnExistingPool(t *testing.T) {
	t.Parallel()
	a := newAdopter(t)
	p := publishedPool{Defaults: map[string]any{"task_role_arn": a.ids["TASK_ROLE"], "family": "reports",
		"execution_role_arn": a.ids["EXECUTION_ROLE"]},
		Configuration: map[string]any{"task_run_request": map[string]any{"enableExecuteCommand": true}}}
	_, err := a.api.CreateWorkPool(t.Context(), prefect.WorkPoolCreate{
		Name: publishedPoolName, Type: "ecs", BaseJobTemplate: p.template(t, templates.ECSBaseJobTemplate),
	})
	a.must(err)
	worker := a.policy("worker")
	for _, want := range []string{a.ids["TASK_ROLE"], "task-definition/reports:*"} {
		if !strings.Contains(worker, want) {
			t.Errorf("the worker's policy has no %s:\n%s", want, worker)
		}
	}
	if strings.Contains(worker, "ecs:enable-execute-command") {
		t.Errorf("the worker may not let ECS Exec in, as the pool has it:\n%s", worker)
	}
	a.make("", "", "iam", "CreateRole", "{RoleName: own-worker, AssumeRolePolicyDocument: '"+trustTasks+"'}")
	a.make("", "", "iam", "PutRolePolicy", "{RoleName: own-worker, PolicyName: p, PolicyDocument: '"+worker+"'}")
	a.Run("bootstrap", "--pool", publishedPoolName, "--cluster", "acme", "--worker-role", "own-worker",
		"--job-variable", `sidecar={"name": "agent", "image": "999999999999.dkr.ecr.eu-west-1.amazonaws.com/agent", "essential": false}`,
		"--flow-run-family", "more-*", "--yes", noWait)
	a.make("RULE", "EventPattern", "events", "DescribeRule", "{Name: prefect-acme}")
	if !strings.Contains(a.ids["RULE"], "task-definition/reports:*") {
		t.Errorf("the queue has nothing of the tasks of the pool's own family:\n%s", a.ids["RULE"])
	}
	cmd, out := a.command("bootstrap", "--pool", publishedPoolName, "--cluster", "acme", "--worker-role", "own-worker",
		"--dry-run")
	a.must(cmd.Run())
	if strings.Contains(out.String(), "worker-role own-worker does not allow") {
		t.Errorf("the role that was made by the policy lacks something:\n%s", out)
	}
	if again := a.policy("worker"); !strings.Contains(again, "task-definition/more-*:*") {
		t.Errorf("what an earlier bootstrap chose is not in it:\n%s", again)
	}
}

// policy is what ecsctl prints of the name, for the pool.
func (a *adopter) policy(name string) string {
	a.t.Helper()
	a.Tap.Reset()
	cmd, out := a.command("policy", name, "--pool", publishedPoolName, "--cluster", "acme", "--output", "json")
	if err := cmd.Run(); err != nil {
		a.t.Fatalf("policy %s: %v\n%s", name, err, out)
	}
	if writes := a.Writes(); len(writes) > 0 {
		a.t.Errorf("policy %s wrote %q", name, writes)
	}
	return out.String()
}
