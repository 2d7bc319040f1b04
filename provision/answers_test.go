package provision_test

import (
	"regexp"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"ecsctl/image"
	"ecsctl/internal/testkit/inventory"
	"ecsctl/operate/status"
	"ecsctl/provision"
	"ecsctl/provision/spec"
	"ecsctl/sandbox"
	"ecsctl/sandbox/fault"
)

// Answers are matched to the question: where lists ignore their filters, as an emulator's may, bootstrap, status
// and teardown do the same as where they do not, in an account in which others have things.
func TestAnswersAreMatched(t *testing.T) {
	t.Parallel()
	run := func(ignored bool) (made *inventory.Snapshot, seen *status.Status) {
		a := newAccount(t, sandbox.Options{RestartDelay: time.Millisecond, Functions: map[string]sandbox.Function{
			"flow": untilStopped, "prefecthq/*": untilStopped,
		}}, 1)
		one := 1
		a.spec.Worker.DesiredCount, a.spec.Worker.Runtime = &one, spec.RuntimePrefect
		a.crowd()
		before := a.snapshot()
		blind := func() {
			if ignored {
				a.server.AddFault(fault.Fault{Kind: fault.Unfiltered, Times: -1})
			}
		}
		blind()
		a.bootstrap()
		a.settled()
		if got := a.recall(spec.Spec{Pool: "etl", Region: region}); len(got.Network.SecurityGroups) > 0 {
			t.Errorf("groups of others are recalled: %q", got.Network.SecurityGroups)
		}
		a.server.ClearFaults()
		a.foreignTask()
		a.endedRun()
		a.replaceTask()
		blind()
		seen = a.status()
		a.server.ClearFaults()
		made = a.snapshot()
		blind()
		plan := a.planTeardown("etl")
		var groups []string
		for _, c := range plan.Changes {
			if c.Kind == provision.KindSecurityGroup {
				groups = append(groups, string(c.Action)+" "+c.Name)
			}
		}
		if diff := cmp.Diff([]string{"delete prefect-etl"}, groups); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
		a.stopAll()
		a.apply(plan)
		a.server.ClearFaults()
		a.same("before", before)
		return made, seen
	}
	made, seen := run(false)
	madeBlind, seenBlind := run(true)
	if diff := inventory.Diff(made, madeBlind); diff != "" {
		t.Errorf("what bootstrap makes (-filtered +not):\n%s", diff)
	}
	volatile := cmpopts.IgnoreFields(status.Status{}, "Time", "Server")
	if diff := cmp.Diff(seen, seenBlind, volatile, cmpopts.IgnoreTypes(time.Time{}), idsOfAccount,
		taskOfCause); diff != "" {
		t.Errorf("status (-filtered +not):\n%s", diff)
	}
}

// idsOfAccount leaves out what has an id, which is another in each account.
var idsOfAccount = cmp.FilterPath(func(p cmp.Path) bool {
	switch p.Last().String() {
	case ".ID", ".Reason", ".Events":
		return true
	}
	return false
}, cmp.Ignore())

// taskOfCause leaves a task's id and age out of a cause.
var taskOfCause = cmp.FilterPath(func(p cmp.Path) bool { return p.Last().String() == ".Cause" },
	cmp.Transformer("task", func(cause string) []string {
		return regexp.MustCompile(`[0-9a-f]{32} started \d+s ago`).Split(cause, -1)
	}))

func (a *account) status() *status.Status {
	a.t.Helper()
	options := a.options()
	binary := options.Binary
	options.Spec = spec.Spec{Pool: "etl", Region: region}
	got, err := status.ReadStatus(a.t.Context(), status.Options{
		Options: options, Bootstrap: func(spec.Spec) string { return "bootstrap" }, StuckAfter: time.Minute,
		UseBinary: func(s spec.Spec) (spec.Spec, *image.Binary, error) { return s, binary, nil },
	})
	if err != nil {
		a.t.Fatal(err)
	}
	return got
}

// crowd makes things of others: another VPC with a group of the pool's name, and a log group.
func (a *account) crowd() {
	a.t.Helper()
	ctx, api := a.t.Context(), a.source.EC2
	vpc, err := api.CreateVpc(ctx, &ec2.CreateVpcInput{CidrBlock: aws.String("10.9.0.0/16")})
	if err != nil {
		a.t.Fatal(err)
	}
	id := vpc.Vpc.VpcId
	if _, err := api.CreateSubnet(ctx, &ec2.CreateSubnetInput{VpcId: id, CidrBlock: aws.String("10.9.1.0/24"),
		AvailabilityZone: aws.String(region + "a")}); err != nil {
		a.t.Fatal(err)
	}
	if _, err := api.CreateSecurityGroup(ctx, &ec2.CreateSecurityGroupInput{VpcId: id,
		GroupName: aws.String("prefect-etl"), Description: aws.String("theirs")}); err != nil {
		a.t.Fatal(err)
	}
	if _, err := a.source.Logs.CreateLogGroup(ctx, &cloudwatchlogs.CreateLogGroupInput{
		LogGroupName: aws.String("/a/theirs")}); err != nil {
		a.t.Fatal(err)
	}
	a.registerFamily("prefect_other_11111111-2222-3333-4444-555555555555")
}

// foreignTask runs a task of somebody else in the pool's cluster.
func (a *account) foreignTask() {
	a.t.Helper()
	a.run(a.registerFamily("prefect_other_11111111-2222-3333-4444-555555555555"), nil)
}

// endedRun runs a flow run of the pool that has ended.
func (a *account) endedRun() {
	a.t.Helper()
	arn := a.runFlow(a.registerFamily("prefect_etl_11111111-2222-3333-4444-555555555555"))
	if _, err := a.source.ECS.StopTask(a.t.Context(), &ecs.StopTaskInput{Task: &arn}); err != nil {
		a.t.Fatal(err)
	}
	a.eventually("the run's task to end", func() bool { return a.statusOf(arn) == "STOPPED" })
}

// replaceTask has the service start a second task in place of its first.
func (a *account) replaceTask() {
	a.t.Helper()
	var first []string
	tasks := func() []string {
		list, err := a.source.ECS.ListTasks(a.t.Context(), &ecs.ListTasksInput{ServiceName: family})
		if err != nil {
			a.t.Fatal(err)
		}
		return list.TaskArns
	}
	a.eventually("the service's task", func() bool { first = tasks(); return len(first) == 1 })
	if _, err := a.source.ECS.StopTask(a.t.Context(), &ecs.StopTaskInput{Task: &first[0]}); err != nil {
		a.t.Fatal(err)
	}
	a.eventually("its successor to run", func() bool {
		now := tasks()
		return a.statusOf(first[0]) == "STOPPED" && len(now) == 1 && now[0] != first[0] &&
			a.statusOf(now[0]) == "RUNNING"
	})
}

// stopAll stops every task and takes the second revision back.
func (a *account) stopAll() {
	a.t.Helper()
	ctx, api := a.t.Context(), a.source.ECS
	if _, err := api.DeregisterTaskDefinition(ctx, &ecs.DeregisterTaskDefinitionInput{
		TaskDefinition: aws.String("prefect_other_11111111-2222-3333-4444-555555555555:2")}); err != nil {
		a.t.Fatal(err)
	}
	list, err := api.ListTasks(ctx, &ecs.ListTasksInput{})
	if err != nil {
		a.t.Fatal(err)
	}
	for _, task := range list.TaskArns {
		if _, err := api.StopTask(ctx, &ecs.StopTaskInput{Task: &task}); err != nil {
			a.t.Fatal(err)
		}
	}
}

func tagOfPool(pool string) []ecstypes.Tag {
	return []ecstypes.Tag{{Key: aws.String("prefect.io/work-pool-name"), Value: &pool}}
}
