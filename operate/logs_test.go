package operate_test

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/google/go-cmp/cmp"

	"ecsctl/internal/inventory"
	"ecsctl/operate"
	"ecsctl/prefect"
	"ecsctl/provision"
	"ecsctl/sandbox"
)

const pool = "etl"

// world is an account and a Prefect server, played by a sandbox, with a pool that has a
// deployment, a cluster "default" and a log group.
type world struct {
	t          *testing.T
	clients    *provision.Clients
	deployment *prefect.Deployment
	subnet     string
	notes      []string
}

func must[T any](value T, err error) func(*testing.T) T {
	return func(t *testing.T) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return value
	}
}

// newWorld has images whose program `flow` is the shell script.
func newWorld(t *testing.T, script string) *world {
	t.Helper()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "flow"), []byte("#!/bin/sh\n"+script), 0o755); err != nil {
		t.Fatal(err)
	}
	server := must(sandbox.Start(sandbox.Options{Region: "eu-west-1", Images: map[string]string{"mine/*": dir}}))(t)
	t.Cleanup(func() {
		if err := server.Close(); err != nil {
			t.Error(err)
		}
	})
	cfg := aws.Config{Region: "eu-west-1", BaseEndpoint: aws.String(server.URL()), Credentials: credentials.NewStaticCredentialsProvider("TEST", "test", "")}
	source := inventory.NewSource(cfg, inventory.Prefect{URL: server.PrefectAPIURL()})
	for name, value := range map[string]string{"AWS_ENDPOINT_URL": server.URL(), "AWS_ACCESS_KEY_ID": "TEST", "AWS_SECRET_ACCESS_KEY": "test"} {
		t.Setenv(name, value)
	}
	api := must(prefect.New(prefect.Options{APIURL: server.PrefectAPIURL(), MaxRetries: -1}))(t)
	ctx := t.Context()
	w := &world{t: t, clients: must(provision.NewClients(ctx, "eu-west-1", "", api, slog.New(slog.DiscardHandler)))(t)}
	must(api.CreateWorkPool(ctx, prefect.WorkPoolCreate{Name: pool, Type: "ecs", BaseJobTemplate: must(api.WorkerTemplate(ctx, "ecs"))(t)}))(t)
	flow := must(api.CreateFlow(ctx, "flow"))(t)
	w.deployment = must(api.CreateDeployment(ctx, prefect.DeploymentCreate{Name: "d", FlowID: flow.ID, WorkPoolName: pool}))(t)
	must(w.clients.ECS.CreateCluster(ctx, &ecs.CreateClusterInput{}))(t)
	must(w.clients.Logs.CreateLogGroup(ctx, &cloudwatchlogs.CreateLogGroupInput{LogGroupName: aws.String("/ecs/prefect/etl")}))(t)
	w.subnet = *must(source.EC2.DescribeSubnets(ctx, &ec2.DescribeSubnetsInput{}))(t).Subnets[0].SubnetId
	return w
}

// runs makes a flow run whose task runs the script, as a worker would. role is needed by
// the log driver.
func (w *world) runs(name string) *prefect.FlowRun {
	w.t.Helper()
	ctx := w.t.Context()
	run := must(w.clients.Prefect.CreateFlowRun(ctx, w.deployment.ID, prefect.FlowRunCreate{Name: name}))(w.t)
	role := w.role()
	must(w.clients.ECS.RegisterTaskDefinition(ctx, &ecs.RegisterTaskDefinitionInput{
		Family: aws.String("prefect_etl_x"), Cpu: aws.String("256"), Memory: aws.String("512"), NetworkMode: types.NetworkModeAwsvpc,
		RequiresCompatibilities: []types.Compatibility{types.CompatibilityFargate}, ExecutionRoleArn: &role,
		ContainerDefinitions: []types.ContainerDefinition{{
			Name: aws.String("prefect"), Image: aws.String("mine/flow:1"), Command: []string{"flow"},
			LogConfiguration: &types.LogConfiguration{LogDriver: types.LogDriverAwslogs, Options: map[string]string{
				"awslogs-group": "/ecs/prefect/etl", "awslogs-region": "eu-west-1", "awslogs-stream-prefix": "prefect-logs_etl_x",
			}},
		}},
	}))(w.t)
	out := must(w.clients.ECS.RunTask(ctx, &ecs.RunTaskInput{
		TaskDefinition: aws.String("prefect_etl_x"), LaunchType: types.LaunchTypeFargate,
		NetworkConfiguration: &types.NetworkConfiguration{AwsvpcConfiguration: &types.AwsVpcConfiguration{Subnets: []string{w.subnet}}},
	}))(w.t)
	pid := *out.Tasks[0].ClusterArn + "::" + *out.Tasks[0].TaskArn
	if err := w.clients.Prefect.UpdateFlowRun(ctx, run.ID, prefect.FlowRunUpdate{InfrastructurePID: &pid}); err != nil {
		w.t.Fatal(err)
	}
	return run
}

// read collects the messages.
func (w *world) read(change func(*operate.LogOptions)) ([]string, error) {
	ctx, cancel := context.WithTimeout(w.t.Context(), patience)
	defer cancel()
	opts := operate.LogOptions{
		Options: provision.Options{
			Spec: provision.Spec{Region: "eu-west-1"}, Clients: w.clients, Logger: slog.New(slog.DiscardHandler), PollInterval: 20 * time.Millisecond,
		},
		Note: func(text string) { w.notes = append(w.notes, text) },
	}
	change(&opts)
	var lines []string
	err := operate.ReadLogs(ctx, opts, func(line operate.LogLine) error {
		lines = append(lines, line.Message)
		return nil
	})
	return lines, err
}

func (w *world) eventually(what string, done func() bool) {
	w.t.Helper()
	ctx, cancel := context.WithTimeout(w.t.Context(), patience)
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

func (w *world) finish(run *prefect.FlowRun) {
	w.t.Helper()
	must(w.clients.Prefect.SetFlowRunState(w.t.Context(), run.ID, prefect.StateProposal{Type: prefect.Completed, Force: true}))(w.t)
}

func TestLogsOfAFlowRun(t *testing.T) {
	w := newWorld(t, "echo Hello from ECS!!\necho done\n")
	run := w.runs("purple-lemur")
	want := []string{"Hello from ECS!!", "done"}
	for what, name := range map[string]string{"by name": "purple-lemur", "by id": run.ID} {
		w.eventually(what, func() bool {
			got, err := w.read(func(o *operate.LogOptions) { o.FlowRun = name })
			return err == nil && cmp.Equal(want, got)
		})
	}
	// ECS forgets stopped tasks; of a cluster that is gone it knows none.
	w.eventually("the cluster can be deleted", func() bool {
		_, err := w.clients.ECS.DeleteCluster(t.Context(), &ecs.DeleteClusterInput{Cluster: aws.String("default")})
		return err == nil
	})
	got := must(w.read(func(o *operate.LogOptions) { o.FlowRun = run.ID }))(t)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("of a task that is gone (-want +got):\n%s", diff)
	}
	// Of two runs of a name the newest is meant, and that is said.
	second := must(w.clients.Prefect.CreateFlowRun(t.Context(), w.deployment.ID, prefect.FlowRunCreate{Name: "purple-lemur"}))(t)
	_, err := w.read(func(o *operate.LogOptions) { o.FlowRun = "purple-lemur" })
	if err == nil || !strings.Contains(err.Error(), `flow run "purple-lemur" has no ECS task: it is Scheduled`) {
		t.Errorf("got %v for a run without a task", err)
	}
	if last := w.notes[len(w.notes)-1]; last != `2 flow runs are called "purple-lemur": this is the newest, `+second.ID {
		t.Errorf("noted %q", last)
	}
}

// --follow waits for the task, shows each line once, and ends with the run.
func TestLogsFollow(t *testing.T) {
	w := newWorld(t, "echo one\nsleep 0.3\necho two\n")
	run := w.runs("follow-me")
	var got []string
	opts := func(o *operate.LogOptions) { o.FlowRun, o.Follow = run.ID, true }
	done := make(chan error, 1)
	go func() {
		var err error
		got, err = w.read(opts)
		done <- err
	}()
	w.eventually("the task has stopped", func() bool {
		list, err := w.clients.ECS.ListTasks(t.Context(), &ecs.ListTasksInput{DesiredStatus: types.DesiredStatusStopped})
		return err == nil && len(list.TaskArns) == 1
	})
	select {
	case err := <-done:
		t.Fatalf("it ended before the run did: %v", err)
	default:
	}
	w.finish(run)
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"one", "two"}, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestLogsFollowEndsWithItsContext(t *testing.T) {
	w := newWorld(t, "sleep 600\n")
	run := must(w.clients.Prefect.CreateFlowRun(t.Context(), w.deployment.ID, prefect.FlowRunCreate{}))(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancelled := errors.New("noted")
	opts := operate.LogOptions{
		Options: provision.Options{Spec: provision.Spec{Region: "eu-west-1"}, Clients: w.clients, Logger: slog.New(slog.DiscardHandler), PollInterval: time.Minute},
		FlowRun: run.ID, Follow: true, Note: func(string) { cancel() },
	}
	err := operate.ReadLogs(ctx, opts, func(operate.LogLine) error { return cancelled })
	if !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}

const trust = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"ecs-tasks.amazonaws.com"},"Action":"sts:AssumeRole"}]}`

// role is an execution role, made once.
func (w *world) role() string {
	w.t.Helper()
	out := must(w.clients.IAM.CreateRole(w.t.Context(), &iam.CreateRoleInput{RoleName: aws.String("execution"), AssumeRolePolicyDocument: aws.String(trust)}))(w.t)
	must(w.clients.IAM.AttachRolePolicy(w.t.Context(), &iam.AttachRolePolicyInput{RoleName: aws.String("execution"),
		PolicyArn: aws.String("arn:aws:iam::aws:policy/service-role/AmazonECSTaskExecutionRolePolicy")}))(w.t)
	return *out.Role.Arn
}
