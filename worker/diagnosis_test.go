package worker_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/iam"

	"ecsctl/prefect"
	"ecsctl/sandbox/fault"
	"ecsctl/worker"
)

const logGroup = "flow-runs"

// executionRole is a role that ECS may assume.
func (w *world) executionRole() string {
	w.t.Helper()
	name, trust := "execution",
		`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"ecs-tasks.amazonaws.com"},"Action":"sts:AssumeRole"}]}`
	out := must(iam.NewFromConfig(w.aws).CreateRole(w.t.Context(), &iam.CreateRoleInput{
		RoleName: &name, AssumeRolePolicyDocument: &trust,
	}))(w.t)
	return *out.Role.Arn
}

// logged are job variables of a run whose container writes to CloudWatch Logs.
func (w *world) logged(role string, env map[string]any) map[string]any {
	return map[string]any{
		"env": env, "execution_role_arn": role, "configure_cloudwatch_logs": true,
		"cloudwatch_logs_options": map[string]any{"awslogs-group": logGroup, "awslogs-create-group": "true"},
	}
}

// A run that ended with its task says why in its state, with what to do, and shows the
// last lines of its container in its log.
func TestDiagnoses(t *testing.T) {
	t.Parallel()
	w := newWorld(t, worldOptions{})
	role := w.executionRole()
	w.deployment(nil)
	const missing = "arn:aws:secretsmanager:us-east-1:123456789012:secret:gone-AbCdEf"
	for name, tc := range map[string]struct {
		variables    map[string]any
		message, log []string
	}{
		"image": {map[string]any{"image": "nobody/nothing:1"},
			[]string{"the registry has no such image, or it is private", "check the image's name and tag",
				"(job variable image)", "ECS says: TaskFailedToStart: CannotPullContainerError"}, nil},
		"secret": {map[string]any{"prefect_api_key_secret_arn": missing, "execution_role_arn": role},
			[]string{"the secret does not exist", "check its ARN", missing, "prefect_api_key_secret_arn"}, nil},
		"log group": {map[string]any{
			"configure_cloudwatch_logs": true, "execution_role_arn": role, "cloudwatch_logs_options": map[string]any{
				"awslogs-group": "no-such-group", "awslogs-create-group": "false",
			},
		},
			[]string{"the log group of the container does not exist", "awslogs-create-group"}, nil},
		"program": {w.logged(role, map[string]any{"BEHAVE": "say", "SAY": "ValueError: 42"}),
			[]string{"the container's program failed (exit code 1)", "look at the last lines of its log",
				"EssentialContainerExited"},
			[]string{`the last lines of container "prefect" (log group ` + logGroup, "first line\nValueError: 42"}},
		"API key": {w.logged(role, map[string]any{
			"BEHAVE": "say", "SAY": "Client error '401 Unauthorized' for url 'https://api.prefect.cloud/api'",
		}),
			[]string{"Prefect rejected the container's API key", "plain text, not as key/value pairs", "(exit code 1)"},
			[]string{"401 Unauthorized"}},
		"architecture": {w.logged(role, map[string]any{
			"BEHAVE": "say", "SAY": "exec /usr/local/bin/prefect: exec format error",
		}),
			[]string{"another CPU architecture", "--platform linux/amd64"},
			[]string{"exec format error"}},
		"memory": {map[string]any{"env": map[string]any{"BEHAVE": "starve"}},
			[]string{"killed (exit code 137), as it is when memory runs out (the task has 2048 MiB)", "more memory",
				"(job variable memory)"},
			[]string{"configure_cloudwatch_logs"}},
	} {
		id := w.runs(w.another(name, tc.variables), 1)[0]
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w.crashes(t, id, tc.message, tc.log)
		})
	}
	w.start(nil)
}

// crashes waits for the run to be Crashed, and for what its message and its log are to hold.
func (w *world) crashes(t *testing.T, id string, message, log []string) {
	t.Helper()
	var state *prefect.State
	eventually(t, "the run to be Crashed", func() bool {
		state = must(w.api.ReadFlowRun(t.Context(), id))(t).State
		return state != nil && state.Type == prefect.Crashed
	})
	for _, want := range message {
		if !strings.Contains(state.Message, want) {
			t.Errorf("the message %q lacks %q", state.Message, want)
		}
	}
	for _, want := range append(log, state.Message) {
		eventually(t, "the run's log to hold "+want, func() bool {
			for _, line := range must(w.api.FlowRunLogs(t.Context(), id))(t) {
				if strings.Contains(line.Message, want) {
					return true
				}
			}
			return false
		})
	}
}

// A run that had begun gets its state before anything is read from CloudWatch Logs, and
// its container's lines also when the worker ends right then.
func TestTheStateDoesNotWaitForTheLines(t *testing.T) {
	t.Parallel()
	inSimulatedTime(t, func(t *testing.T, o worldOptions) {
		w := newWorld(t, o)
		w.server.AddFault(fault.Fault{
			Service: "logs", Operation: "GetLogEvents", Kind: fault.Latency, Latency: 2 * time.Second, Times: -1,
		})
		id := w.runs(w.deployment(w.logged(w.executionRole(), map[string]any{"BEHAVE": "fail"})), 1)[0]
		running := w.start(nil)
		w.await(id, prefect.Crashed)
		shown := func() bool {
			lines := must(w.api.FlowRunLogs(t.Context(), id))(t)
			return slices.ContainsFunc(lines, func(l prefect.Log) bool {
				return strings.Contains(l.Message, `container "prefect": it has written nothing to log group`)
			})
		}
		if shown() {
			t.Error("the state waited for the lines")
		}
		running.stop()
		<-running.ended
		if !shown() {
			t.Error("the lines are lost")
		}
	})
}

// Lines that may not be read are no reason to keep a run from its state.
func TestLinesThatMayNotBeRead(t *testing.T) {
	t.Parallel()
	w := newWorld(t, worldOptions{})
	w.server.AddFault(fault.Fault{Service: "logs", Operation: "GetLogEvents", Kind: fault.AccessDenied, Times: -1})
	id := w.runs(w.deployment(w.logged(w.executionRole(), map[string]any{"BEHAVE": "say"})), 1)[0]
	w.start(func(o *worker.Options) { o.AWS.RetryMaxAttempts = 1 })
	w.crashes(t, id, []string{"(exit code 1)"}, []string{"its last lines cannot be read", "allows logs:GetLogEvents"})
}

// What is refused for good, or does not start, says what to change.
func TestRefusedLaunchesAreDiagnosed(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		fault   fault.Fault
		message []string
	}{
		"capacity": {fault.Fault{Service: "ecs", Operation: "RunTask", Kind: fault.Capacity, Times: -1},
			[]string{"Capacity is unavailable", "subnets in more availability zones", "--spot-fallback"}},
		"memory": {fault.Fault{Service: "ecs", Operation: "RunTask", Kind: fault.Capacity,
			Reason: fault.NoMemory, Times: -1},
			[]string{"RESOURCE:MEMORY", "no container instance has room", "add instances"}},
		"role": {fault.Fault{Service: "iam", Operation: fault.RoleOperation, Kind: fault.Latency, Latency: time.Hour},
			[]string{"ECS may not assume a role of the task", "ecs-tasks.amazonaws.com", "execution_role_arn"}},
		"no route": {fault.Fault{Service: "ecs", Operation: fault.TaskOperation, Kind: fault.PullFailure},
			[]string{"the task could not reach the image's registry", "NAT gateway", "network_configuration"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, worldOptions{})
			w.server.AddFault(tc.fault)
			id := w.runs(w.deployment(map[string]any{"execution_role_arn": w.executionRole()}), 1)[0]
			w.start(func(o *worker.Options) { o.CapacityWait, o.Patience = -1, time.Second })
			w.crashes(t, id, tc.message, nil)
		})
	}
}

// A pool's name may have characters that CloudWatch Logs refuses in the name of a stream.
func TestAPoolsNameInALogStream(t *testing.T) {
	t.Parallel()
	w := newWorld(t, worldOptions{})
	ctx, name := t.Context(), "team:data*"
	template := must(w.api.WorkerTemplate(ctx, "ecs"))(t)
	must(w.api.CreateWorkPool(ctx, prefect.WorkPoolCreate{Name: name, Type: "ecs", BaseJobTemplate: template}))(t)
	variables := must(json.Marshal(w.logged(w.executionRole(), map[string]any{"BEHAVE": "say", "SAY": "here I am"})))(t)
	d := must(w.api.CreateDeployment(ctx, prefect.DeploymentCreate{
		Name: "d", FlowID: must(w.api.CreateFlow(ctx, "flow"))(t).ID, WorkPoolName: name, JobVariables: variables,
	}))(t)
	id := w.runs(d, 1)[0]
	w.start(func(o *worker.Options) { o.Pool = name })
	w.crashes(t, id, []string{"exit code 1"}, []string{"here I am"})
}
