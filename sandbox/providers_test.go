package sandbox_test

import (
	"context"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"ecsctl/sandbox"
)

const someGroup = "arn:aws:autoscaling:us-east-1:123456789012:autoScalingGroup:00000000-0000-4000-8000-000000000000:" +
	"autoScalingGroupName/batch"

// makeProvider makes a capacity provider of a group that ECS scales, or does not.
func (c *clients) makeProvider(ctx context.Context, name string, scaled types.ManagedScalingStatus) error {
	_, err := c.ecs.CreateCapacityProvider(ctx, &ecs.CreateCapacityProviderInput{Name: &name,
		AutoScalingGroupProvider: &types.AutoScalingGroupProvider{AutoScalingGroupArn: aws.String(someGroup),
			ManagedScaling: &types.ManagedScaling{Status: scaled}}})
	return err
}

// Tasks run on the instances of a group whose capacity provider the cluster has, as ECS describes them.
func TestTasksOnInstances(t *testing.T) {
	t.Parallel()
	c := running(t, "exec sleep 600", sandbox.Options{})
	ctx := t.Context()
	must(c.ecs.CreateCluster(ctx, &ecs.CreateClusterInput{CapacityProviders: []string{"FARGATE"}}))(t)
	definition := must(c.ecs.RegisterTaskDefinition(ctx, &ecs.RegisterTaskDefinitionInput{Family: aws.String("ec2"),
		ContainerDefinitions: []types.ContainerDefinition{{Name: aws.String("app"),
			Image: aws.String(testImage), Cpu: 128,
			Command: []string{"app"},
			Memory:  aws.Int32(300)}}}))(t).TaskDefinition.TaskDefinitionArn
	input := func() *ecs.RunTaskInput {
		return &ecs.RunTaskInput{TaskDefinition: definition,
			CapacityProviderStrategy: []types.CapacityProviderStrategyItem{{CapacityProvider: aws.String("batch"),
				Weight: 1}}}
	}
	refused := func(want string, change func(*ecs.RunTaskInput)) {
		t.Helper()
		in := input()
		if change != nil {
			change(in)
		}
		if _, err := c.ecs.RunTask(ctx, in); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q", err, want)
		}
	}
	associate := func(names ...string) error {
		_, err := c.ecs.PutClusterCapacityProviders(ctx,
			&ecs.PutClusterCapacityProvidersInput{Cluster: aws.String("default"),
				CapacityProviders: names, DefaultCapacityProviderStrategy: []types.CapacityProviderStrategyItem{}})
		return err
	}
	refused("'batch' was not found", nil)
	if err := associate("FARGATE", "batch"); err == nil || !strings.Contains(err.Error(), "'batch' was not found") {
		t.Errorf("associated before it was made: %v", err)
	}
	for _, name := range []string{"batch", "unscaled"} {
		scaled := map[string]types.ManagedScalingStatus{"batch": types.ManagedScalingStatusEnabled}[name]
		if err := c.makeProvider(ctx, name, scaled); err != nil {
			t.Fatal(err)
		}
	}
	refused("not associated with the cluster", nil)
	if err := associate("FARGATE", "batch", "unscaled"); err != nil {
		t.Fatal(err)
	}
	refused("No Container Instances", func(in *ecs.RunTaskInput) {
		in.CapacityProviderStrategy[0].CapacityProvider = aws.String("unscaled")
	})
	refused("not valid for the given networkMode", func(in *ecs.RunTaskInput) {
		in.NetworkConfiguration = c.network(t)
	})
	refused("platform version must be null", func(in *ecs.RunTaskInput) { in.PlatformVersion = aws.String("1.4.0") })

	in := input()
	in.PlacementStrategy = []types.PlacementStrategy{{Type: types.PlacementStrategyTypeBinpack,
		Field: aws.String("memory")}}
	run := must(c.ecs.RunTask(ctx, in))(t)
	if len(run.Tasks) != 1 {
		t.Fatalf("got %+v", run)
	}
	eventually(t, "the task to run", func() bool {
		out := must(c.ecs.DescribeTasks(ctx, &ecs.DescribeTasksInput{Tasks: []string{*run.Tasks[0].TaskArn}}))(t)
		if *out.Tasks[0].LastStatus == "STOPPED" {
			t.Fatal(aws.ToString(out.Tasks[0].StoppedReason))
		}
		return *out.Tasks[0].LastStatus == "RUNNING"
	})
	task := run.Tasks[0]
	if task.LaunchType != types.LaunchTypeEc2 || *task.CapacityProviderName != "batch" || task.PlatformVersion != nil ||
		task.ContainerInstanceArn == nil || *task.Cpu != "128" || *task.Memory != "300" {
		t.Errorf("got %+v", task)
	}
}

// What ECS says of capacity providers, and what it refuses.
func TestCapacityProviders(t *testing.T) {
	t.Parallel()
	c := start(t, sandbox.Options{})
	ctx := t.Context()
	if err := c.makeProvider(ctx, "batch", types.ManagedScalingStatusEnabled); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{"batch": "already exists", "ecs-mine": "can't be prefixed",
		"fargate": "prefixed",
		"a b":     "Invalid"} {
		if err := c.makeProvider(ctx, name, ""); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want %q", name, err, want)
		}
	}
	must(c.ecs.CreateCluster(ctx, &ecs.CreateClusterInput{CapacityProviders: []string{"FARGATE", "batch"}}))(t)
	describe := func(names ...string) *ecs.DescribeCapacityProvidersOutput {
		return must(c.ecs.DescribeCapacityProviders(ctx,
			&ecs.DescribeCapacityProvidersInput{CapacityProviders: names}))(t)
	}
	if got := describe(); len(got.CapacityProviders) != 3 || got.CapacityProviders[0].AutoScalingGroupProvider != nil {
		t.Errorf("got %+v", got.CapacityProviders)
	}
	got := describe("batch", "nobody")
	if len(got.CapacityProviders) != 1 || got.CapacityProviders[0].Status != types.CapacityProviderStatusActive ||
		*got.CapacityProviders[0].AutoScalingGroupProvider.AutoScalingGroupArn != someGroup || len(got.Failures) != 1 ||
		*got.Failures[0].Reason != "MISSING" {
		t.Errorf("got %+v", got)
	}
	drop := &ecs.DeleteCapacityProviderInput{CapacityProvider: aws.String("batch")}
	kept := must(c.ecs.DeleteCapacityProvider(ctx, drop))(t).CapacityProvider
	if kept.Status != types.CapacityProviderStatusActive ||
		kept.UpdateStatus != types.CapacityProviderUpdateStatusDeleteFailed ||
		!strings.Contains(aws.ToString(kept.UpdateStatusReason), "associated with cluster: default") {
		t.Errorf("deleted although a cluster has it: %+v", kept)
	}
	must(c.ecs.PutClusterCapacityProviders(ctx, &ecs.PutClusterCapacityProvidersInput{Cluster: aws.String("default"),
		CapacityProviders: []string{}, DefaultCapacityProviderStrategy: []types.CapacityProviderStrategyItem{}}))(t)
	must(c.ecs.DeleteCapacityProvider(ctx, drop))(t)
	if got := describe("batch").CapacityProviders; got[0].Status != types.CapacityProviderStatusInactive {
		t.Errorf("got %+v", got)
	}
}
