package provision_test

import (
	"context"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
	"github.com/google/go-cmp/cmp"

	"ecsctl/internal/hint"
	"ecsctl/provision"
	"ecsctl/provision/spec"
	"ecsctl/sandbox"
)

// providers are the cluster's capacity providers.
func (a *account) providers() []string {
	a.t.Helper()
	out, err := a.source.ECS.DescribeClusters(a.t.Context(), &ecs.DescribeClustersInput{})
	if err != nil || len(out.Clusters) != 1 {
		a.t.Fatalf("got %+v, error %v", out, err)
	}
	return out.Clusters[0].CapacityProviders
}

func associate(names ...string) func(context.Context, *account) error {
	return func(ctx context.Context, a *account) error {
		_, err := a.source.ECS.PutClusterCapacityProviders(ctx, &ecs.PutClusterCapacityProvidersInput{
			Cluster: aws.String("default"), CapacityProviders: append([]string{}, names...),
			DefaultCapacityProviderStrategy: []types.CapacityProviderStrategyItem{}})
		return err
	}
}

// ECS takes a run on FARGATE_SPOT in the cluster that we make.
func TestOurClusterTakesSpot(t *testing.T) {
	t.Parallel()
	a := newAccount(t, sandbox.Options{}, 3)
	a.spec.FlowRuns.LaunchType = "FARGATE_SPOT"
	a.bootstrap()
	service, err := a.source.ECS.DescribeServices(t.Context(), &ecs.DescribeServicesInput{Services: []string{*family}})
	if err != nil {
		t.Fatal(err)
	}
	_, err = a.source.ECS.RunTask(t.Context(), &ecs.RunTaskInput{
		TaskDefinition: family, NetworkConfiguration: service.Services[0].NetworkConfiguration,
		CapacityProviderStrategy: []types.CapacityProviderStrategyItem{{CapacityProvider: aws.String("FARGATE_SPOT"),
			Weight: 1}},
	})
	if err != nil {
		t.Error(err)
	}
}

// A cluster that an older ecsctl made, without capacity providers, gets them.
func TestOlderClusterGetsSpot(t *testing.T) {
	t.Parallel()
	a := newAccount(t, sandbox.Options{}, 3)
	a.spec.Cluster = "ours"
	a.bootstrap()
	before := a.snapshot()
	_, err := a.source.ECS.PutClusterCapacityProviders(t.Context(), &ecs.PutClusterCapacityProvidersInput{
		Cluster: aws.String("ours"), CapacityProviders: []string{},
		DefaultCapacityProviderStrategy: []types.CapacityProviderStrategyItem{}})
	if err != nil {
		t.Fatal(err)
	}
	a.bootstrap()
	a.same("after another bootstrap", before)
	a.settled()
}

// A cluster of others is not changed: one without Spot is refused before anything is made
// when flow runs are to use it, with the command that keeps what it has.
func TestClusterOfOthersWithoutSpot(t *testing.T) {
	t.Parallel()
	a := newAccount(t, sandbox.Options{}, 3)
	if _, err := a.source.ECS.CreateCluster(t.Context(),
		&ecs.CreateClusterInput{CapacityProviders: []string{"FARGATE"}}); err != nil {
		t.Fatal(err)
	}
	a.bootstrap()
	a.settled()
	a.spec.FlowRuns.LaunchType = "FARGATE_SPOT"
	_, err := provision.NewBootstrap(t.Context(), a.options())
	const line = "aws ecs put-cluster-capacity-providers --region eu-west-1 --cluster default " +
		"--capacity-providers FARGATE FARGATE_SPOT --default-capacity-provider-strategy '[]'"
	if err == nil || !slices.Contains(hint.Of(err), line) {
		t.Fatalf("got %v, hints %q", err, hint.Of(err))
	}
	if diff := cmp.Diff([]string{"FARGATE"}, a.providers()); diff != "" {
		t.Errorf("the cluster was changed:\n%s", diff)
	}
	if err := associate("FARGATE", "FARGATE_SPOT")(t.Context(), a); err != nil {
		t.Fatal(err)
	}
	a.bootstrap()
}

// group makes the capacity provider of an Auto Scaling group.
func (a *account) group(name string) {
	a.t.Helper()
	_, err := ecs.NewFromConfig(a.server.Config()).CreateCapacityProvider(a.t.Context(),
		&ecs.CreateCapacityProviderInput{Name: &name, AutoScalingGroupProvider: &types.AutoScalingGroupProvider{
			AutoScalingGroupArn: aws.String("arn:aws:autoscaling:eu-west-1:123456789012:autoScalingGroup:" +
				"00000000-0000-4000-8000-000000000000:autoScalingGroupName/" + name),
			ManagedScaling: &types.ManagedScaling{Status: types.ManagedScalingStatusEnabled}}})
	if err != nil {
		a.t.Fatal(err)
	}
}

// The capacity provider of --capacity ec2 must be there. A cluster of ours gets it, one of others must have it.
func TestCapacityProviderOfAGroup(t *testing.T) {
	t.Parallel()
	a := newAccount(t, sandbox.Options{}, 3)
	a.bootstrap()
	a.spec.FlowRuns.Capacity, a.spec.FlowRuns.CapacityProvider = spec.CapacityEC2, "batch"
	if _, err := provision.NewBootstrap(t.Context(), a.options()); err == nil ||
		!strings.Contains(err.Error(), `capacity provider "batch" does not exist`) {
		t.Fatalf("got %v", err)
	}
	a.group("batch")
	a.bootstrap()
	a.settled()
	if diff := cmp.Diff([]string{"FARGATE", "FARGATE_SPOT", "batch"}, a.providers()); diff != "" {
		t.Error(diff)
	}
	a.spec.FlowRuns.Capacity, a.spec.FlowRuns.CapacityProvider = "", ""
	a.bootstrap()
	a.settled()
	pool, err := a.api.ReadWorkPool(t.Context(), a.spec.Pool)
	if err != nil {
		t.Fatal(err)
	}
	if text := string(pool.BaseJobTemplate); strings.Contains(text, `"default":"EC2"`) || strings.Contains(text, "batch") {
		t.Errorf("the pool is still for EC2: %s", text)
	}
}

func TestClusterOfOthersWithoutTheProvider(t *testing.T) {
	t.Parallel()
	a := newAccount(t, sandbox.Options{}, 3)
	a.group("batch")
	if _, err := a.source.ECS.CreateCluster(t.Context(),
		&ecs.CreateClusterInput{CapacityProviders: []string{"FARGATE"}}); err != nil {
		t.Fatal(err)
	}
	a.spec.FlowRuns.Capacity, a.spec.FlowRuns.CapacityProvider = spec.CapacityEC2, "batch"
	_, err := provision.NewBootstrap(t.Context(), a.options())
	const line = "aws ecs put-cluster-capacity-providers --region eu-west-1 --cluster default " +
		"--capacity-providers FARGATE FARGATE_SPOT batch --default-capacity-provider-strategy '[]'"
	if err == nil || !slices.Contains(hint.Of(err), line) {
		t.Fatalf("got %v, hints %q", err, hint.Of(err))
	}
	if err := associate("FARGATE", "batch")(t.Context(), a); err != nil {
		t.Fatal(err)
	}
	a.bootstrap()
	a.settled()
}

// Somebody makes the cluster, in another way, between our look and our call.
func TestClusterMadeByOthersMeanwhile(t *testing.T) {
	t.Parallel()
	a := newAccount(t, sandbox.Options{}, 3)
	plan, err := provision.NewBootstrap(t.Context(), a.options())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := a.source.ECS.CreateCluster(t.Context(), &ecs.CreateClusterInput{}); err != nil {
		t.Fatal(err)
	}
	if _, err := plan.Apply(t.Context(), silence{}); err != nil {
		t.Fatalf("%v\nbelow it: %v", err, below(err))
	}
	if got := a.plan(); len(got) != 0 {
		t.Errorf("there is still something to do: %s", strings.Join(got, ", "))
	}
}
