package provision

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"ecsctl/internal/denial"
	"ecsctl/provision/spec"
	"ecsctl/templates"
)

var everyPolicy = []string{PolicyBootstrap, PolicyTeardown, PolicyWorker, PolicyExecution, PolicyDoctor, PolicyStatus,
	PolicyLogs, PolicyVerify}

func mustPolicy(t *testing.T, w *world, name string) Policy {
	t.Helper()
	p, err := w.policy(name)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// What is printed for the roles is what bootstrap gives them.
func TestThePrintedPoliciesAreThoseOfTheRoles(t *testing.T) {
	t.Parallel()
	w := testWorld(t, fullSpec())
	for name, r := range map[string]*role{PolicyWorker: newWorkerRole(w), PolicyExecution: newExecutionRole(w)} {
		if fields := comparePolicies("", mustPolicy(t, w, name).Document(), r.policy()); len(fields) > 0 {
			t.Errorf("%s: %+v", name, fields)
		}
	}
}

// Each statement says why it is there, and has a name of its own.
func TestEveryStatementSaysWhy(t *testing.T) {
	t.Parallel()
	for _, name := range everyPolicy {
		seen := map[string]bool{}
		for _, s := range mustPolicy(t, testWorld(t, fullSpec()), name).Statements {
			if s.Why == "" || s.Sid == "" || s.Effect != "Allow" || seen[s.Sid] {
				t.Errorf("%s: statement %+v", name, s)
			}
			seen[s.Sid] = true
		}
	}
}

// The parts of a policy have all its statements, and a managed policy holds each.
func TestPartsFitIntoManagedPolicies(t *testing.T) {
	t.Parallel()
	s := fullSpec()
	s.Pool = strings.Repeat("long-name-", 6)
	s.Names = spec.DeriveNames(s.Pool, s.Region)
	s.Roles = spec.Roles{Boundary: "arn:aws:iam::123456789012:policy/limit", Path: "/" + strings.Repeat("team/", 20)}
	w := testWorld(t, s)
	for _, name := range everyPolicy {
		p := mustPolicy(t, w, name)
		var all []templates.Statement
		for _, part := range p.Parts() {
			if n := len(part.Document()); n > MaxManagedPolicy {
				t.Errorf("a part of %s has %d characters", name, n)
			}
			all = append(all, part.Statements...)
		}
		if diff := cmp.Diff(p.Statements, all); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
	if n := len(mustPolicy(t, w, PolicyBootstrap).Parts()); n < 2 {
		t.Errorf("the policy of bootstrap is in %d parts: nothing was split", n)
	}
}

// IAM takes no characters beyond Latin-1, and a pool's tag may have some.
func TestPoliciesAreLatin1(t *testing.T) {
	t.Parallel()
	s := fullSpec()
	s.Pool = "日本 é"
	s.Names = spec.DeriveNames(s.Pool, s.Region)
	w := testWorld(t, s)
	for _, name := range everyPolicy {
		for _, r := range mustPolicy(t, w, name).Document() {
			if r > 0xFF {
				t.Errorf("%s has %q", name, r)
			}
		}
	}
	if text := mustPolicy(t, w, PolicyTeardown).Document(); !strings.Contains(text,
		`"aws:ResourceTag/ecsctl:pool":"?? é"`) {
		t.Errorf("the tag is in no condition of %s", text)
	}
}

// The worker's role lets the agent of ECS Exec in when the Spec asks for it, and not else.
func TestExecChannelsAreAChoice(t *testing.T) {
	t.Parallel()
	for _, on := range []bool{true, false} {
		s := validSpec()
		s.Worker.ExecuteCommand = &on
		text := mustPolicy(t, testWorld(t, s), PolicyWorker).Document()
		for _, action := range []string{
			"CreateControlChannel", "CreateDataChannel", "OpenControlChannel", "OpenDataChannel",
		} {
			if strings.Contains(text, `"ssmmessages:`+action+`"`) != on {
				t.Errorf("with ECS Exec %t, the policy is %s", on, text)
			}
		}
	}
}

// What the Spec does without is in no statement.
func TestPoliciesOfASmallerSpec(t *testing.T) {
	t.Parallel()
	s := validSpec()
	s.Names.ExecutionRole, s.Names.WorkerRole = "arn:aws:iam::123456789012:role/e", "arn:aws:iam::123456789012:role/w"
	s.Network.SecurityGroups, s.Worker.Image, s.Prefect.APIKeySecret = []string{"sg-1"}, "mine:1",
		"arn:aws:secretsmanager:eu-west-1:123456789012:secret:mine-AbCdEf"
	s.Observer = ptr(false)
	w := testWorld(t, s)
	w.server.AuthString = ""
	text := mustPolicy(t, w, PolicyBootstrap).Document()
	for _, gone := range []string{"iam:CreateRole", "iam:PutRolePolicy", "iam:AttachRolePolicy",
		"iam:PutRolePermissionsBoundary", "ec2:CreateSecurityGroup", "ecr:PutImage\"", "ecr:GetAuthorizationToken",
		"secretsmanager:", "sqs:CreateQueue", "events:PutRule"} {
		if strings.Contains(text, gone) {
			t.Errorf("there is %s in %s", gone, text)
		}
	}
	if !json.Valid([]byte(text)) || !strings.Contains(text, `"iam:PassRole"`) {
		t.Errorf("got %s", text)
	}
}

func TestStatementsThatAllow(t *testing.T) {
	t.Parallel()
	p := Policy{Name: PolicyBootstrap, Statements: []templates.Statement{
		{Sid: "One", Action: templates.List{"sqs:CreateQueue"}, Resource: templates.List{"arn:aws:sqs:r:1:a"}},
		{Sid: "Two", Action: templates.List{"sqs:CreateQueue"}, Resource: templates.List{"arn:aws:sqs:r:1:b-??"}},
		{Sid: "Three", Action: templates.List{"ecs:RegisterTaskDefinition"}, NotResource: templates.List{"arn:*"}},
	}}
	for d, want := range map[denial.Denial]string{
		{Action: "sqs:createqueue", Resource: "arn:aws:sqs:r:1:a"}: "the statement One of `ecsctl policy " +
			"bootstrap --pool etl`",
		{Action: "sqs:CreateQueue", Resource: "arn:aws:sqs:r:1:b-xy"}: "the statement Two of",
		{Action: "ecs:RegisterTaskDefinition", Resource: "*"}:         "the statement Three of",
		{Action: "ecs:RegisterTaskDefinition", Resource: "arn:x"}:     "has no statement that allows",
		{Action: "sqs:CreateQueue"}:                                   "the statement One or Two of",
		{Action: "sqs:CreateQueue", Resource: "arn:aws:sqs:r:1:c"}: "has no statement that allows " +
			"sqs:CreateQueue on arn:aws:sqs:r:1:c",
		{Action: "sqs:DeleteQueue"}: "has no statement that allows sqs:DeleteQueue",
	} {
		if got := p.statementHint(d, "etl"); !strings.Contains(got, want) {
			t.Errorf("%+v: got %q, want %q", d, got, want)
		}
	}
}
