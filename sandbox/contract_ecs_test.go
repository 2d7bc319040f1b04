package sandbox_test

import (
	"context"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

func (c *clients) cluster(t *testing.T) *string {
	t.Helper()
	name := unique("contract")
	must(c.ecs.CreateCluster(t.Context(), &ecs.CreateClusterInput{ClusterName: name}))(t)
	afterwards(t, func(ctx context.Context) {
		_, _ = c.ecs.DeleteCluster(ctx, &ecs.DeleteClusterInput{Cluster: name})
	})
	return name
}

// sleeper is a definition for Fargate whose container waits to be stopped.
func (c *clients) sleeper(t *testing.T) *ecs.RegisterTaskDefinitionInput {
	t.Helper()
	return &ecs.RegisterTaskDefinitionInput{
		Family: unique("contract"), NetworkMode: types.NetworkModeAwsvpc, Cpu: aws.String("256"),
		Memory:                  aws.String("512"),
		RequiresCompatibilities: []types.Compatibility{types.CompatibilityFargate},
		ContainerDefinitions: []types.ContainerDefinition{{
			Name: aws.String("main"), Image: aws.String("busybox"), Command: []string{"sleep", "60"},
			Environment: []types.KeyValuePair{{Name: aws.String("A"), Value: aws.String("1")}},
		}},
	}
}

// register makes the definition and takes it away after the test.
func (c *clients) register(t *testing.T, in *ecs.RegisterTaskDefinitionInput) *types.TaskDefinition {
	t.Helper()
	out := must(c.ecs.RegisterTaskDefinition(t.Context(), in))(t).TaskDefinition
	afterwards(t, func(ctx context.Context) {
		_, _ = c.ecs.DeregisterTaskDefinition(ctx,
			&ecs.DeregisterTaskDefinitionInput{TaskDefinition: out.TaskDefinitionArn})
	})
	return out
}

func (c *clients) network(t *testing.T) *types.NetworkConfiguration {
	t.Helper()
	vpc := c.defaultVPC(t)
	return &types.NetworkConfiguration{AwsvpcConfiguration: &types.AwsVpcConfiguration{
		Subnets: []string{*c.subnets(t, vpc)[0].SubnetId}, SecurityGroups: []string{*c.defaultGroup(t, vpc)},
		AssignPublicIp: types.AssignPublicIpEnabled,
	}}
}

func TestCluster(t *testing.T) {
	t.Parallel()
	c := contract(t)
	name := c.cluster(t)
	// the same again is the same cluster
	must(c.ecs.CreateCluster(t.Context(), &ecs.CreateClusterInput{ClusterName: name}))(t)
	got := must(c.ecs.DescribeClusters(t.Context(),
		&ecs.DescribeClustersInput{Clusters: []string{*name, "not-there"}}))(t)
	if len(got.Clusters) != 1 || *got.Clusters[0].Status != "ACTIVE" ||
		*got.Clusters[0].ClusterArn != "arn:aws:ecs:us-east-1:123456789012:cluster/"+*name {
		t.Errorf("got clusters %+v", got.Clusters)
	}
	if len(got.Failures) != 1 || *got.Failures[0].Reason != "MISSING" {
		t.Errorf("got failures %+v", got.Failures)
	}
	must(c.ecs.DeleteCluster(t.Context(), &ecs.DeleteClusterInput{Cluster: name}))(t)
	got = must(c.ecs.DescribeClusters(t.Context(), &ecs.DescribeClustersInput{Clusters: []string{*name}}))(t)
	if len(got.Clusters) != 1 || *got.Clusters[0].Status != "INACTIVE" {
		t.Errorf("got clusters %+v, want it INACTIVE", got.Clusters)
	}
	_, err := c.ecs.DeleteCluster(t.Context(), &ecs.DeleteClusterInput{Cluster: aws.String("not-there")})
	wantCode(t, err, "ClusterNotFoundException")
}

func TestTaskDefinitionIsFilledIn(t *testing.T) {
	t.Parallel()
	c := contract(t)
	in := c.sleeper(t)
	in.Tags = []types.Tag{{Key: aws.String("k"), Value: aws.String("v")}}
	made := c.register(t, in)
	if made.Revision != 1 || made.Status != types.TaskDefinitionStatusActive ||
		*made.TaskDefinitionArn != "arn:aws:ecs:us-east-1:123456789012:task-definition/"+*in.Family+":1" {
		t.Errorf("got %s, revision %d, %s", *made.TaskDefinitionArn, made.Revision, made.Status)
	}
	cd := made.ContainerDefinitions[0]
	if cd.Essential == nil || !*cd.Essential || cd.MountPoints == nil || cd.VolumesFrom == nil ||
		cd.PortMappings == nil {
		t.Errorf("defaults are missing in %+v", cd)
	}
	second := c.register(t, in)
	if second.Revision != 2 {
		t.Errorf("got revision %d, want 2", second.Revision)
	}
	for ref, want := range map[string]int32{*in.Family: 2, *in.Family + ":1": 1, *made.TaskDefinitionArn: 1} {
		got := must(c.ecs.DescribeTaskDefinition(t.Context(), &ecs.DescribeTaskDefinitionInput{TaskDefinition: &ref,
			Include: []types.TaskDefinitionField{types.TaskDefinitionFieldTags}}))(t)
		if got.TaskDefinition.Revision != want {
			t.Errorf("%s is revision %d, want %d", ref, got.TaskDefinition.Revision, want)
		}
		if diff := cmp.Diff(in.Tags, got.Tags, cmpopts.IgnoreUnexported(types.Tag{})); diff != "" {
			t.Error(diff)
		}
	}
	_, err := c.ecs.DescribeTaskDefinition(t.Context(),
		&ecs.DescribeTaskDefinitionInput{TaskDefinition: unique("none")})
	wantMessage(t, err, "ClientException", "Unable to describe task definition.")
}

func TestListAndDeregisterTaskDefinitions(t *testing.T) {
	t.Parallel()
	c := contract(t)
	in := c.sleeper(t)
	first, second := c.register(t, in), c.register(t, in)
	list := func(status types.TaskDefinitionStatus) []string {
		return must(c.ecs.ListTaskDefinitions(t.Context(), &ecs.ListTaskDefinitionsInput{
			FamilyPrefix: in.Family, Status: status,
		}))(t).TaskDefinitionArns
	}
	if diff := cmp.Diff([]string{*first.TaskDefinitionArn, *second.TaskDefinitionArn}, list("")); diff != "" {
		t.Error(diff)
	}
	gone := must(c.ecs.DeregisterTaskDefinition(t.Context(),
		&ecs.DeregisterTaskDefinitionInput{TaskDefinition: second.TaskDefinitionArn}))(t).TaskDefinition
	if gone.Status != types.TaskDefinitionStatusInactive {
		t.Errorf("got status %s", gone.Status)
	}
	if diff := cmp.Diff([]string{*second.TaskDefinitionArn}, list(types.TaskDefinitionStatusInactive)); diff != "" {
		t.Error(diff)
	}
	third := c.register(t, in)
	if third.Revision != 3 {
		t.Errorf("got revision %d, want 3: none is used twice", third.Revision)
	}
}

func TestNewestTaskDefinitionFirst(t *testing.T) {
	t.Parallel()
	c := contract(t)
	in := c.sleeper(t)
	first, second := c.register(t, in), c.register(t, in)
	got := must(c.ecs.ListTaskDefinitions(t.Context(), &ecs.ListTaskDefinitionsInput{
		FamilyPrefix: in.Family, Sort: types.SortOrderDesc,
	}))(t)
	if diff := cmp.Diff([]string{*second.TaskDefinitionArn, *first.TaskDefinitionArn},
		got.TaskDefinitionArns); diff != "" {
		t.Error(diff)
	}
}

func TestTaskDefinitionsThatECSRefuses(t *testing.T) {
	t.Parallel()
	c := contract(t)
	for name, tc := range map[string]struct {
		change  func(*ecs.RegisterTaskDefinitionInput)
		message string
	}{
		"impossible size": {func(in *ecs.RegisterTaskDefinitionInput) { in.Memory = aws.String("4096") },
			"No Fargate configuration exists for given values: 256 CPU, 4096 memory"},
		"impossible cpu": {func(in *ecs.RegisterTaskDefinitionInput) { in.Cpu = aws.String("300") },
			"Invalid 'cpu' setting for task"},
		"no cpu": {func(in *ecs.RegisterTaskDefinitionInput) { in.Cpu = nil },
			"Fargate requires that 'cpu' be defined at the task level."},
		"bridge": {func(in *ecs.RegisterTaskDefinitionInput) { in.NetworkMode = types.NetworkModeBridge },
			"Fargate only supports network mode"},
		"no image": {func(in *ecs.RegisterTaskDefinitionInput) { in.ContainerDefinitions[0].Image = nil },
			"Container.image should not be null or empty."},
		"no name": {func(in *ecs.RegisterTaskDefinitionInput) { in.ContainerDefinitions[0].Name = nil },
			"Container.name should not be null or empty."},
		"bad role": {func(in *ecs.RegisterTaskDefinitionInput) { in.TaskRoleArn = aws.String("nobody") },
			"Role is not valid"},
		"role elsewhere": {func(in *ecs.RegisterTaskDefinitionInput) {
			in.TaskRoleArn = aws.String("arn:aws-cn:iam::123456789012:role/r")
		}, "Role is not valid"},
		"bad family": {func(in *ecs.RegisterTaskDefinitionInput) { in.Family = aws.String("a b") },
			"Family contains invalid characters."},
		"logs alone": {func(in *ecs.RegisterTaskDefinitionInput) {
			in.ContainerDefinitions[0].LogConfiguration = &types.LogConfiguration{LogDriver: types.LogDriverAwslogs,
				Options: map[string]string{
					"awslogs-group": "g", "awslogs-region": "us-east-1", "awslogs-stream-prefix": "p",
				}}
		}, "Fargate requires task definition to have execution role ARN to support log driver awslogs."},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			in := c.sleeper(t)
			tc.change(in)
			_, err := c.ecs.RegisterTaskDefinition(t.Context(), in)
			wantMessage(t, err, "ClientException", tc.message)
		})
	}
}

func TestTagsOfClustersAndServices(t *testing.T) {
	t.Parallel()
	c := contract(t)
	in := c.serviceInput(t)
	service := must(c.ecs.CreateService(t.Context(), in))(t).Service
	for _, arn := range []*string{service.ServiceArn, service.ClusterArn, in.TaskDefinition} {
		must(c.ecs.TagResource(t.Context(), &ecs.TagResourceInput{ResourceArn: arn, Tags: []types.Tag{
			{Key: aws.String("a"), Value: aws.String("1")}, {Key: aws.String("b"), Value: aws.String("2")}}}))(t)
		must(c.ecs.UntagResource(t.Context(), &ecs.UntagResourceInput{ResourceArn: arn, TagKeys: []string{"b"}}))(t)
		got := must(c.ecs.ListTagsForResource(t.Context(), &ecs.ListTagsForResourceInput{ResourceArn: arn}))(t).Tags
		if len(got) != 1 || *got[0].Key != "a" || *got[0].Value != "1" {
			t.Errorf("got tags %+v of %s", got, *arn)
		}
	}
	must(c.ecs.DeleteService(t.Context(), &ecs.DeleteServiceInput{
		Cluster: in.Cluster, Service: in.ServiceName, Force: aws.Bool(true),
	}))(t)
}
