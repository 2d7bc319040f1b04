package sandbox_test

import (
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
	"github.com/aws/aws-sdk-go-v2/service/iam"

	"ecsctl/sandbox"
)

// serviceRole makes a role that a service of AWS may assume, with an AWS managed policy.
func (c *clients) serviceRole(t *testing.T, name, service, policy string) (arn *string) {
	t.Helper()
	role := must(c.iam.CreateRole(t.Context(), &iam.CreateRoleInput{RoleName: &name,
		AssumeRolePolicyDocument: aws.String(`{"Version": "2012-10-17", "Statement": [{"Effect": "Allow",
			"Principal": {"Service": "` + service + `"}, "Action": "sts:AssumeRole"}]}`)}))(t)
	must(c.iam.AttachRolePolicy(t.Context(), &iam.AttachRolePolicyInput{RoleName: &name,
		PolicyArn: aws.String("arn:aws:iam::aws:policy/" + policy)}))(t)
	return role.Role.Arn
}

// managedProvider is a request for a capacity provider of Managed Instances, with all that it needs but its name.
func (c *clients) managedProvider(t *testing.T, instanceRole string) *ecs.CreateCapacityProviderInput {
	t.Helper()
	infrastructure := c.serviceRole(t, "infrastructure-"+instanceRole, "ecs.amazonaws.com",
		"AmazonECSInfrastructureRolePolicyForManagedInstances")
	c.serviceRole(t, instanceRole, "ec2.amazonaws.com", "AmazonECSInstanceRolePolicyForManagedInstances")
	profile := must(c.iam.CreateInstanceProfile(t.Context(),
		&iam.CreateInstanceProfileInput{InstanceProfileName: &instanceRole}))(t).InstanceProfile.Arn
	must(c.iam.AddRoleToInstanceProfile(t.Context(),
		&iam.AddRoleToInstanceProfileInput{InstanceProfileName: &instanceRole, RoleName: &instanceRole}))(t)
	n := c.network(t).AwsvpcConfiguration
	return &ecs.CreateCapacityProviderInput{Cluster: aws.String("default"),
		ManagedInstancesProvider: &types.CreateManagedInstancesProviderConfiguration{
			InfrastructureRoleArn: infrastructure,
			InstanceLaunchTemplate: &types.InstanceLaunchTemplate{Ec2InstanceProfileArn: profile,
				NetworkConfiguration: &types.ManagedInstancesNetworkConfiguration{
					Subnets: n.Subnets, SecurityGroups: n.SecurityGroups}},
		}}
}

// describeManaged is a capacity provider as its cluster has it; nil when it has none of the name.
func (c *clients) describeManaged(t *testing.T, name string) *types.CapacityProvider {
	t.Helper()
	out := must(c.ecs.DescribeCapacityProviders(t.Context(), &ecs.DescribeCapacityProvidersInput{
		Cluster: aws.String("default"), CapacityProviders: []string{name}}))(t)
	if len(out.CapacityProviders) == 0 {
		return nil
	}
	return &out.CapacityProviders[0]
}

// Managed Instances from the making of a capacity provider to its end, and what ECS refuses on the way.
func TestManagedInstances(t *testing.T) {
	t.Parallel()
	c := running(t, "exec sleep 600", sandbox.Options{EnforceIAM: true})
	ctx := t.Context()
	must(c.ecs.CreateCluster(ctx, &ecs.CreateClusterInput{CapacityProviders: []string{"FARGATE"}}))(t)
	must(c.ecs.CreateCluster(ctx, &ecs.CreateClusterInput{ClusterName: aws.String("other")}))(t)
	for want, change := range map[string]func(*ecs.CreateCapacityProviderInput){
		"cluster is required": func(in *ecs.CreateCapacityProviderInput) { in.Cluster = nil },
		"unable to assume the role": func(in *ecs.CreateCapacityProviderInput) {
			in.ManagedInstancesProvider.InfrastructureRoleArn = c.serviceRole(t, "tasks", "ecs-tasks.amazonaws.com",
				"AmazonS3ReadOnlyAccess")
		},
		"instance profile": func(in *ecs.CreateCapacityProviderInput) {
			in.ManagedInstancesProvider.InstanceLaunchTemplate.Ec2InstanceProfileArn = aws.String(
				"arn:aws:iam::123456789012:instance-profile/none")
		},
		"minimum is above": func(in *ecs.CreateCapacityProviderInput) {
			in.ManagedInstancesProvider.InstanceLaunchTemplate.InstanceRequirements =
				&types.InstanceRequirementsRequest{MemoryMiB: &types.MemoryMiBRequest{Min: aws.Int32(1)},
					VCpuCount: &types.VCpuCountRangeRequest{Min: aws.Int32(4), Max: aws.Int32(2)}}
		},
	} {
		in := c.managedProvider(t, "ecsInstanceRole-"+strings.Fields(want)[0])
		in.Name = aws.String("gpus")
		change(in)
		if _, err := c.ecs.CreateCapacityProvider(ctx, in); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q", err, want)
		}
	}
	in := c.managedProvider(t, "ecsInstanceRole")
	in.Name = aws.String("gpus")
	made := must(c.ecs.CreateCapacityProvider(ctx, in))(t).CapacityProvider
	if made.Status != types.CapacityProviderStatusProvisioning || *made.Cluster == "" {
		t.Errorf("got %+v", made)
	}
	eventually(t, "the provider to be ACTIVE", func() bool {
		return c.describeManaged(t, "gpus").Status == types.CapacityProviderStatusActive
	})
	if out := must(c.ecs.DescribeCapacityProviders(ctx, &ecs.DescribeCapacityProvidersInput{
		CapacityProviders: []string{"gpus"}}))(t); len(out.CapacityProviders) != 0 || len(out.Failures) != 1 {
		t.Errorf("it is seen without its cluster: %+v", out)
	}
	_, err := c.ecs.PutClusterCapacityProviders(ctx, &ecs.PutClusterCapacityProvidersInput{
		Cluster: aws.String("default"), CapacityProviders: []string{"FARGATE", "gpus"},
		DefaultCapacityProviderStrategy: []types.CapacityProviderStrategyItem{}})
	if err == nil || !strings.Contains(err.Error(), "Cannot associate Managed Instances") {
		t.Errorf("got %v", err)
	}
	c.runManaged(t)
	c.endManaged(t)
}

// registerManaged registers a definition for Managed Instances with one container.
func (c *clients) registerManaged(t *testing.T, family string, mode types.NetworkMode) (*string, error) {
	t.Helper()
	out, err := c.ecs.RegisterTaskDefinition(t.Context(), &ecs.RegisterTaskDefinitionInput{Family: &family,
		NetworkMode: mode, RequiresCompatibilities: []types.Compatibility{types.CompatibilityManagedInstances},
		ContainerDefinitions: []types.ContainerDefinition{{Name: aws.String("app"), Image: aws.String(testImage),
			Command: []string{"app"}, Memory: aws.Int32(300)}}})
	if err != nil {
		return nil, err
	}
	return out.TaskDefinition.TaskDefinitionArn, nil
}

// gpusManaged asks for a GPU: general-purpose instances have none, those that are chosen for it have.
func (c *clients) gpusManaged(t *testing.T, in *ecs.RunTaskInput) {
	t.Helper()
	ctx := t.Context()
	in.Overrides = &types.TaskOverride{ContainerOverrides: []types.ContainerOverride{{Name: aws.String("app"),
		ResourceRequirements: []types.ResourceRequirement{{Type: types.ResourceTypeGpu, Value: aws.String("1")}}}}}
	provider := c.describeManaged(t, "gpus").ManagedInstancesProvider
	anySize := func(allowed ...string) *types.InstanceRequirementsRequest {
		return &types.InstanceRequirementsRequest{MemoryMiB: &types.MemoryMiBRequest{Min: aws.Int32(1)},
			VCpuCount: &types.VCpuCountRangeRequest{Min: aws.Int32(1)}, AllowedInstanceTypes: allowed}
	}
	for i, test := range []struct {
		requirements *types.InstanceRequirementsRequest // nil leaves what is there
		fits         bool
	}{{nil, false}, {anySize("m7*", "r7i.large"), false}, {anySize("m7*", "g5.xlarge"), true}, {anySize(), true}} {
		if test.requirements != nil {
			must(c.ecs.UpdateCapacityProvider(ctx, &ecs.UpdateCapacityProviderInput{Name: aws.String("gpus"),
				Cluster: aws.String("default"),
				ManagedInstancesProvider: &types.UpdateManagedInstancesProviderConfiguration{
					InfrastructureRoleArn: provider.InfrastructureRoleArn,
					InstanceLaunchTemplate: &types.InstanceLaunchTemplateUpdate{
						InstanceRequirements: test.requirements}}}))(t)
			eventually(t, "the provider to be changed", func() bool {
				return c.describeManaged(t, "gpus").UpdateStatus == types.CapacityProviderUpdateStatusUpdateComplete
			})
		}
		out := must(c.ecs.RunTask(ctx, in))(t)
		if !test.fits {
			if len(out.Tasks) != 0 || aws.ToString(out.Failures[0].Reason) != "RESOURCE:GPU" {
				t.Errorf("%d: got %d tasks, %+v", i, len(out.Tasks), out.Failures)
			}
			continue
		}
		if len(out.Tasks) != 1 {
			t.Fatalf("%d: got %+v", i, out.Failures)
		}
		must(c.ecs.StopTask(ctx, &ecs.StopTaskInput{Task: out.Tasks[0].TaskArn}))(t)
		c.awaitTask(t, &out.Tasks[0], "STOPPED")
	}
}

func (c *clients) runManaged(t *testing.T) {
	t.Helper()
	ctx := t.Context()
	if _, err := c.registerManaged(t, "bridge", types.NetworkModeBridge); err == nil ||
		!strings.Contains(err.Error(), "network modes 'awsvpc' and 'host'") {
		t.Errorf("got %v", err)
	}
	definition := must(c.registerManaged(t, "app", types.NetworkModeAwsvpc))(t)
	request := func(provider string) *ecs.RunTaskInput {
		n := c.network(t)
		n.AwsvpcConfiguration.AssignPublicIp = types.AssignPublicIpDisabled
		return &ecs.RunTaskInput{TaskDefinition: definition, NetworkConfiguration: n,
			CapacityProviderStrategy: []types.CapacityProviderStrategyItem{{CapacityProvider: &provider, Weight: 1}}}
	}
	for want, change := range map[string]func(*ecs.RunTaskInput){
		"Assign public IP": func(in *ecs.RunTaskInput) {
			in.NetworkConfiguration.AwsvpcConfiguration.AssignPublicIp = types.AssignPublicIpEnabled
		},
		"not associated": func(in *ecs.RunTaskInput) { in.Cluster = aws.String("other") },
		"mix": func(in *ecs.RunTaskInput) {
			in.CapacityProviderStrategy = append(in.CapacityProviderStrategy,
				types.CapacityProviderStrategyItem{CapacityProvider: aws.String("FARGATE"), Weight: 1})
		},
	} {
		in := request("gpus")
		change(in)
		if _, err := c.ecs.RunTask(ctx, in); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q", err, want)
		}
	}
	c.gpusManaged(t, request("gpus"))
	run := must(c.ecs.RunTask(ctx, request("gpus")))(t)
	task := run.Tasks[0]
	if task.LaunchType != types.LaunchTypeManagedInstances || *task.CapacityProviderName != "gpus" ||
		task.ContainerInstanceArn == nil || task.PlatformVersion != nil {
		t.Errorf("got %+v", task)
	}
	eventually(t, "the task to run", func() bool {
		out := must(c.ecs.DescribeTasks(ctx, &ecs.DescribeTasksInput{Tasks: []string{*task.TaskArn}}))(t)
		if *out.Tasks[0].LastStatus == "STOPPED" {
			t.Fatal(aws.ToString(out.Tasks[0].StoppedReason))
		}
		return *out.Tasks[0].LastStatus == "RUNNING"
	})
	// What is in use does not go.
	drop := &ecs.DeleteCapacityProviderInput{CapacityProvider: aws.String("gpus"), Cluster: aws.String("default")}
	kept := must(c.ecs.DeleteCapacityProvider(ctx, drop))(t).CapacityProvider
	if kept.UpdateStatus != types.CapacityProviderUpdateStatusDeleteFailed ||
		kept.Status != types.CapacityProviderStatusActive {
		t.Errorf("got %+v", kept)
	}
	must(c.ecs.StopTask(ctx, &ecs.StopTaskInput{Task: task.TaskArn}))(t)
	eventually(t, "the task to end", func() bool {
		out := must(c.ecs.DescribeTasks(ctx, &ecs.DescribeTasksInput{Tasks: []string{*task.TaskArn}}))(t)
		return *out.Tasks[0].LastStatus == "STOPPED"
	})
}

func (c *clients) endManaged(t *testing.T) {
	t.Helper()
	ctx := t.Context()
	_, err := c.ecs.DeleteCluster(ctx, &ecs.DeleteClusterInput{Cluster: aws.String("default")})
	if err == nil || !strings.Contains(err.Error(), "ClusterContainsCapacityProviderException") {
		t.Errorf("got %v", err)
	}
	drop := &ecs.DeleteCapacityProviderInput{CapacityProvider: aws.String("gpus")}
	if _, err := c.ecs.DeleteCapacityProvider(ctx, drop); err == nil || !strings.Contains(err.Error(), "not found") {
		t.Errorf("deleted without its cluster: %v", err)
	}
	drop.Cluster = aws.String("default")
	gone := must(c.ecs.DeleteCapacityProvider(ctx, drop))(t).CapacityProvider
	if gone.Status != types.CapacityProviderStatusDeprovisioning {
		t.Errorf("got %+v", gone)
	}
	eventually(t, "the provider to be INACTIVE", func() bool {
		return c.describeManaged(t, "gpus").Status == types.CapacityProviderStatusInactive
	})
	must(c.ecs.DeleteCluster(ctx, &ecs.DeleteClusterInput{Cluster: aws.String("default")}))(t)
}

// An instance role of another name than AWS's policy lets the infrastructure role pass gives no instances.
func TestInstanceRoleOfAnotherName(t *testing.T) {
	t.Parallel()
	c := running(t, "exec sleep 600", sandbox.Options{EnforceIAM: true})
	ctx := t.Context()
	must(c.ecs.CreateCluster(ctx, &ecs.CreateClusterInput{}))(t)
	in := c.managedProvider(t, "acme-instances")
	in.Name = aws.String("gpus")
	must(c.ecs.CreateCapacityProvider(ctx, in))(t)
	eventually(t, "the provider to be ACTIVE", func() bool {
		return c.describeManaged(t, "gpus").Status == types.CapacityProviderStatusActive
	})
	n := c.network(t)
	n.AwsvpcConfiguration.AssignPublicIp = types.AssignPublicIpDisabled
	run := must(c.ecs.RunTask(ctx, &ecs.RunTaskInput{NetworkConfiguration: n,
		TaskDefinition: must(c.registerManaged(t, "app", types.NetworkModeAwsvpc))(t),
		CapacityProviderStrategy: []types.CapacityProviderStrategyItem{{CapacityProvider: aws.String("gpus"),
			Weight: 1}}}))(t)
	eventually(t, "the task to fail", func() bool {
		out := must(c.ecs.DescribeTasks(ctx, &ecs.DescribeTasksInput{Tasks: []string{*run.Tasks[0].TaskArn}}))(t)
		return strings.Contains(aws.ToString(out.Tasks[0].StoppedReason), "iam:PassRole")
	})
}
