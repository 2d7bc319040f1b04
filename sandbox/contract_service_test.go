package sandbox_test

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

func (c *clients) serviceInput(t *testing.T) *ecs.CreateServiceInput {
	t.Helper()
	return &ecs.CreateServiceInput{
		Cluster: c.cluster(t), ServiceName: unique("contract"),
		TaskDefinition: c.register(t, c.sleeper(t)).TaskDefinitionArn,
		DesiredCount:   aws.Int32(0), LaunchType: types.LaunchTypeFargate, NetworkConfiguration: c.network(t),
	}
}

func (c *clients) describeService(t *testing.T, cluster, name *string) types.Service {
	t.Helper()
	got := must(c.ecs.DescribeServices(t.Context(),
		&ecs.DescribeServicesInput{Cluster: cluster, Services: []string{*name},
			Include: []types.ServiceField{types.ServiceFieldTags}}))(t)
	if len(got.Services) != 1 {
		t.Fatalf("got services %+v, failures %+v", got.Services, got.Failures)
	}
	return got.Services[0]
}

func TestService(t *testing.T) {
	t.Parallel()
	c := contract(t)
	in := c.serviceInput(t)
	in.Tags = []types.Tag{{Key: aws.String("k"), Value: aws.String("v")}}
	made := must(c.ecs.CreateService(t.Context(), in))(t).Service
	if want := "arn:aws:ecs:us-east-1:123456789012:service/" + *in.Cluster + "/" +
		*in.ServiceName; *made.ServiceArn != want {
		t.Errorf("got ARN %s, want %s", *made.ServiceArn, want)
	}
	got := c.describeService(t, in.Cluster, in.ServiceName)
	if *got.Status != "ACTIVE" || got.DesiredCount != 0 || *got.TaskDefinition != *in.TaskDefinition ||
		len(got.Deployments) != 1 {
		t.Errorf("got %+v", got)
	}
	if diff := cmp.Diff(in.Tags, got.Tags, cmpopts.IgnoreUnexported(types.Tag{})); diff != "" {
		t.Error(diff)
	}
	list := must(c.ecs.ListServices(t.Context(), &ecs.ListServicesInput{Cluster: in.Cluster}))(t).ServiceArns
	if diff := cmp.Diff([]string{*made.ServiceArn}, list); diff != "" {
		t.Error(diff)
	}
	must(c.ecs.DeleteService(t.Context(), &ecs.DeleteServiceInput{Cluster: in.Cluster, Service: in.ServiceName}))(t)
	eventually(t, "the service to be INACTIVE", func() bool {
		return *c.describeService(t, in.Cluster, in.ServiceName).Status == "INACTIVE"
	})
}

func TestUpdateService(t *testing.T) {
	t.Parallel()
	c := contract(t)
	in := c.serviceInput(t)
	must(c.ecs.CreateService(t.Context(), in))(t)
	other := c.register(t, c.sleeper(t)).TaskDefinitionArn
	got := must(c.ecs.UpdateService(t.Context(), &ecs.UpdateServiceInput{
		Cluster: in.Cluster, Service: in.ServiceName, TaskDefinition: other,
	}))(t).Service
	if *got.TaskDefinition != *other {
		t.Errorf("got task definition %s, want %s", *got.TaskDefinition, *other)
	}
	must(c.ecs.DeleteService(t.Context(), &ecs.DeleteServiceInput{
		Cluster: in.Cluster, Service: in.ServiceName, Force: aws.Bool(true),
	}))(t)
}

func TestDeploymentsOfAService(t *testing.T) {
	t.Parallel()
	c := contract(t)
	in := c.serviceInput(t)
	in.DeploymentConfiguration = &types.DeploymentConfiguration{
		DeploymentCircuitBreaker: &types.DeploymentCircuitBreaker{Enable: true, Rollback: true},
	}
	must(c.ecs.CreateService(t.Context(), in))(t)
	config := c.describeService(t, in.Cluster, in.ServiceName).DeploymentConfiguration
	if config == nil || !config.DeploymentCircuitBreaker.Enable || *config.MaximumPercent != 200 ||
		*config.MinimumHealthyPercent != 100 {
		t.Errorf("got deployment configuration %+v", config)
	}
	other := c.register(t, c.sleeper(t)).TaskDefinitionArn
	got := must(c.ecs.UpdateService(t.Context(), &ecs.UpdateServiceInput{
		Cluster: in.Cluster, Service: in.ServiceName, TaskDefinition: other,
	}))(t).Service
	if *got.Deployments[0].Status != "PRIMARY" || *got.Deployments[0].TaskDefinition != *other {
		t.Errorf("got deployments %+v", got.Deployments)
	}
}

func TestClusterWithAServiceIsNotDeleted(t *testing.T) {
	t.Parallel()
	c := contract(t)
	in := c.serviceInput(t)
	must(c.ecs.CreateService(t.Context(), in))(t)
	_, err := c.ecs.DeleteCluster(t.Context(), &ecs.DeleteClusterInput{Cluster: in.Cluster})
	wantCode(t, err, "ClusterContainsServicesException")
}

func TestInactiveServiceIsNotUpdated(t *testing.T) {
	t.Parallel()
	c := contract(t)
	in := c.serviceInput(t)
	must(c.ecs.CreateService(t.Context(), in))(t)
	must(c.ecs.DeleteService(t.Context(), &ecs.DeleteServiceInput{Cluster: in.Cluster, Service: in.ServiceName}))(t)
	_, err := c.ecs.UpdateService(t.Context(), &ecs.UpdateServiceInput{
		Cluster: in.Cluster, Service: in.ServiceName, DesiredCount: aws.Int32(1),
	})
	wantMessage(t, err, "ServiceNotActiveException", "Service was not ACTIVE.")
}

func TestServiceNameIsTaken(t *testing.T) {
	t.Parallel()
	c := contract(t)
	in := c.serviceInput(t)
	must(c.ecs.CreateService(t.Context(), in))(t)
	in.DesiredCount = aws.Int32(1)
	_, err := c.ecs.CreateService(t.Context(), in)
	wantMessage(t, err, "InvalidParameterException", "Creation of service was not idempotent.")
}

// A client token makes one service, however often the call is sent, and no other one
// (ECS API, "Ensuring idempotency").
func TestServiceTokenMakesOneService(t *testing.T) {
	t.Parallel()
	c := contract(t)
	in := c.serviceInput(t)
	in.ClientToken = unique("token")
	first := must(c.ecs.CreateService(t.Context(), in))(t).Service
	again := must(c.ecs.CreateService(t.Context(), in))(t).Service
	if *again.ServiceArn != *first.ServiceArn || !again.CreatedAt.Equal(*first.CreatedAt) {
		t.Errorf("got %s of %s, then %s of %s", *first.ServiceArn, first.CreatedAt, *again.ServiceArn, again.CreatedAt)
	}
	for what, change := range map[string]func(*ecs.CreateServiceInput){
		"another count": func(in *ecs.CreateServiceInput) { in.DesiredCount = aws.Int32(1) },
		"another name":  func(in *ecs.CreateServiceInput) { in.ServiceName = unique("service") },
		"another token": func(in *ecs.CreateServiceInput) { in.ClientToken = unique("token") },
		"no token":      func(in *ecs.CreateServiceInput) { in.ClientToken = nil },
	} {
		other := *in
		change(&other)
		_, err := c.ecs.CreateService(t.Context(), &other)
		t.Log(what)
		wantMessage(t, err, "InvalidParameterException", "Creation of service was not idempotent.")
	}
}

func TestServiceErrors(t *testing.T) {
	t.Parallel()
	c := contract(t)
	in := c.serviceInput(t)
	absent := aws.String("not-there")
	got := must(c.ecs.DescribeServices(t.Context(), &ecs.DescribeServicesInput{
		Cluster: in.Cluster, Services: []string{"not-there"},
	}))(t)
	if len(got.Services) != 0 || len(got.Failures) != 1 || *got.Failures[0].Reason != "MISSING" {
		t.Errorf("got %+v", got)
	}
	_, err := c.ecs.DescribeServices(t.Context(), &ecs.DescribeServicesInput{Cluster: absent, Services: []string{"s"}})
	wantCode(t, err, "ClusterNotFoundException")
	_, err = c.ecs.DeleteService(t.Context(), &ecs.DeleteServiceInput{Cluster: in.Cluster, Service: absent})
	wantCode(t, err, "ServiceNotFoundException")
	_, err = c.ecs.UpdateService(t.Context(), &ecs.UpdateServiceInput{Cluster: in.Cluster, Service: absent})
	wantCode(t, err, "ServiceNotFoundException")
	in.Cluster = absent
	_, err = c.ecs.CreateService(t.Context(), in)
	wantCode(t, err, "ClusterNotFoundException")
}

func TestServiceAboveZeroIsNotDeleted(t *testing.T) {
	t.Parallel()
	c := contract(t)
	in := c.serviceInput(t)
	in.DesiredCount = aws.Int32(1)
	must(c.ecs.CreateService(t.Context(), in))(t)
	_, err := c.ecs.DeleteService(t.Context(), &ecs.DeleteServiceInput{Cluster: in.Cluster, Service: in.ServiceName})
	wantMessage(t, err, "InvalidParameterException", "The service cannot be stopped while it is scaled above 0.")
	must(c.ecs.DeleteService(t.Context(), &ecs.DeleteServiceInput{
		Cluster: in.Cluster, Service: in.ServiceName, Force: aws.Bool(true),
	}))(t)
}
