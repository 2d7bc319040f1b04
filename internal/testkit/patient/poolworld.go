package patient

import (
	"context"
	"log/slog"
	"path/filepath"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
	"github.com/aws/aws-sdk-go-v2/service/iam"

	"ecsctl/image"
	"ecsctl/internal/executable"
	"ecsctl/internal/testkit/inventory"
	"ecsctl/operate/logs"
	"ecsctl/operate/status"
	"ecsctl/prefect"
	"ecsctl/provision"
	"ecsctl/provision/spec"
	"ecsctl/sandbox"
	"ecsctl/sandbox/prefectapi"
)

// world is an account and a Prefect server, played by a sandbox, with a pool that has a
// deployment, a cluster "default" and a log group.
type world struct {
	t          *testing.T
	Clients    *provision.Clients
	Deployment *prefect.Deployment
	subnet     string
	Notes      []string
}

// Must returns a function that fails the test if err is not nil, and returns value.
func Must[T any](value T, err error) func(*testing.T) T {
	return func(t *testing.T) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return value
	}
}

// NewWorld has images whose program `flow` is the shell script.
func NewWorld(t *testing.T, script string) *world {
	t.Helper()
	dir := t.TempDir()
	if err := executable.Write(filepath.Join(dir, "flow"), []byte("#!/bin/sh\n"+script)); err != nil {
		t.Fatal(err)
	}
	server := Must(sandbox.Start(sandbox.Options{
		Region: "eu-west-1", Images: map[string]string{"mine/*": dir}, PrefectAPI: prefectapi.New(),
	}))(t)
	t.Cleanup(func() {
		if err := server.Close(); err != nil {
			t.Error(err)
		}
	})
	source := inventory.NewSource(server.Config(), inventory.Prefect{URL: server.PrefectAPIURL()})
	for name, value := range map[string]string{
		"AWS_ENDPOINT_URL": server.URL(), "AWS_ACCESS_KEY_ID": "TEST",
		"AWS_SECRET_ACCESS_KEY": server.SecretAccessKey(),
	} {
		t.Setenv(name, value)
	}
	api := Must(prefect.New(prefect.Options{APIURL: server.PrefectAPIURL(), MaxRetries: -1}))(t)
	ctx := t.Context()
	w := &world{t: t, Clients: Must(provision.NewClients(ctx, "eu-west-1", "", api, slog.New(slog.DiscardHandler)))(t)}
	Must(api.CreateWorkPool(ctx, prefect.WorkPoolCreate{
		Name: Pool, Type: "ecs", BaseJobTemplate: Must(api.WorkerTemplate(ctx, "ecs"))(t),
	}))(t)
	flow := Must(api.CreateFlow(ctx, "flow"))(t)
	w.Deployment = Must(api.CreateDeployment(ctx, prefect.DeploymentCreate{
		Name: "d", FlowID: flow.ID, WorkPoolName: Pool,
	}))(t)
	Must(w.Clients.ECS.CreateCluster(ctx, &ecs.CreateClusterInput{}))(t)
	Must(w.Clients.Logs.CreateLogGroup(ctx,
		&cloudwatchlogs.CreateLogGroupInput{LogGroupName: aws.String("/ecs/prefect/etl")}))(t)
	w.subnet = *Must(source.EC2.DescribeSubnets(ctx, &ec2.DescribeSubnetsInput{}))(t).Subnets[0].SubnetId
	return w
}

// Runs makes a flow run whose task runs the script, as a worker would. role is needed by
// the log driver.
func (w *world) Runs(name string) *prefect.FlowRun {
	w.t.Helper()
	ctx := w.t.Context()
	run := Must(w.Clients.Prefect.CreateFlowRun(ctx, w.Deployment.ID, prefect.FlowRunCreate{Name: name}))(w.t)
	role := w.role()
	Must(w.Clients.ECS.RegisterTaskDefinition(ctx, &ecs.RegisterTaskDefinitionInput{
		Family: aws.String("prefect_etl_x"), Cpu: aws.String("256"), Memory: aws.String("512"),
		NetworkMode:             types.NetworkModeAwsvpc,
		RequiresCompatibilities: []types.Compatibility{types.CompatibilityFargate}, ExecutionRoleArn: &role,
		ContainerDefinitions: []types.ContainerDefinition{{
			Name: aws.String("prefect"), Image: aws.String("mine/flow:1"), Command: []string{"flow"},
			LogConfiguration: &types.LogConfiguration{LogDriver: types.LogDriverAwslogs, Options: map[string]string{
				"awslogs-group": "/ecs/prefect/etl", "awslogs-region": "eu-west-1",
				"awslogs-stream-prefix": "prefect-logs_etl_x",
			}},
		}},
	}))(w.t)
	out := Must(w.Clients.ECS.RunTask(ctx, &ecs.RunTaskInput{
		TaskDefinition: aws.String("prefect_etl_x"), LaunchType: types.LaunchTypeFargate,
		NetworkConfiguration: &types.NetworkConfiguration{
			AwsvpcConfiguration: &types.AwsVpcConfiguration{
				Subnets: []string{w.subnet}, AssignPublicIp: types.AssignPublicIpEnabled,
			}},
	}))(w.t)
	pid := *out.Tasks[0].ClusterArn + "::" + *out.Tasks[0].TaskArn
	if err := w.Clients.Prefect.UpdateFlowRun(ctx, run.ID, prefect.FlowRunUpdate{InfrastructurePID: &pid}); err != nil {
		w.t.Fatal(err)
	}
	return run
}

// Read collects the messages.
func (w *world) Read(change func(*logs.LogOptions)) ([]string, error) {
	ctx, cancel := context.WithTimeout(w.t.Context(), Patience)
	defer cancel()
	opts := logs.LogOptions{
		Options: provision.Options{
			Spec: spec.Spec{Region: "eu-west-1"}, Clients: w.Clients, Logger: slog.New(slog.DiscardHandler),
			PollInterval: 20 * time.Millisecond,
		},
		Note: func(text string) { w.Notes = append(w.Notes, text) },
	}
	change(&opts)
	var lines []string
	err := logs.ReadLogs(ctx, opts, func(line logs.LogLine) error {
		lines = append(lines, line.Message)
		return nil
	})
	return lines, err
}

// Eventually waits until done returns true.
func (w *world) Eventually(what string, done func() bool) {
	w.t.Helper()
	ctx, cancel := context.WithTimeout(w.t.Context(), Patience)
	defer cancel()
	ticker := time.NewTicker(10 * time.Millisecond)
	defer ticker.Stop()
	for !done() {
		select {
		case <-ctx.Done():
			w.t.Fatalf("this did not happen: %s", what)
		case <-ticker.C:
		}
	}
}

// Finish makes the run Completed.
func (w *world) Finish(run *prefect.FlowRun) {
	w.t.Helper()
	Must(w.Clients.Prefect.SetFlowRunState(w.t.Context(), run.ID, prefect.StateProposal{
		Type: prefect.Completed, Force: true,
	}))(w.t)
}

// role is an execution role, made once.
func (w *world) role() string {
	w.t.Helper()
	out := Must(w.Clients.IAM.CreateRole(w.t.Context(), &iam.CreateRoleInput{
		RoleName: aws.String("execution"), AssumeRolePolicyDocument: aws.String(trust),
	}))(w.t)
	Must(w.Clients.IAM.AttachRolePolicy(w.t.Context(), &iam.AttachRolePolicyInput{RoleName: aws.String("execution"),
		PolicyArn: aws.String("arn:aws:iam::aws:policy/service-role/AmazonECSTaskExecutionRolePolicy")}))(w.t)
	return *out.Role.Arn
}

// Status reads the status of the pool.
func (w *world) Status() *status.Status {
	w.t.Helper()
	status, err := status.ReadStatus(w.t.Context(), status.Options{
		Options: provision.Options{
			Spec:    spec.Spec{Pool: Pool, Region: "eu-west-1", Worker: spec.Worker{Runtime: spec.RuntimePrefect}},
			Clients: w.Clients, Version: "test",
			Server: provision.Server{APIURL: w.Clients.Prefect.APIURL()}, Logger: slog.New(slog.DiscardHandler),
			PollInterval: 10 * time.Millisecond,
		},
		Bootstrap:  func(s spec.Spec) string { return "ecsctl bootstrap --pool " + s.Pool },
		UseBinary:  func(s spec.Spec) (spec.Spec, *image.Binary, error) { return s.UseBinary() },
		StuckAfter: time.Minute,
	})
	return Must(status, err)(w.t)
}

// Bootstrap makes all that the pool needs; tasks of the worker are not wanted here.
func (w *world) Bootstrap() {
	w.t.Helper()
	none := 0
	spec := spec.Spec{Pool: Pool, Region: "eu-west-1", Worker: spec.Worker{
		Runtime: spec.RuntimePrefect, DesiredCount: &none,
	}}
	plan := Must(provision.NewBootstrap(w.t.Context(), provision.Options{
		Spec: spec.WithDefaults(), Clients: w.Clients, Version: "test",
		Server: provision.Server{APIURL: w.Clients.Prefect.APIURL()},
		Logger: slog.New(slog.DiscardHandler), PollInterval: 10 * time.Millisecond,
	}))(w.t)
	Must(plan.Apply(w.t.Context(), silence{}))(w.t)
}

// Pool is the name of the tests' work pool.
const Pool = "etl"

const trust = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"ecs-tasks.amazonaws.com"},"Action":"sts:AssumeRole"}]}`

// Patience is how long a test waits before it fails: only what hangs takes as long.
const Patience = 5 * time.Minute
