package commands_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"ecsctl/internal/testkit/stage"
	"ecsctl/prefect"
	"ecsctl/templates"
)

// look is a command that looks, with the statements of its policy that it cannot do without.
type look struct {
	policy string
	args   []string
	// flags are those of the policy, where the command has some too.
	flags string
	stop  string // what it says when somebody presses Ctrl-C
	needs []string
	shows string // what it shows a program, with all of the policy
	code  int    // its exit code then
}

// optional are the statements without which a command works and says less, and what it
// then says.
var optional = map[string]map[string]string{
	"status": {"ReadEndpoints": "", "ReadLastWords": "",
		"CompareSecrets": "its value is not compared: that takes secretsmanager:GetSecretValue"},
	"logs": {}, "verify": {},
}

// leaves is what a command says it leaves behind because the policy has no such statement.
var leaves = map[string]string{
	"ReadTask": "the task definition that the worker may have registered for them is not known, and stays"}

// Who has no rights but those that are printed for a command sees all that an administrator
// sees. Without one of its statements the command says what it may not do, and which
// statement allows it.
func TestLookingWithItsOwnPolicy(t *testing.T) {
	t.Parallel()
	l := &looking{brokenPool: newBrokenPool(t)}
	l.needed = map[string][]string{}
	l.Tap.Reset()
	run, forgotten := l.flowRuns()
	l.all("well", []look{
		{policy: "status", args: []string{"status", "--pool", "etl"}, shows: `"healthy": true`, needs: []string{
			"ReadECS", "FindTasks", "ReadTaskDefinition", "ReadNetworks", "ReadRoles", "FindLogGroups",
			"ReadLogGroupTags", "FindSecrets", "ReadQueues", "ReadRule",
		}},
		{policy: "status", flags: "--runtime ecsctl", args: []string{"status", "--pool", "etl", "--runtime", "ecsctl"},
			shows: `"healthy": true`, needs: []string{"ReadRepository"}},
		{policy: "logs", args: []string{"logs", "--pool", "etl"}, needs: []string{"ReadLogs"}},
		{policy: "logs", args: []string{"logs", "--flow-run", run}, shows: "Hello from ECS!!",
			needs: []string{"ReadTasks", "ReadTaskDefinitions"}},
		{policy: "logs", args: []string{"logs", "--flow-run", forgotten}, shows: "long ago",
			needs: []string{"FindStreams"}},
	})
	l.all("verify", []look{{policy: "verify", args: []string{"verify", "--pool", "etl"}, shows: "OK cleaned up",
		needs: []string{"ReadTask", "RetireTaskDefinition"}}})
	l.withLess()
	l.program("exec sleep 600") // flow runs go on for longer than anybody waits
	l.all("interrupted", []look{{policy: "verify", args: []string{"verify", "--pool", "etl"}, stop: "its task ",
		shows: "OK cleaned up", code: 130, needs: []string{"StopTask"}}})
	l.scale(0) // a worker would make the pool anew
	l.eventually(l.limited(), "the worker ends", func() bool { return l.running() == 0 })
	l.prefect("DELETE", "/work_pools/etl", "")
	l.all("pool is gone", []look{
		{policy: "status", args: []string{"status", "--pool", "etl"}, shows: `"about": "work-pool"`, code: 1,
			needs: []string{"FindClusters"}},
		{policy: "logs", args: []string{"logs", "--pool", "etl"}, needs: []string{"FindClusters", "FindService"}},
	})
	l.everyStatement()
}

// looking is a pool that people look at who may do no more.
type looking struct {
	*brokenPool
	needed map[string][]string // statements, by policy
	users  int
}

// all tries each look with all of its policy, and then without each statement that it needs.
func (l *looking) all(when string, looks []look) {
	l.t.Helper()
	l.t.Run(when, func(t *testing.T) {
		for _, k := range looks {
			statements := l.printed(k.policy, k.flags)
			whole := l.user(statements)
			t.Run(fmt.Sprint(k.args), func(t *testing.T) {
				t.Parallel()
				l.as(t).sameAs(k, whole)
			})
			for _, sid := range k.needs {
				l.needed[k.policy] = append(l.needed[k.policy], sid)
				s := find(t, statements, sid)
				env := l.user(without(statements, sid))
				t.Run(k.policy+" without "+sid, func(t *testing.T) {
					t.Parallel()
					l.as(t).misses(k, env, s)
				})
			}
		}
	})
}

// misses: the command names an action of the statement that the user lacks, and the statement.
func (l *looking) misses(k look, user []string, s templates.Statement) {
	l.t.Helper()
	shown := l.begin(k, user)()
	out := shown.out + shown.said
	if !slices.ContainsFunc(s.Action, func(a string) bool {
		return strings.Contains(strings.ToLower(out), "not authorized to perform: "+strings.ToLower(a))
	}) {
		l.t.Errorf("%q does not name an action of %s:\n%s", k.args, s.Sid, out)
	}
	for _, want := range []string{s.Sid + " of `ecsctl policy " + k.policy + " --pool etl`", leaves[s.Sid]} {
		if !strings.Contains(out, want) {
			l.t.Errorf("%q does not say %q:\n%s", k.args, want, out)
		}
	}
}

// withLess: what is optional is missed by nobody, and the logs of a worker that has written
// nothing tell that more could be looked at with another policy.
func (l *looking) withLess() {
	l.t.Helper()
	all := l.printed("status", "")
	for sid, says := range optional["status"] {
		env := l.user(without(all, sid))
		out := l.begin(look{args: []string{"status", "--pool", "etl"}}, env)().out
		if !strings.Contains(out, `work pool "etl" is healthy`) || !strings.Contains(out, says) {
			l.t.Errorf("status without %s:\n%s", sid, out)
		}
	}
	env := l.user(l.printed("logs", ""))
	out := l.begin(look{args: []string{"logs", "--pool", "etl", "--since", "1ms"}}, env)().said
	for _, want := range []string{"cannot tell what is wrong with the pool: ", "of `ecsctl policy status --pool etl`",
		"there are no lines since"} {
		if !strings.Contains(out, want) {
			l.t.Errorf("logs without lines do not say %q:\n%s", want, out)
		}
	}
}

// notCalled are the actions that the commands do not come to in this pool, and why.
var notCalled = map[string]string{
	"ec2:DescribeVpcEndpoints": "the subnets have a way out",
}

// everyStatement: there is none that was not tried, and none allows what no command does.
func (l *looking) everyStatement() {
	l.t.Helper()
	called := map[string]bool{}
	for _, call := range l.Tap.Calls() {
		called[call.Operation] = true
	}
	for policy, without := range optional {
		tried := append(l.needed[policy], slices.Collect(maps.Keys(without))...)
		for _, s := range l.printed(policy, "--runtime ecsctl") {
			if !slices.Contains(tried, s.Sid) {
				l.t.Errorf("nobody tried %s without %s", policy, s.Sid)
			}
			for _, action := range s.Action {
				if why := notCalled[action]; called[action] == (why != "") {
					l.t.Errorf("%s of %s, called: %v; said to be not called: %q", action, policy, called[action], why)
				}
			}
		}
	}
}

// flowRuns are one that has a task, and one whose task ECS does not remember.
func (l *looking) flowRuns() (run, forgotten string) {
	l.t.Helper()
	ctx := l.limited()
	api, err := prefect.New(prefect.Options{APIURL: l.Server.PrefectAPIURL(), APIKey: stage.Canary})
	l.must(err)
	flow, err := api.CreateFlow(ctx, "flow")
	l.must(err)
	deployment, err := api.CreateDeployment(ctx, prefect.DeploymentCreate{
		Name: "d", FlowID: flow.ID, WorkPoolName: "etl",
	})
	l.must(err)
	late, err := api.CreateFlowRun(ctx, deployment.ID, prefect.FlowRunCreate{
		Name: "old", ScheduledTime: time.Now().Add(time.Hour),
	})
	l.must(err)
	_, err = api.SetFlowRunState(ctx, late.ID, prefect.StateProposal{Type: prefect.Completed, Force: true})
	l.must(err)
	pid := forgottenTask
	l.must(api.UpdateFlowRun(ctx, late.ID, prefect.FlowRunUpdate{InfrastructurePID: &pid}))
	stream := "LogGroupName: /ecs/prefect/etl, LogStreamName: prefect-logs_etl/prefect/0123456789abcdef0123456789abcdef"
	l.aws("logs", "CreateLogStream", "{"+stream+"}")
	l.aws("logs", "PutLogEvents", fmt.Sprintf("{%s, LogEvents: [{Timestamp: %d, Message: long ago}]}", stream,
		time.Now().UnixMilli()))
	made, err := api.CreateFlowRun(ctx, deployment.ID, prefect.FlowRunCreate{Name: "new"})
	l.must(err)
	l.eventually(ctx, "the flow run's lines are there", func() bool {
		return strings.Contains(l.begin(look{args: []string{"logs", "--flow-run", made.ID}}, l.env)().out,
			"Hello from ECS!!")
	})
	return made.ID, late.ID
}

// forgottenTask is one that ECS does not remember, as workers record it.
const forgottenTask = "arn:aws:ecs:eu-west-1:123456789012:cluster/default::arn:aws:ecs:eu-west-1:123456789012:task/" +
	"default/0123456789abcdef0123456789abcdef"
