package commands_test

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"ecsctl/commands"
	"ecsctl/sandbox"
)

// docsElsewhere has the commands of the docs that need what a test of this package has not, with
// the test that runs them, or what they need.
var docsElsewhere = map[string]string{
	"ecsctl deploy my_flow.py:my_flow --pool my-ecs-pool --run":       "e2e/sandbox/deploy_test.go",
	"ecsctl deploy flow.py:my_flow --pool my-ecs-pool --inline --run": "e2e/sandbox/deployother_test.go",
	"ecsctl deploy flow.py:my_flow --pool my-ecs-pool --job-variable cpu=1024 --job-variable memory=4096": "testdata/" +
		"scripts/deploy.txtar",
	"ecsctl deploy flow.py:my_flow --pool my-ecs-pool --from git --git-token-secret " +
		"arn:aws:secretsmanager:eu-west-1:123456789012:secret:github-AbCdEf": "testdata/scripts/deploy.txtar",
	"ecsctl deploy flow.py:my_flow --pool my-ecs-pool --from git --git-token-block github": "testdata/scripts/" +
		"deploy.txtar",
	"ecsctl bootstrap --pool reports --worker-of my-ecs-pool":       "commands/workerof_test.go",
	"ecsctl bootstrap --pool reports":                               "commands/workerof_test.go",
	"ecsctl bootstrap --wizard --save ecsctl.yaml":                  "commands/wizard_test.go",
	"ecsctl sandbox -- COMMAND":                                     "testdata/scripts/sandbox.txtar",
	"ecsctl completion powershell | Out-String | Invoke-Expression": "needs PowerShell",
}

// notHere are the lines of other programs in the docs, by their beginnings, and why this test does
// not run them in the sandbox.
var notHere = map[string]string{
	"make ":            ".ci/run runs the targets of the Makefile",
	"pip install ":     "takes the package from an index: e2e/install installs the wheel",
	"mkdir flows ":     "e2e/sandbox/deploy_test.go makes such a folder",
	"python -m venv ":  "takes packages from an index: e2e/venvs.sh does it for e2e/sandbox/deploy_test.go",
	"cat > flow.py ":   "e2e/sandbox/deploy_test.go writes such a flow",
	"echo numpy ":      "e2e/sandbox/deploy_test.go writes such a file",
	"prefect deploy ":  "needs Prefect: e2e/sandbox/deploy_test.go",
	"prefect-aws ":     "needs prefect-aws and CloudFormation, which the sandbox does not play",
	"aws ecs execute-": "ECS Exec needs AWS's agent in the container, which the sandbox has not",
	"aws iam attach-":  "needs the AWS CLI, which e2e/sandbox has",
	"aws ecs update-":  "needs the AWS CLI, which e2e/sandbox has",
	"aws ecr create-":  "needs the AWS CLI, which e2e/sandbox has",
	"aws ecr get-":     "needs the AWS CLI and Docker",
	"openssl pkeyutl ": "needs a signed release: tools/release has its test",
	"go run ./tools/":  "builds for all platforms: e2e/install does",
}

// Every command of ecsctl on every page is run, page by page and in the page's order, in an
// account as whoever reads the page has it.
func TestDocsCommands(t *testing.T) {
	t.Parallel()
	known := maps.Clone(elsewhere)
	maps.Copy(known, docsElsewhere)
	for _, example := range commands.HelpExamples() {
		for _, line := range example.Lines {
			known[line] = "TestHelpExamples"
		}
	}
	looking := newWorkingPool(t)
	looking.env = append(looking.env, "GITHUB_STEP_SUMMARY="+filepath.Join(looking.dir, "summary"))
	for _, entry := range looking.Server.Env() {
		if strings.HasPrefix(entry, "ECSCTL_SANDBOX=") {
			looking.env = append(looking.env, entry)
		}
	}
	for _, page := range commands.DocPages(t) {
		r := &reader{t: t, page: page.Path, looking: looking}
		for _, line := range page.Lines {
			if command := typed(line); command != "" && known[command] == "" {
				known[command] = page.Path
				r.reads(command)
			}
		}
		r.typesWhatChanges()
	}
}

// Each line of a block is a command of ecsctl or of curl, or is named here with a reason.
func TestDocsOtherCommands(t *testing.T) {
	t.Parallel()
	unused := maps.Clone(notHere)
	for _, page := range commands.DocPages(t) {
		for _, line := range otherCommands(page.Lines) {
			known := false
			for start := range notHere {
				if strings.HasPrefix(line, start) {
					known = true
					delete(unused, start)
				}
			}
			if !known {
				t.Errorf("%s: what runs %q? Name it in notHere, or make its block ```text if it is no command",
					page.Path, line)
			}
		}
	}
	if len(unused) > 0 {
		t.Errorf("no page has %v", unused)
	}
}

// otherCommands are the lines that the reader types into a shell, without the commands that are
// run here and what follows `<<'END'`.
func otherCommands(lines []commands.DocLine) []string {
	var out []string
	end := ""
	for _, line := range lines {
		text := strings.TrimSpace(line.Text)
		switch {
		case line.Sentence || line.Language != "" && line.Language != "sh" || text == "" ||
			strings.HasPrefix(text, "#"):
			continue
		case end != "":
			if text == end {
				end = ""
			}
			continue
		}
		if _, after, ok := strings.Cut(text, "<<'"); ok {
			end = strings.TrimSuffix(after, "'")
		}
		if typed(line) == "" {
			out = append(out, text)
		}
	}
	return out
}

// A test that is named as the one that runs a command is there.
func TestDocsCommandsRunElsewhere(t *testing.T) {
	t.Parallel()
	for line, where := range docsElsewhere {
		if _, err := os.Stat(filepath.Join("..", where)); err != nil && !strings.Contains(where, " ") {
			t.Errorf("%s: %v", line, err)
		}
		if !slices.ContainsFunc(commands.DocPages(t), func(p commands.DocPage) bool {
			return slices.ContainsFunc(p.Lines, func(l commands.DocLine) bool { return typed(l) == line })
		}) {
			t.Errorf("no page has %q", line)
		}
	}
}

var (
	argument = regexp.MustCompile(` -|\.py|[>|] `)
	comment  = regexp.MustCompile(`\s+#.*$`)
	// prefix is what stands in front of a command in the files of CI systems.
	prefix = regexp.MustCompile(`^(?:.*(?:run: |- |then ))?((?:ecsctl|curl) .*?)(?:; fi)?$`)
)

// typed is the command of ecsctl that a line has somebody type. A sentence may also name a command
// without anything behind it: that is not one to type.
func typed(line commands.DocLine) string {
	text := strings.TrimSpace(comment.ReplaceAllString(line.Text, ""))
	if line.Language == "text" {
		return ""
	}
	match := prefix.FindStringSubmatch(strings.Replace(text, "./ecsctl", "ecsctl", 1))
	if match == nil || line.Sentence && !argument.MatchString(match[1]) ||
		strings.HasPrefix(match[1], "curl") && !strings.Contains(match[1], "$ECSCTL_SANDBOX") {
		return ""
	}
	return strings.ReplaceAll(match[1], `\|`, "|")
}

// reader reads a page and types what stands there.
type reader struct {
	t       *testing.T
	page    string
	looking *workingPool // for commands that change nothing
	changes []string
}

var changing = regexp.MustCompile(`^ecsctl (bootstrap|teardown|worker start|sandbox|init|image build)\b`)

func (r *reader) reads(command string) {
	if changing.MatchString(command) && !strings.Contains(command, " --dry-run") {
		r.changes = append(r.changes, command)
		return
	}
	r.t.Run(r.page+"/"+command, func(t *testing.T) {
		t.Parallel()
		for from, to := range map[string]string{
			"--pool etl": "--pool " + guidePool, "--pool POOL": "--pool " + guidePool, "NAME": "purple-lemur",
		} {
			command = strings.ReplaceAll(command, from, to)
		}
		r.looking.as(t).example(command)
	})
}

// typesWhatChanges types, in an account of the page's own, all that changes something: one after
// the other, since each goes on where the one before has stopped. Whoever is asked says yes.
func (r *reader) typesWhatChanges() {
	if len(r.changes) == 0 {
		return
	}
	r.t.Run(r.page, func(t *testing.T) {
		t.Parallel()
		a := r.account(t)
		for _, command := range r.changes {
			if strings.HasPrefix(command, "ecsctl bootstrap") || strings.HasPrefix(command, "ecsctl teardown") {
				command = strings.Replace(command, " --yes", "", 1) + " --yes"
			}
			if strings.Contains(command, "--execution-role") { // a pool keeps the role of its first bootstrap
				a = r.account(t)
			}
			t.Log(command)
			a.example(command)
		}
	})
}

func (r *reader) account(t *testing.T) *account {
	t.Helper()
	if r.page == "docs/worker.md" {
		return newBootstrapped(t)
	}
	a := openRealAccount(t, sandbox.Options{})
	a.asPagesHaveIt()
	return a
}

// asPagesHaveIt makes the execution role of the guide, with the right to read the pool's secret,
// and a file with a policy.
func (a *account) asPagesHaveIt() {
	a.t.Helper()
	policy := func(principal, action, resource string) string {
		return fmt.Sprintf(`{"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": %q, %s %s}}`,
			action, principal, resource)
	}
	const secret = `"Resource": "arn:aws:secretsmanager:*:*:secret:prefect/my-ecs-pool/api-key-??????"`
	a.write("policy.json", policy("", "s3:GetObject", `"Resource": "arn:aws:s3:::my-bucket/*"`))
	for _, call := range []struct{ operation, input string }{
		{"CreateRole", `AssumeRolePolicyDocument: '` +
			policy(`"Principal": {"Service": "ecs-tasks.amazonaws.com"}`, "sts:AssumeRole", "") + `'`},
		{"AttachRolePolicy", `PolicyArn: 'arn:aws:iam::aws:policy/service-role/AmazonECSTaskExecutionRolePolicy'`},
		{"PutRolePolicy", `PolicyName: secret, PolicyDocument: '` +
			policy("", "secretsmanager:GetSecretValue", secret) + `'`},
	} {
		_, err := a.Call(a.t.Context(), "iam", call.operation, "{RoleName: ecsTaskExecutionRole, "+call.input+"}")
		a.must(err)
	}
}
