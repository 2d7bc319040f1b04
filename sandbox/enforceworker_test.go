package sandbox_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	logs "github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"ecsctl/jobtemplate"
	"ecsctl/templates"
)

// worker is a role with the policy that bootstrap gives to workers, and what it is for.
type worker struct {
	*clients            // of the account
	it         *clients // of the role
	role, pass *string  // the worker's own, and the one that it may pass
	document   string   // the policy
	values     map[string]any
	run        *ecs.RunTaskInput
}

func newWorker(t *testing.T) *worker {
	t.Helper()
	c := enforced(t)
	const account = ":us-east-1:123456789012:"
	w := &worker{clients: c, pass: c.roleWith(t, "flow-runs", nil).Arn}
	cluster := c.cluster(t)
	families, tasks := "arn:aws:ecs"+account+"task-definition/"+jobtemplate.FamilyPattern("p")+":*",
		"arn:aws:ecs"+account+"task/"+*cluster+"/*"
	w.values = map[string]any{
		"Cluster": "arn:aws:ecs" + account + "cluster/" + *cluster, "Tasks": tasks, "FlowRunTaskDefinitions": families,
		"AnyTaskDefinition": "arn:aws:ecs:*:*:task-definition/*",
		"Taggable":          []string{tasks, families}, "PassRoles": *w.pass, "Region": "us-east-1",
		"Compatibilities": []string{"FARGATE"}, "WithoutCompatibility": []string{"false"},
		"RefusedPrivileges": []string{"true"}, "RefusedExec": []string{"true"},
		"LogStreams": "arn:aws:logs" + account + "log-group:/ecs/prefect/p:log-stream:*",
		"Queues":     "arn:aws:sqs" + account + "prefect-p", "ExecChannels": []string{},
		"InfrastructureRoles": []string{},
	}
	w.document = templates.Policy(templates.WorkerPolicy, w.values)
	must(c.logs.CreateLogGroup(t.Context(), &logs.CreateLogGroupInput{LogGroupName: aws.String("/ecs/prefect/p")}))(t)
	must(c.logs.CreateLogStream(t.Context(), &logs.CreateLogStreamInput{
		LogGroupName: aws.String("/ecs/prefect/p"), LogStreamName: aws.String("s"),
	}))(t)
	must(c.sqs.CreateQueue(t.Context(), &sqs.CreateQueueInput{QueueName: aws.String("prefect-p")}))(t)
	role := c.roleWith(t, "worker", &w.document)
	w.role, w.it = role.Arn, c.assume(t, role.Arn)
	w.run = &ecs.RunTaskInput{Cluster: cluster, LaunchType: types.LaunchTypeFargate, NetworkConfiguration: c.network(t),
		Tags: []types.Tag{{Key: aws.String("prefect.io/flow-run-id"), Value: aws.String("1")}}}
	return w
}

// familyOf is what a worker of the pool registers for a deployment.
func familyOf(pool string, deployment int) string {
	return fmt.Sprintf("prefect_%s_00000000-0000-4000-8000-%012d", pool, deployment)
}

// definition of a flow run, to be registered.
func (w *worker) definition(t *testing.T, family string) *ecs.RegisterTaskDefinitionInput {
	t.Helper()
	in := w.sleeper(t)
	in.Family, in.ExecutionRoleArn, in.TaskRoleArn = &family, w.pass, nil
	in.Tags = w.run.Tags
	return in
}

// withhold takes a statement out of the worker's policy.
func (w *worker) withhold(t *testing.T, sid string) {
	t.Helper()
	var doc struct {
		Version   string
		Statement []map[string]any
	}
	if err := json.Unmarshal([]byte(w.document), &doc); err != nil {
		t.Fatal(err)
	}
	all := len(doc.Statement)
	doc.Statement = slices.DeleteFunc(doc.Statement, func(st map[string]any) bool { return st["Sid"] == sid })
	if len(doc.Statement) != all-1 {
		t.Fatalf("the policy has no statement %s", sid)
	}
	text := string(must(json.Marshal(doc))(t))
	must(w.iam.PutRolePolicy(t.Context(), &iam.PutRolePolicyInput{
		RoleName: aws.String("worker"), PolicyName: aws.String("p"), PolicyDocument: &text,
	}))(t)
}

func TestTheWorkersPolicyIsEnough(t *testing.T) {
	t.Parallel()
	w := newWorker(t)
	ctx := t.Context()
	must(w.it.ec2.DescribeVpcs(ctx, &ec2.DescribeVpcsInput{}))(t)
	must(w.it.ec2.DescribeSubnets(ctx, &ec2.DescribeSubnetsInput{}))(t)
	w.run.TaskDefinition = must(w.it.ecs.RegisterTaskDefinition(ctx, w.definition(t, familyOf("p", 1))))(
		t).TaskDefinition.TaskDefinitionArn
	must(w.it.ecs.DescribeTaskDefinition(ctx, &ecs.DescribeTaskDefinitionInput{TaskDefinition: w.run.TaskDefinition}))(
		t)
	task := must(w.it.ecs.RunTask(ctx, w.run))(t).Tasks[0].TaskArn
	must(w.it.ecs.DescribeTasks(ctx, &ecs.DescribeTasksInput{Cluster: w.run.Cluster, Tasks: []string{*task}}))(t)
	must(w.it.ecs.StopTask(ctx, &ecs.StopTaskInput{Cluster: w.run.Cluster, Task: task}))(t)
	must(w.it.ecs.DeregisterTaskDefinition(ctx,
		&ecs.DeregisterTaskDefinitionInput{TaskDefinition: w.run.TaskDefinition}))(t)
}

func TestTheWorkersPolicyIsNoMore(t *testing.T) {
	t.Parallel()
	w := newWorker(t)
	ctx := t.Context()
	const who = "User: arn:aws:sts::123456789012:assumed-role/worker/it is not authorized to perform: "
	mine := must(w.it.ecs.RegisterTaskDefinition(ctx, w.definition(t, familyOf("p", 1))))(
		t).TaskDefinition.TaskDefinitionArn

	elsewhere := *w.run
	elsewhere.TaskDefinition, elsewhere.Cluster = mine, w.cluster(t)
	wantMessage(t, failed(w.it.ecs.RunTask(ctx, &elsewhere)), "AccessDeniedException",
		who+"ecs:RunTask on resource: arn:aws:ecs:us-east-1:123456789012:task-definition/"+familyOf("p", 1)+
			":1 because no identity-based policy allows the ecs:RunTask action")
	wantMessage(t, failed(w.it.ecs.RegisterTaskDefinition(ctx, w.definition(t, "other"))), "AccessDeniedException",
		who+
			"ecs:RegisterTaskDefinition on resource: arn:aws:ecs:us-east-1:123456789012:task-definition/other:1 "+
			"because")

	admin := w.roleWith(t, "admin", policyOf(may("*", "*"))).Arn
	in := w.definition(t, familyOf("p", 2))
	in.TaskRoleArn = admin
	wantMessage(t, failed(w.it.ecs.RegisterTaskDefinition(ctx, in)), "AccessDeniedException",
		who+"iam:PassRole on resource: "+*admin+" because")
	over := *w.run
	over.TaskDefinition, over.Overrides = mine, &types.TaskOverride{TaskRoleArn: admin}
	wantMessage(t, failed(w.it.ecs.RunTask(ctx, &over)), "AccessDeniedException", who+"iam:PassRole on resource: "+
		*admin+" because")

	theirs := must(w.ecs.RegisterTaskDefinition(ctx, w.definition(t, "theirs")))(t).TaskDefinition.TaskDefinitionArn
	elsewhere.TaskDefinition = theirs
	task := must(w.ecs.RunTask(ctx, &elsewhere))(t).Tasks[0].TaskArn
	wantMessage(t, failed(w.it.ecs.StopTask(ctx, &ecs.StopTaskInput{Cluster: elsewhere.Cluster, Task: task})),
		"AccessDeniedException", "ecs:StopTask on resource: "+*task)
	wantMessage(t, failed(w.it.ecs.TagResource(ctx, &ecs.TagResourceInput{ResourceArn: mine, Tags: w.run.Tags})),
		"AccessDeniedException",
		who+"ecs:TagResource on resource: "+*mine+" because") // only while creating
}

// What a flow author may ask of a worker and AWS would do: a privileged container, a machine of the
// account's own in place of Fargate, a shell by ECS Exec, and the families of another pool.
func TestWhatAFlowAuthorMayNotHaveOfECS(t *testing.T) {
	t.Parallel()
	w := newWorker(t)
	ctx := t.Context()
	for name, change := range map[string]func(in *ecs.RegisterTaskDefinitionInput){
		"privileged": func(in *ecs.RegisterTaskDefinitionInput) {
			in.ContainerDefinitions[0].Privileged = aws.Bool(true)
		},
		"EC2": func(in *ecs.RegisterTaskDefinitionInput) { in.RequiresCompatibilities = []types.Compatibility{"EC2"} },
		"EC2 as well": func(in *ecs.RegisterTaskDefinitionInput) {
			in.RequiresCompatibilities = append(in.RequiresCompatibilities, "EC2")
		},
		"anything":     func(in *ecs.RegisterTaskDefinitionInput) { in.RequiresCompatibilities = nil },
		"another pool": func(in *ecs.RegisterTaskDefinitionInput) { in.Family = aws.String(familyOf("p_x", 1)) },
	} {
		in := w.definition(t, familyOf("p", 1))
		change(in)
		if err := failed(w.it.ecs.RegisterTaskDefinition(ctx, in)); err == nil {
			t.Errorf("%s: it was registered", name)
		} else {
			wantMessage(t, err, "AccessDeniedException", "not authorized to perform: ecs:RegisterTaskDefinition")
		}
	}
	w.run.TaskDefinition = must(w.it.ecs.RegisterTaskDefinition(ctx, w.definition(t, familyOf("p", 1))))(
		t).TaskDefinition.TaskDefinitionArn
	w.run.EnableExecuteCommand = true
	wantMessage(t, failed(w.it.ecs.RunTask(ctx, w.run)), "AccessDeniedException",
		"not authorized to perform: ecs:RunTask")
	w.run.EnableExecuteCommand = false
	must(w.it.ecs.RunTask(ctx, w.run))(t)
}

// Each statement is needed: without it a call fails, and says what is missing.
func TestEachStatementOfTheWorkersPolicyIsNeeded(t *testing.T) {
	t.Parallel()
	for sid, tc := range map[string]struct {
		missing string
		call    func(t *testing.T, w *worker) error
	}{
		"RegisterFlowRunTaskDefinitions": {"ecs:RegisterTaskDefinition", func(t *testing.T, w *worker) error {
			return failed(w.it.ecs.RegisterTaskDefinition(t.Context(), w.definition(t, familyOf("p", 2))))
		}},
		"RegisterWhereAWSNamesNone": {"ecs:RegisterTaskDefinition", func(t *testing.T, w *worker) error {
			return failed(w.it.ecs.RegisterTaskDefinition(t.Context(), w.definition(t, familyOf("p", 2))))
		}},
		"ReadAndRetireTaskDefinitions": {"ecs:DescribeTaskDefinition", func(t *testing.T, w *worker) error {
			return failed(w.it.ecs.DescribeTaskDefinition(t.Context(),
				&ecs.DescribeTaskDefinitionInput{TaskDefinition: w.run.TaskDefinition}))
		}},
		"RunFlowRunTasks": {"ecs:RunTask", func(t *testing.T, w *worker) error {
			return failed(w.it.ecs.RunTask(t.Context(), w.run))
		}},
		"WatchAndStopTasks": {"ecs:DescribeTasks", func(t *testing.T, w *worker) error {
			return failed(w.it.ecs.DescribeTasks(t.Context(), &ecs.DescribeTasksInput{
				Cluster: w.run.Cluster, Tasks: []string{"0123456789abcdef0123456789abcdef"},
			}))
		}},
		"TagWhatIsCreated": {"ecs:TagResource", func(t *testing.T, w *worker) error {
			return failed(w.it.ecs.RunTask(t.Context(), w.run))
		}},
		"PassFlowRunRoles": {"iam:PassRole", func(t *testing.T, w *worker) error {
			return failed(w.it.ecs.RunTask(t.Context(), w.run))
		}},
		"ReadNetworks": {"ec2:DescribeVpcs", func(t *testing.T, w *worker) error {
			return failed(w.it.ec2.DescribeVpcs(t.Context(), &ec2.DescribeVpcsInput{}))
		}},
		"ReadTaskChanges": {"sqs:getqueueurl", func(t *testing.T, w *worker) error {
			return failed(w.it.sqs.GetQueueUrl(t.Context(), &sqs.GetQueueUrlInput{QueueName: aws.String("prefect-p")}))
		}},
		"ReadFlowRunLogs": {"logs:GetLogEvents", func(t *testing.T, w *worker) error {
			return failed(w.it.logs.GetLogEvents(t.Context(), &logs.GetLogEventsInput{
				LogGroupName: aws.String("/ecs/prefect/p"), LogStreamName: aws.String("s"),
			}))
		}},
	} {
		t.Run(sid, func(t *testing.T) {
			t.Parallel()
			w := newWorker(t)
			w.run.TaskDefinition = must(w.it.ecs.RegisterTaskDefinition(t.Context(),
				w.definition(t, familyOf("p", 1))))(t).TaskDefinition.TaskDefinitionArn
			if !strings.HasPrefix(sid, "Register") {
				if err := tc.call(t, w); err != nil {
					t.Fatalf("with the statement: %v", err)
				}
			}
			w.withhold(t, sid)
			code := "AccessDeniedException"
			switch vendor, _, _ := strings.Cut(tc.missing, ":"); vendor {
			case "ec2":
				code = "UnauthorizedOperation"
			case "sqs":
				code = "AccessDenied"
			}
			wantMessage(t, tc.call(t, w), code, "because no identity-based policy allows the "+tc.missing+" action")
		})
	}
}
