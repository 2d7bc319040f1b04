package provision_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/google/go-cmp/cmp"

	"ecsctl/internal/hint"
	"ecsctl/provision"
	"ecsctl/provision/spec"
	"ecsctl/sandbox"
)

const flowFamily = "prefect_etl_11111111-2222-3333-4444-555555555555"

// registerFlow registers a revision as a worker does for a deployment.
func (a *account) registerFlow() string { a.t.Helper(); return a.registerFamily(flowFamily) }

func (a *account) registerFamily(family string) string {
	a.t.Helper()
	made, err := a.source.ECS.RegisterTaskDefinition(a.t.Context(), &ecs.RegisterTaskDefinitionInput{
		Family: &family, Cpu: aws.String("256"), Memory: aws.String("512"),
		NetworkMode:             ecstypes.NetworkModeAwsvpc,
		RequiresCompatibilities: []ecstypes.Compatibility{ecstypes.CompatibilityFargate},
		ContainerDefinitions: []ecstypes.ContainerDefinition{{Name: aws.String("prefect"),
			Image: aws.String("flow")}},
	})
	if err != nil {
		a.t.Fatal(err)
	}
	return *made.TaskDefinition.TaskDefinitionArn
}

// runFlow starts a flow run in the pool's network and waits until it has its interface.
func (a *account) runFlow(definition string) string {
	a.t.Helper()
	return a.run(definition, tagOfPool("etl"))
}

func (a *account) run(definition string, tags []ecstypes.Tag) string {
	a.t.Helper()
	ctx, api := a.t.Context(), a.source.ECS
	service, err := api.DescribeServices(ctx, &ecs.DescribeServicesInput{Services: []string{*family}})
	if err != nil {
		a.t.Fatal(err)
	}
	ran, err := api.RunTask(ctx, &ecs.RunTaskInput{
		TaskDefinition: &definition, LaunchType: ecstypes.LaunchTypeFargate,
		NetworkConfiguration: service.Services[0].NetworkConfiguration,
		Tags:                 tags,
	})
	if err != nil {
		a.t.Fatal(err)
	}
	arn := *ran.Tasks[0].TaskArn
	a.eventually("the run's task to run", func() bool { return a.statusOf(arn) == "RUNNING" })
	return arn
}

func (a *account) statusOf(task string) string {
	a.t.Helper()
	out, err := a.source.ECS.DescribeTasks(a.t.Context(), &ecs.DescribeTasksInput{Tasks: []string{task}})
	if err != nil {
		a.t.Fatal(err)
	}
	return *out.Tasks[0].LastStatus
}

// untilStopped plays a container that runs until it is stopped.
func untilStopped(ctx context.Context, _ []string) int { <-ctx.Done(); return 0 }

// With --running leave the plan leaves what the runs use; when they have ended another teardown removes it.
func TestRunsThatAreLeftKeepWhatTheyUse(t *testing.T) {
	t.Parallel()
	a := newAccount(t, sandbox.Options{Functions: map[string]sandbox.Function{"flow": untilStopped}}, 3)
	before := a.snapshot()
	a.bootstrap()
	definition := a.registerFlow()
	task := a.runFlow(definition)
	options := provision.TeardownOptions{Options: a.options(), Limit: patience, Running: provision.RunningLeave}
	options.Spec = spec.Spec{Pool: "etl", Region: region}
	plan, err := provision.NewTeardown(t.Context(), options)
	if err != nil {
		t.Fatal(err)
	}
	for _, kind := range []provision.Kind{provision.KindCluster, provision.KindSecurityGroup} {
		c := change(t, plan, kind)
		if c.Action != provision.Leave || c.Reason != "still used by 1 flow run" {
			t.Errorf("got %+v", c)
		}
	}
	a.apply(plan)
	if got := a.statusOf(task); got != "RUNNING" {
		t.Errorf("the run is %s", got)
	}
	if _, err := a.source.ECS.StopTask(t.Context(), &ecs.StopTaskInput{Task: &task}); err != nil {
		t.Fatal(err)
	}
	a.removed()
	a.sameAs(before)
	a.wantNoRevisions()
}

// Revisions are deleted, those too that were deregistered before; none stays INACTIVE.
func TestTeardownDeletesRevisions(t *testing.T) {
	t.Parallel()
	a := newAccount(t, sandbox.Options{}, 3)
	a.bootstrap()
	for n := range 12 {
		arn := a.registerFlow()
		if n%2 == 0 {
			_, err := a.source.ECS.DeregisterTaskDefinition(t.Context(),
				&ecs.DeregisterTaskDefinitionInput{TaskDefinition: &arn})
			if err != nil {
				t.Fatal(err)
			}
		}
	}
	plan := a.planTeardown("etl")
	var reasons []string
	for _, c := range plan.Changes {
		if c.Kind == provision.KindTaskDefinition {
			reasons = append(reasons, c.Name+": "+c.Reason)
		}
	}
	want := []string{"prefect_etl_*: of flow runs; 6 ACTIVE, 6 INACTIVE", "prefect-worker-etl: 1 ACTIVE, 0 INACTIVE"}
	if diff := cmp.Diff(want, reasons); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	a.apply(plan)
	a.wantNoRevisions()
}

func (a *account) wantNoRevisions() {
	a.t.Helper()
	for _, status := range ecstypes.TaskDefinitionStatus("").Values() {
		out, err := a.source.ECS.ListTaskDefinitions(a.t.Context(), &ecs.ListTaskDefinitionsInput{Status: status})
		if err != nil {
			a.t.Fatal(err)
		}
		if len(out.TaskDefinitionArns) > 0 {
			a.t.Errorf("%s: %q", status, out.TaskDefinitionArns)
		}
	}
}

// What others have in a security group, or of a role, is named, and is not waited for.
func TestTeardownNamesWhatIsInTheWay(t *testing.T) {
	t.Parallel()
	a := newAccount(t, sandbox.Options{}, 3)
	before := a.snapshot()
	a.bootstrap()
	group, other, eni := a.useGroup()
	a.useRole()
	stands, err := a.tryTeardown(t.Context(), patience)
	if diff := cmp.Diff([]string{"worker-role", "work-pool", "security-group"}, stands); diff != "" {
		t.Errorf("left (-want +got):\n%s", diff)
	}
	for _, want := range []string{
		fmt.Sprintf("failed to delete the security group %s: it is used by a rule of security group %s (theirs), "+
			"network interface %s (ELB app/web)", group, other, eni),
		`worker-role "prefect-etl-eu-west-1-worker": it is in the instance profile theirs: EC2 instances may use it`,
	} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v\nwant %s", err, want)
		}
	}
	hints := strings.Join(hint.Of(err), "\n")
	if !strings.Contains(hints, "--instance-profile-name theirs --role-name prefect-etl-eu-west-1-worker") {
		t.Errorf("got hints %s", hints)
	}
	attached, err := a.source.IAM.ListRolePolicies(t.Context(), &iam.ListRolePoliciesInput{RoleName: workerRole})
	if err != nil || len(attached.PolicyNames) == 0 {
		t.Errorf("the role has lost its policies: %v, %v", attached, err)
	}
	a.unuse(other, eni)
	a.removed()
	a.sameAs(before)
}

// useGroup puts a rule of another group and an interface in the way.
func (a *account) useGroup() (group, other, eni string) {
	a.t.Helper()
	ctx, api := a.t.Context(), a.source.EC2
	found, err := api.DescribeSecurityGroups(ctx, &ec2.DescribeSecurityGroupsInput{Filters: []ec2types.Filter{
		{Name: aws.String("group-name"), Values: []string{"prefect-etl"}}}})
	if err != nil {
		a.t.Fatal(err)
	}
	group = *found.SecurityGroups[0].GroupId
	made, err := api.CreateSecurityGroup(ctx, &ec2.CreateSecurityGroupInput{GroupName: aws.String("theirs"),
		Description: aws.String("d"), VpcId: found.SecurityGroups[0].VpcId})
	if err != nil {
		a.t.Fatal(err)
	}
	_, err = api.AuthorizeSecurityGroupIngress(ctx, &ec2.AuthorizeSecurityGroupIngressInput{GroupId: made.GroupId,
		IpPermissions: []ec2types.IpPermission{{IpProtocol: aws.String("-1"),
			UserIdGroupPairs: []ec2types.UserIdGroupPair{{GroupId: &group}}}}})
	if err != nil {
		a.t.Fatal(err)
	}
	subnets, err := api.DescribeSubnets(ctx, &ec2.DescribeSubnetsInput{})
	if err != nil {
		a.t.Fatal(err)
	}
	i, err := api.CreateNetworkInterface(ctx, &ec2.CreateNetworkInterfaceInput{
		SubnetId: subnets.Subnets[0].SubnetId, Groups: []string{group}, Description: aws.String("ELB app/web")})
	if err != nil {
		a.t.Fatal(err)
	}
	return group, *made.GroupId, *i.NetworkInterface.NetworkInterfaceId
}

// useRole puts the worker's role into an instance profile.
func (a *account) useRole() {
	a.t.Helper()
	ctx, api, name := a.t.Context(), a.source.IAM, aws.String("theirs")
	if _, err := api.CreateInstanceProfile(ctx,
		&iam.CreateInstanceProfileInput{InstanceProfileName: name}); err != nil {
		a.t.Fatal(err)
	}
	_, err := api.AddRoleToInstanceProfile(ctx, &iam.AddRoleToInstanceProfileInput{InstanceProfileName: name,
		RoleName: workerRole})
	if err != nil {
		a.t.Fatal(err)
	}
}

// unuse takes all of it away again.
func (a *account) unuse(other, eni string) {
	a.t.Helper()
	ctx, api := a.t.Context(), a.source.EC2
	if _, err := api.DeleteSecurityGroup(ctx, &ec2.DeleteSecurityGroupInput{GroupId: &other}); err != nil {
		a.t.Fatal(err)
	}
	if _, err := api.DeleteNetworkInterface(ctx,
		&ec2.DeleteNetworkInterfaceInput{NetworkInterfaceId: &eni}); err != nil {
		a.t.Fatal(err)
	}
	_, err := a.source.IAM.RemoveRoleFromInstanceProfile(ctx, &iam.RemoveRoleFromInstanceProfileInput{
		InstanceProfileName: aws.String("theirs"), RoleName: workerRole})
	if err != nil {
		a.t.Fatal(err)
	}
	_, err = a.source.IAM.DeleteInstanceProfile(ctx,
		&iam.DeleteInstanceProfileInput{InstanceProfileName: aws.String("theirs")})
	if err != nil {
		a.t.Fatal(err)
	}
}
