package commands_test

import (
	"strings"
	"testing"

	"ecsctl/prefect"
)

const (
	everything = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}`
	trustEC2   = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"ec2.amazonaws.com"},"Action":"sts:AssumeRole"}]}`
	asPrinted  = "by ecsctl policy worker"
	noPassRole = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"},{"Effect":"Deny","Action":"iam:PassRole","Resource":"*"}]}`
)

// adoptedRole is a worker role of the user's own, and what the plan, doctor and a run make of it.
type adoptedRole struct {
	create, policy string // what CreateRole has beside the name; the inline policy
	refused        bool   // there is no plan
	plan, doctor   string // said by each; "" is that the role is well
	run            string // the state of a run
}

// TestAdoptedWorkerRoles: what a worker role of the user's own cannot do is said by the plan and
// by doctor, before a run shows it.
func TestAdoptedWorkerRoles(t *testing.T) {
	t.Parallel()
	const trusted = "AssumeRolePolicyDocument: '" + trustTasks + "'"
	for name, tc := range map[string]adoptedRole{
		"full":       {trusted, everything, false, "", "", "Completed"},
		"as printed": {trusted, asPrinted, false, "", "", "Completed"},
		"in a path":  {trusted + ", Path: /team/", everything, false, "", "", "Completed"},
		"nothing":    {trusted, "", false, "does not allow .*ecs:RunTask", "does not allow .*ecs:RunTask", "Crashed"},
		"no PassRole": {trusted, noPassRole, false,
			"may not do iam:PassRole, says IAM: a policy of the role denies it explicitly",
			"may not do iam:PassRole", "Crashed"},
		"boundary": {trusted + ", PermissionsBoundary: 'arn:aws:iam::aws:policy/AmazonSSMReadOnlyAccess'",
			everything, false, "may not do .*iam:PassRole.*: its permissions boundary",
			"may not do .*iam:PassRole", "Crashed"},
		"wrong trust": {"AssumeRolePolicyDocument: '" + trustEC2 + "'", everything, true,
			"trust policy does not let ecs-tasks.amazonaws.com assume it", "trust policy does not let", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := newAdopter(t)
			a.make("", "", "iam", "CreateRole", "{RoleName: theirs, "+tc.create+"}")
			if tc.policy == asPrinted {
				tc.policy = a.policy("worker")
			}
			if tc.policy != "" {
				a.make("", "", "iam", "PutRolePolicy", "{RoleName: theirs, PolicyName: p, PolicyDocument: '"+
					tc.policy+"'}")
			}
			flags := []string{"--pool", publishedPoolName, "--cluster", "acme", "--worker-role", "theirs"}
			cmd, out := a.command(append([]string{"bootstrap", "--dry-run"}, flags...)...)
			if err := cmd.Run(); (err != nil) != tc.refused {
				t.Errorf("dry run: %v", err)
			}
			a.says("the plan", out.String(), "worker-role theirs does not allow", tc.plan)
			cmd, out = a.command(append([]string{"doctor"}, flags...)...)
			_ = cmd.Run() // the machine's own address is a finding too
			a.says("doctor", out.String(), "worker-role theirs does not allow", tc.doctor)
			if !strings.Contains(out.String(), "worker-role theirs") {
				t.Errorf("doctor does not look at the role:\n%s", out)
			}
			if tc.run != "" {
				a.Run(append([]string{"bootstrap", "--yes"}, flags...)...)
				a.runEnds(tc.run)
			}
		})
	}
}

// runEnds makes a deployment and a run of it, which must end so.
func (a *adopter) runEnds(want string) {
	a.t.Helper()
	if state := a.endOfRun().State; state.Name != want {
		a.t.Errorf("the run is %s, want %s: %s", state.Name, want, state.Message)
	}
}

// endOfRun runs a flow of a deployment that says nothing.
func (a *adopter) endOfRun() *prefect.FlowRun {
	a.t.Helper()
	ctx := a.limited()
	deployment := a.deployment(ctx, nil)
	run, err := a.api.CreateFlowRun(ctx, deployment.ID, prefect.FlowRunCreate{})
	a.must(err)
	a.eventually(ctx, "the run ends", func() bool {
		run, err = a.api.ReadFlowRun(ctx, run.ID)
		a.must(err)
		return run.State.Type.Terminal()
	})
	return run
}

// says compares what a command says: want, or nothing of the usual.
func (a *adopter) says(who, text, usual, want string) {
	a.t.Helper()
	if want == "" && strings.Contains(text, usual) || !matches(want, text) {
		a.t.Errorf("%s: want %q in:\n%s", who, want, text)
	}
}
