//go:build e2e

package e2e

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"

	"ecsctl/e2e/peers"
	"ecsctl/templates"
)

// motoDoesNotTell are statements without which everything works in moto, which asks for
// no other right than that to make a call: neither for those to hand on a role or to tag
// what is made, nor ECS's own role, and which does not tell a group from its VPC. The rest
// fixes what is broken, needs other flags, or can be left out. The sandbox asks for all of them
// (provision/leastneeded_test.go).
var motoDoesNotTell = map[string][]string{
	"bootstrap": {
		"PassRoles", "TagNewSecurityGroup", "TagNewECSResources", "FixECSTags", "FixRoles", "MakeServiceLinkedRole",
		"MakeSecurityGroup", "MakeSecurityGroupInVPC", "FixSecurityGroup", "FindStoppedTasks", "ReadStoppedTasks",
		"AssociateFargate",
		// Of these pairs either will do for what a new pool needs.
		"RegisterTaskDefinition", "RegisterWhereAWSNamesNone", "ReadRoles", "JudgeAdoptedRoles", "ReadEndpoints",
	},
	"teardown": {"FindClusters", "StopFlowRuns", "HandOnCluster"},
}

// TestExactlyThePolicies gives users the very documents that `ecsctl policy` prints, where
// moto's IAM counts, and then all but one statement.
func TestExactlyThePolicies(t *testing.T) {
	strict, err := peers.StartMoto(t.Context(), t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(strict.Kill)
	t.Run("bootstrap", func(t *testing.T) {
		g := newGuarded(t, strict, "bootstrap")
		g.may(g.policy("bootstrap"))
		g.enforced(func() {
			g.bootstrap()
			g.ecsctl(0, g.bootstrapArgs("--dry-run", "--detailed-exitcode")...)
		})
		g.may(g.policy("teardown"))
		g.enforced(func() { g.teardown() })
	})
	t.Run("without a statement", func(t *testing.T) {
		for command, run := range map[string]func(*guarded) output{
			"bootstrap": (*guarded).tryBootstrap, "teardown": (*guarded).tryTeardown,
		} {
			for _, s := range newGuarded(t, strict, "probe").policy(command) {
				t.Run(command+"/"+s.Sid, func(t *testing.T) { newGuarded(t, strict, command).without(command, s, run) })
			}
		}
	})
}

// guarded is a world in which ecsctl is called by a user of the account's.
type guarded struct {
	*world
	strict *peers.Moto
	own    []string // the environment of the account itself
	user   string
}

func newGuarded(t *testing.T, strict *peers.Moto, user string) *guarded {
	t.Helper()
	g := &guarded{world: newWorldIn(t, strict, all.Prefect3), strict: strict, user: user}
	g.own = slices.Clone(g.env)
	_, err := g.source.IAM.CreateUser(t.Context(), &iam.CreateUserInput{UserName: &g.user})
	g.must(err)
	made, err := g.source.IAM.CreateAccessKey(t.Context(), &iam.CreateAccessKeyInput{UserName: &g.user})
	g.must(err)
	g.env = append(g.env, "AWS_ACCESS_KEY_ID="+*made.AccessKey.AccessKeyId, "AWS_SECRET_ACCESS_KEY="+
		*made.AccessKey.SecretAccessKey, "AWS_MAX_ATTEMPTS=1")
	return g
}

// asOwner runs do with the account's own key.
func (g *guarded) asOwner(do func()) {
	user := g.env
	g.env = g.own
	defer func() { g.env = user }()
	do()
}

// enforced runs do while moto's IAM counts.
func (g *guarded) enforced(do func()) {
	g.t.Helper()
	g.must(g.strict.EnforceIAM(g.t.Context(), true))
	defer func() { g.must(g.strict.EnforceIAM(g.t.Context(), false)) }()
	do()
}

// policy is what `ecsctl policy` prints.
func (g *guarded) policy(name string) []templates.Statement {
	g.t.Helper()
	var doc struct{ Statement []templates.Statement }
	g.asOwner(func() {
		out := g.ecsctl(0, "policy", name, "--pool", g.pool, "--region", region, "--output", "json")
		g.must(json.Unmarshal([]byte(out.stdout), &doc))
	})
	return doc.Statement
}

// may makes the statements all that the user may do.
func (g *guarded) may(statements []templates.Statement) {
	g.t.Helper()
	_, err := g.source.IAM.PutUserPolicy(g.t.Context(), &iam.PutUserPolicyInput{
		UserName: &g.user, PolicyName: aws.String("exactly"),
		PolicyDocument: aws.String(templates.Document(statements)),
	})
	g.must(err)
}

func (g *guarded) tryBootstrap() output { return g.start(g.bootstrapArgs()...).wait() }

func (g *guarded) tryTeardown() output { return g.start(g.teardownArgs()...).wait() }

// without has a user do all that a policy is for, except one statement of it. What is
// said names an action of the statement, and the statement.
func (g *guarded) without(command string, withheld templates.Statement, run func(*guarded) output) {
	g.t.Helper()
	if command == "teardown" {
		g.asOwner(func() { g.bootstrap() })
	}
	g.may(slices.DeleteFunc(g.policy(command), func(s templates.Statement) bool { return s.Sid == withheld.Sid }))
	var out output
	g.enforced(func() { out = run(g) })
	if slices.Contains(motoDoesNotTell[command], withheld.Sid) {
		if out.code != 0 {
			g.t.Errorf("moto tells of %s after all:\n%s", withheld.Sid, out.stderr)
		}
		return
	}
	if out.code != 1 {
		g.t.Fatalf("exit code %d without %s\n%s%s", out.code, withheld.Sid, out.stdout, out.stderr)
	}
	refused := slices.ContainsFunc(withheld.Action, func(action string) bool {
		return strings.Contains(out.stderr, "not authorized to perform: "+action)
	})
	if !refused || !strings.Contains(out.stderr, withheld.Sid) ||
		!strings.Contains(out.stderr, "`ecsctl policy "+command+" --pool "+g.pool+"`") {
		g.t.Errorf("no action of %s, or not the statement, is named in:\n%s", withheld.Sid, out.stderr)
	}
}
