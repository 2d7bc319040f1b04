package commands_test

import (
	"encoding/json"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/google/go-cmp/cmp"

	"ecsctl/operate/status"
	"ecsctl/operate/verify"
	"ecsctl/provision"
	"ecsctl/templates"
)

// as is the same in a subtest.
func (l *looking) as(t *testing.T) *looking {
	again, pool := *l, *l.brokenPool
	pool.account, again.brokenPool = l.account.as(t), &pool
	return &again
}

// printed are the statements of what `ecsctl policy` prints.
func (l *looking) printed(policy, flags string) []templates.Statement {
	l.t.Helper()
	var doc struct{ Statement []templates.Statement }
	l.must(json.Unmarshal([]byte(l.shell("ecsctl policy "+policy+" --pool etl --output json "+flags)), &doc))
	return doc.Statement
}

func find(t *testing.T, statements []templates.Statement, sid string) templates.Statement {
	t.Helper()
	i := slices.IndexFunc(statements, func(s templates.Statement) bool { return s.Sid == sid })
	if i < 0 {
		t.Fatalf("there is no statement %s", sid)
	}
	return statements[i]
}

func without(statements []templates.Statement, sid string) []templates.Statement {
	return slices.DeleteFunc(slices.Clone(statements), func(s templates.Statement) bool { return s.Sid == sid })
}

// user makes one who may do just that, and returns the environment of its programs.
func (l *looking) user(statements []templates.Statement) []string {
	l.t.Helper()
	l.users++
	name := fmt.Sprintf("looker-%d", l.users)
	ctx, api := l.t.Context(), l.Source.IAM
	_, err := api.CreateUser(ctx, &iam.CreateUserInput{UserName: &name})
	l.must(err)
	for i, part := range (provision.Policy{Statements: statements}).Parts() {
		made, err := api.CreatePolicy(ctx, &iam.CreatePolicyInput{
			PolicyName: aws.String(fmt.Sprint(name, "-", i)), PolicyDocument: aws.String(part.Document()),
		})
		l.must(err)
		_, err = api.AttachUserPolicy(ctx, &iam.AttachUserPolicyInput{UserName: &name, PolicyArn: made.Policy.Arn})
		l.must(err)
	}
	key, err := api.CreateAccessKey(ctx, &iam.CreateAccessKeyInput{UserName: &name})
	l.must(err)
	return append(slices.Clone(l.env), "AWS_ACCESS_KEY_ID="+*key.AccessKey.AccessKeyId, "AWS_SECRET_ACCESS_KEY="+
		*key.AccessKey.SecretAccessKey)
}

// begin starts a look; when it says k.stop, somebody presses Ctrl-C. What it returns waits
// for the end.
func (l *looking) begin(k look, env []string, more ...string) func() looked {
	l.t.Helper()
	cmd, out := l.command(slices.Concat(k.args, more)...)
	said := &seen{sign: k.stop, found: make(chan struct{})}
	cmd.Env, cmd.Stderr = env, said
	l.must(cmd.Start())
	ended := make(chan struct{})
	go func() { defer close(ended); _ = cmd.Wait() }() // the exit code says it
	if k.stop != "" {
		go func() {
			select {
			case <-said.found:
				_ = cmd.Process.Signal(os.Interrupt) // one that has ended says so by its exit code
			case <-ended:
			}
		}()
	}
	return func() looked {
		<-ended
		return looked{out.String(), said.String(), cmd.ProcessState.ExitCode()}
	}
}

// looked is what a look has shown.
type looked struct {
	out, said string
	code      int
}

// sameAs: the user is shown what the administrator is, and gets the same exit code.
func (l *looking) sameAs(k look, user []string) {
	l.t.Helper()
	var want, got string
	for try := 0; try < 5 && (try == 0 || want != got); try++ { // between two looks something may have happened
		asked, asking := l.begin(k, l.env, "--output", "json"), l.begin(k, user, "--output", "json")
		want, got = l.essence(k, asked()), l.essence(k, asking())
	}
	if diff := cmp.Diff(want, got); diff != "" {
		l.t.Errorf("%q (-administrator +user):\n%s", k.args, diff)
	}
	if !strings.Contains(got, k.shows) || !strings.HasPrefix(got, fmt.Sprintf("exit code %d\n", k.code)) {
		l.t.Errorf("%q does not show %q with exit code %d:\n%s", k.args, k.shows, k.code, got)
	}
	if strings.Contains(got, "not authorized") || strings.Contains(got, "cannot tell") {
		l.t.Errorf("%q says that something is not allowed:\n%s", k.args, got)
	}
}

var callers = regexp.MustCompile(`"caller":"[^"]*",`)

// essence is what a command shows, without what is another in each look.
func (l *looking) essence(k look, seen looked) string {
	l.t.Helper()
	shown := seen.out
	switch k.policy {
	case provision.PolicyStatus:
		shown = l.statusOf(seen)
	case provision.PolicyVerify:
		shown = l.stepsOf(seen)
	case provision.PolicyLogs:
		shown, _, _ = strings.Cut(shown, "\n") // the worker goes on writing
		shown = callers.ReplaceAllString(shown, "")
	}
	return fmt.Sprintf("exit code %d\n%s", seen.code, shown)
}

func (l *looking) parse(seen looked, into any) {
	l.t.Helper()
	if err := json.Unmarshal([]byte(seen.out), into); err != nil {
		l.t.Fatalf("%v\n%s%s", err, seen.out, seen.said)
	}
}

func (l *looking) statusOf(seen looked) string {
	l.t.Helper()
	var s status.Status
	l.parse(seen, &s)
	s.Time, s.Identity.Caller = time.Time{}, ""
	for i := range s.Workers {
		s.Workers[i].LastHeartbeat = time.Time{}
	}
	raw, err := json.MarshalIndent(s, "", " ")
	l.must(err)
	return string(raw)
}

func (l *looking) stepsOf(seen looked) string {
	l.t.Helper()
	var v verify.Verification
	l.parse(seen, &v)
	var text strings.Builder
	for _, s := range v.Steps {
		fmt.Fprintln(&text, s.Status, s.Name)
	}
	return text.String()
}
