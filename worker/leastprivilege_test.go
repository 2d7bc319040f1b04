package worker_test

import (
	"bytes"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"ecsctl/prefect"
	"ecsctl/provision"
	"ecsctl/provision/spec"
	"ecsctl/sandbox"
	"ecsctl/templates"
	"ecsctl/worker"
)

// trustBoth lets ECS tasks take a role, and the test, which is the account itself.
const trustBoth = `{"Version":"2012-10-17","Statement":[
	{"Effect":"Allow","Principal":{"Service":"ecs-tasks.amazonaws.com"},"Action":"sts:AssumeRole"},
	{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::123456789012:root"},"Action":"sts:AssumeRole"}]}`

// limited is a worker with the role that bootstrap makes, where policies count.
type limited struct {
	*world
	as  aws.Config // of the role
	job map[string]any

	mu  sync.Mutex
	log bytes.Buffer
}

func (l *limited) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.log.Write(p)
}

func (l *limited) logged() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.log.String()
}

// newLimited gives the role the worker's policy but for one statement.
func newLimited(t *testing.T, withheld string) *limited {
	t.Helper()
	l := &limited{world: newWorld(t, worldOptions{version: "2.20.26", sandbox: sandbox.Options{EnforceIAM: true}})}
	l.observer(5)
	api := iam.NewFromConfig(l.aws)
	role := func(name string) *string {
		return must(api.CreateRole(t.Context(), &iam.CreateRoleInput{
			RoleName: &name, AssumeRolePolicyDocument: aws.String(trustBoth),
		}))(t).Role.Arn
	}
	execution, own := role("flow-runs"), role("worker")
	spec := spec.Spec{Pool: pool, Region: "us-east-1", Names: spec.Names{Queue: queueName},
		FlowRuns: spec.FlowRuns{ExecutionRole: *execution}}
	policy := must(provision.NewPolicy(provision.PolicyWorker, spec.WithDefaults(), provision.Identity{
		Account: "123456789012", Partition: "aws", Region: "us-east-1",
	}, provision.Server{}))(t)
	statements := slices.DeleteFunc(policy.Statements, func(s templates.Statement) bool { return s.Sid == withheld })
	must(api.PutRolePolicy(t.Context(), &iam.PutRolePolicyInput{
		RoleName: aws.String("worker"), PolicyName: aws.String("p"),
		PolicyDocument: aws.String(templates.Document(statements)),
	}))(t)
	session := must(sts.NewFromConfig(l.aws).AssumeRole(t.Context(), &sts.AssumeRoleInput{
		RoleArn: own, RoleSessionName: aws.String("it"),
	}))(t).Credentials
	l.as = l.aws.Copy()
	l.as.Credentials = credentials.NewStaticCredentialsProvider(*session.AccessKeyId, *session.SecretAccessKey,
		*session.SessionToken)
	l.job = hangingJob()
	l.job["execution_role_arn"] = *execution
	return l
}

func (l *limited) begin(listening bool) {
	l.start(func(o *worker.Options) {
		impatient(o)
		noRunnerGrace(o)
		o.AWS, o.Logger = l.as, slog.New(slog.NewTextHandler(l, nil))
		if listening {
			listens(o)
		}
	})
}

// The role that bootstrap makes is enough to launch, to follow and to cancel, with the
// queue and without.
func TestTheRolesPolicyIsEnough(t *testing.T) {
	t.Parallel()
	for name, listening := range map[string]bool{"with the queue": true, "without it": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l := newLimited(t, "")
			id := l.runs(l.deployment(l.job), 1)[0]
			l.begin(listening)
			l.await(id, prefect.Running)
			l.cancelling(id)
			l.await(id, prefect.Cancelled)
			if text := l.logged(); strings.Contains(text, "not authorized") {
				t.Errorf("the worker missed a right:\n%s", text)
			}
		})
	}
}

// Without a statement a launch fails, or the log says what is missed: the action, what it
// is on, and the statement that allows it.
func TestEachStatementOfTheRolesPolicyIsMissed(t *testing.T) {
	t.Parallel()
	const launch, cancelling, queue = "launch", "cancel", "queue"
	for sid, tc := range map[string]struct{ action, when string }{
		"RegisterFlowRunTaskDefinitions": {"ecs:RegisterTaskDefinition on resource: arn:", launch},
		"RunFlowRunTasks":                {"ecs:RunTask on resource: arn:", launch},
		"TagWhatIsCreated":               {"ecs:TagResource on resource: arn:", launch},
		"PassFlowRunRoles":               {"iam:PassRole on resource: arn:", launch},
		"ReadNetworks":                   {"ec2:DescribeVpcs", launch},
		"ReadAndRetireTaskDefinitions":   {"ecs:DescribeTaskDefinition on resource: *", cancelling},
		"FindTasksOfOtherWorkers":        {"ecs:ListTasks on resource: *", cancelling},
		"WatchAndStopTasks":              {"ecs:StopTask on resource: arn:", cancelling},
		"ReadTaskChanges":                {"sqs:getqueueurl on resource: arn:", queue},
	} {
		t.Run(sid, func(t *testing.T) {
			t.Parallel()
			l := newLimited(t, sid)
			id := l.runs(l.deployment(l.job), 1)[0]
			if sid == "FindTasksOfOtherWorkers" {
				first := l.stuck("killed") // its claim is gone on with
				first.kill()
				<-first.ended
				l.server.ClearFaults()
			}
			l.begin(tc.when == queue)
			text := l.logged
			if tc.when == launch {
				message := l.await(id, prefect.Crashed).State.Message
				text = func() string { return message }
			} else if sid != "FindTasksOfOtherWorkers" {
				l.await(id, prefect.Running)
				l.cancelling(id)
			}
			for _, want := range []string{"not authorized to perform: " + tc.action, sid,
				" of `ecsctl policy worker`"} {
				eventually(t, "the worker to say "+want, func() bool { return strings.Contains(text(), want) })
			}
		})
	}
}
