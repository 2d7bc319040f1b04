package sandbox_test

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	logs "github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
	"github.com/google/go-cmp/cmp"

	"ecsctl/internal/executable"
	"ecsctl/sandbox"
)

const testImage = "example/app:1"

// running is a sandbox with an image whose one program, "app", is the shell script.
func running(t *testing.T, script string, opts sandbox.Options) *clients {
	t.Helper()
	dir := t.TempDir()
	if err := executable.Write(filepath.Join(dir, "app"), []byte("#!/bin/sh\n"+script)); err != nil {
		t.Fatal(err)
	}
	opts.Images = map[string]string{"example/*": dir}
	if opts.SteadyDelay == 0 {
		opts.SteadyDelay = 50 * time.Millisecond
	}
	return start(t, opts)
}

// app is a definition that runs the image's program.
func (c *clients) app(t *testing.T, change func(*ecs.RegisterTaskDefinitionInput)) *string {
	t.Helper()
	in := c.sleeper(t)
	in.ContainerDefinitions[0].Image = aws.String(testImage)
	in.ContainerDefinitions[0].Command = []string{"app"}
	in.ExecutionRoleArn = c.role(t).Arn
	if change != nil {
		change(in)
	}
	return must(c.ecs.RegisterTaskDefinition(t.Context(), in))(t).TaskDefinition.TaskDefinitionArn
}

// logged adds the awslogs driver.
func logged(group *string) func(*ecs.RegisterTaskDefinitionInput) {
	return func(in *ecs.RegisterTaskDefinitionInput) {
		in.ContainerDefinitions[0].LogConfiguration = &types.LogConfiguration{LogDriver: types.LogDriverAwslogs,
			Options: map[string]string{
				"awslogs-group": *group, "awslogs-region": "us-east-1", "awslogs-stream-prefix": "p"}}
	}
}

func (c *clients) run(t *testing.T, definition *string, change func(*ecs.RunTaskInput)) *types.Task {
	t.Helper()
	in := &ecs.RunTaskInput{Cluster: c.cluster(t), TaskDefinition: definition, LaunchType: types.LaunchTypeFargate,
		NetworkConfiguration: c.network(t)}
	if change != nil {
		change(in)
	}
	return &must(c.ecs.RunTask(t.Context(), in))(t).Tasks[0]
}

func (c *clients) describeTask(t *testing.T, task *types.Task) types.Task {
	t.Helper()
	got := must(c.ecs.DescribeTasks(t.Context(), &ecs.DescribeTasksInput{
		Cluster: task.ClusterArn, Tasks: []string{*task.TaskArn},
	}))(t).Tasks
	if len(got) != 1 {
		t.Fatalf("got %d tasks", len(got))
	}
	return got[0]
}

func (c *clients) awaitTask(t *testing.T, task *types.Task, status string) types.Task {
	t.Helper()
	var got types.Task
	eventually(t, "the task to be "+status, func() bool {
		got = c.describeTask(t, task)
		if *got.LastStatus == "STOPPED" && status != "STOPPED" {
			t.Fatalf("the task stopped: %s", aws.ToString(got.StoppedReason))
		}
		return *got.LastStatus == status
	})
	return got
}

func (c *clients) logLines(t *testing.T, group *string, task *types.Task) []string {
	t.Helper()
	id := (*task.TaskArn)[strings.LastIndex(*task.TaskArn, "/")+1:]
	return messages(must(c.logs.GetLogEvents(t.Context(), &logs.GetLogEventsInput{
		LogGroupName: group, LogStreamName: aws.String("p/main/" + id), StartFromHead: aws.Bool(true)}))(t))
}

func TestTaskRunsItsCommand(t *testing.T) {
	t.Parallel()
	c := running(t,
		`echo "secret=$SECRET env=$A$B role=${AWS_CONTAINER_CREDENTIALS_FULL_URI:+set}$AWS_ACCESS_KEY_ID home=${HOME:+set} $1" >&2; exit 7`, sandbox.Options{})
	group, secret := c.logGroup(t, nil), c.secret(t)
	definition := c.app(t, func(in *ecs.RegisterTaskDefinitionInput) {
		logged(group)(in)
		in.TaskRoleArn = c.role(t).Arn
		in.ContainerDefinitions[0].Secrets = []types.Secret{{Name: aws.String("SECRET"), ValueFrom: secret.ARN}}
	})
	task := c.run(t, definition, func(in *ecs.RunTaskInput) {
		in.Overrides = &types.TaskOverride{ContainerOverrides: []types.ContainerOverride{{
			Name: aws.String("main"), Command: []string{"app", "over"},
			Environment: []types.KeyValuePair{{Name: aws.String("B"), Value: aws.String("2")}}}}}
	})
	got := c.awaitTask(t, task, "STOPPED")
	if got.StopCode != types.TaskStopCodeEssentialContainerExited ||
		*got.StoppedReason != "Essential container in task exited" {
		t.Errorf("got stop code %s, reason %q", got.StopCode, *got.StoppedReason)
	}
	if code := got.Containers[0].ExitCode; code == nil || *code != 7 {
		t.Errorf("got exit code %v", code)
	}
	if got.StartedAt == nil || got.StoppedAt == nil || got.PullStartedAt == nil {
		t.Errorf("times are missing: %+v", got)
	}
	want := []string{"secret=hush env=12 role=set home=set over"}
	if diff := cmp.Diff(want, c.logLines(t, group, task)); diff != "" {
		t.Error(diff)
	}
}

func TestTaskWithoutARoleHasNoCredentials(t *testing.T) {
	t.Parallel()
	c := running(t, `echo "key=$AWS_ACCESS_KEY_ID$AWS_CONTAINER_CREDENTIALS_FULL_URI"`, sandbox.Options{})
	group := c.logGroup(t, nil)
	task := c.run(t, c.app(t, logged(group)), nil)
	c.awaitTask(t, task, "STOPPED")
	if diff := cmp.Diff([]string{"key="}, c.logLines(t, group, task)); diff != "" {
		t.Error(diff)
	}
}

func TestTasksThatFailToStart(t *testing.T) {
	t.Parallel()
	c := running(t, "exit 0", sandbox.Options{})
	for name, tc := range map[string]struct {
		change            func(*ecs.RegisterTaskDefinitionInput)
		reason, container string
	}{
		"image": {func(in *ecs.RegisterTaskDefinitionInput) {
			in.ContainerDefinitions[0].Image = aws.String("nobody/has:this")
		},
			"CannotPullContainerError", "CannotPullContainerError"},
		"secret": {func(in *ecs.RegisterTaskDefinitionInput) {
			in.ContainerDefinitions[0].Secrets = []types.Secret{{Name: aws.String("S"),
				ValueFrom: aws.String("arn:aws:secretsmanager:us-east-1:123456789012:secret:none-AbCdEf")}}
		}, "ResourceInitializationError: unable to pull secrets or registry auth", ""},
		"log group": {logged(aws.String("/not-there")), "ResourceInitializationError: failed to validate logger args",
			""},
		"command": {func(in *ecs.RegisterTaskDefinitionInput) {
			in.ContainerDefinitions[0].Command = []string{"no-such-app"}
		}, "Task failed to start", "CannotStartContainerError"},
		"not implemented": {func(in *ecs.RegisterTaskDefinitionInput) {
			in.ContainerDefinitions[0].User = aws.String("1000")
		},
			"the ecsctl sandbox does not implement user", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := c.awaitTask(t, c.run(t, c.app(t, tc.change), nil), "STOPPED")
			if got.StopCode != types.TaskStopCodeTaskFailedToStart ||
				!strings.HasPrefix(*got.StoppedReason, tc.reason) {
				t.Errorf("got stop code %s, reason %q", got.StopCode, *got.StoppedReason)
			}
			if reason := aws.ToString(got.Containers[0].Reason); !strings.HasPrefix(reason, tc.container) ||
				tc.container == "" && reason != "" {
				t.Errorf("got container reason %q", reason)
			}
			if got.Containers[0].ExitCode != nil || got.StartedAt != nil {
				t.Errorf("got exit code %v, started %v", got.Containers[0].ExitCode, got.StartedAt)
			}
		})
	}
}

func TestSecretByJSONKey(t *testing.T) {
	t.Parallel()
	c := running(t, `echo "$S"`, sandbox.Options{})
	group := c.logGroup(t, nil)
	secret := c.secretOf(t, `{"user":"me","n":3}`)
	task := c.run(t, c.app(t, func(in *ecs.RegisterTaskDefinitionInput) {
		logged(group)(in)
		in.ContainerDefinitions[0].Secrets = []types.Secret{{Name: aws.String("S"),
			ValueFrom: aws.String(secret + ":user::")}}
	}), nil)
	c.awaitTask(t, task, "STOPPED")
	if diff := cmp.Diff([]string{"me"}, c.logLines(t, group, task)); diff != "" {
		t.Error(diff)
	}
}

func TestStopTaskSignalsAndThenKills(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		trap string
		code int32
	}{
		"handled": {`trap "exit 5" TERM`, 5},
		"default": {``, 143},
		"ignored": {`trap "" TERM`, 137},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := running(t, tc.trap+"\necho up; while :; do sleep 0.05; done", sandbox.Options{})
			group := c.logGroup(t, nil)
			task := c.run(t, c.app(t, func(in *ecs.RegisterTaskDefinitionInput) {
				logged(group)(in)
				in.ContainerDefinitions[0].StopTimeout = aws.Int32(2)
			}), nil)
			c.awaitTask(t, task, "RUNNING")
			eventually(t, "the first line", func() bool { return len(c.logLines(t, group, task)) > 0 })
			must(c.ecs.StopTask(t.Context(), &ecs.StopTaskInput{Cluster: task.ClusterArn, Task: task.TaskArn}))(t)
			got := c.awaitTask(t, task, "STOPPED")
			if got.StopCode != types.TaskStopCodeUserInitiated || *got.Containers[0].ExitCode != tc.code {
				t.Errorf("got stop code %s, exit code %d, want %d", got.StopCode, *got.Containers[0].ExitCode, tc.code)
			}
		})
	}
}

func TestRoleIsRefusedWhileItIsNew(t *testing.T) {
	t.Parallel()
	clock := sandbox.HeldClock()
	c := running(t, "exec sleep 600", sandbox.Options{IAMDelay: time.Minute, Clock: clock})
	in := &ecs.RunTaskInput{Cluster: c.cluster(t), TaskDefinition: c.app(t, nil), LaunchType: types.LaunchTypeFargate,
		NetworkConfiguration: c.network(t)}
	_, err := c.ecs.RunTask(t.Context(), in)
	wantMessage(t, err, "ClientException", "ECS was unable to assume the role")
	_, err = c.ecs.CreateService(t.Context(), &ecs.CreateServiceInput{Cluster: in.Cluster, ServiceName: aws.String("s"),
		TaskDefinition: in.TaskDefinition,
		DesiredCount:   aws.Int32(0), LaunchType: types.LaunchTypeFargate,
		NetworkConfiguration: in.NetworkConfiguration})
	wantMessage(t, err, "ClientException", "ECS was unable to assume the role")
	clock.Advance(time.Minute - 1)
	_, err = c.ecs.RunTask(t.Context(), in)
	wantMessage(t, err, "ClientException", "ECS was unable to assume the role")
	clock.Advance(1)
	must(c.ecs.RunTask(t.Context(), in))(t)
}

func TestSecurityGroupOfARunningTaskIsNotDeleted(t *testing.T) {
	t.Parallel()
	c := running(t, "exec sleep 600", sandbox.Options{})
	group := c.group(t)
	task := c.run(t, c.app(t, nil), func(in *ecs.RunTaskInput) {
		in.NetworkConfiguration.AwsvpcConfiguration.SecurityGroups = []string{*group}
	})
	c.awaitTask(t, task, "RUNNING")
	_, err := c.ec2.DeleteSecurityGroup(t.Context(), &ec2.DeleteSecurityGroupInput{GroupId: group})
	wantMessage(t, err, "DependencyViolation", "has a dependent object")
	_, err = c.ecs.DeleteCluster(t.Context(), &ecs.DeleteClusterInput{Cluster: task.ClusterArn})
	wantCode(t, err, "ClusterContainsTasksException")
	must(c.ecs.StopTask(t.Context(), &ecs.StopTaskInput{Cluster: task.ClusterArn, Task: task.TaskArn}))(t)
	c.awaitTask(t, task, "STOPPED")
	must(c.ec2.DeleteSecurityGroup(t.Context(), &ec2.DeleteSecurityGroupInput{GroupId: group}))(t)
}

func TestCloseLeavesNothingBehind(t *testing.T) {
	before := runtime.NumGoroutine()
	pids := filepath.Join(t.TempDir(), "pids")
	t.Run("sandbox", func(t *testing.T) {
		c := running(t, fmt.Sprintf(`trap "" TERM; sleep 600 & echo "$$ $!" > %s; wait; sleep 600`, pids),
			sandbox.Options{Volumes: []string{filepath.Dir(pids)}})
		c.awaitTask(t, c.run(t, c.app(t, nil), nil), "RUNNING")
		eventually(t, "the processes", func() bool {
			data, err := os.ReadFile(pids)
			return err == nil &&
				len(data) > 0
		})
	})
	var shell, sleep int
	data, err := os.ReadFile(pids)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := fmt.Sscan(string(data), &shell, &sleep); err != nil {
		t.Fatal(err)
	}
	for _, pid := range []int{shell, sleep} {
		eventually(t, "the process to be gone", func() bool { return gone(pid) })
	}
	eventually(t, "the goroutines to end", func() bool { return runtime.NumGoroutine() <= before })
}

// gone also takes a process that nobody has waited for yet.
func gone(pid int) bool {
	if syscall.Kill(pid, 0) != nil {
		return true
	}
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	return err != nil || strings.Contains(string(stat), ") Z ")
}

// Nothing outlives the first process of a container, also when it has left its session.
func TestNothingOutlivesAContainer(t *testing.T) {
	t.Parallel()
	if runtime.GOOS != "linux" {
		t.Skip("what has left its group is found by /proc")
	}
	for name, script := range map[string]string{
		"that ends":       `setsid sh -c 'echo $$ > "$PIDS"; sleep 600 & sleep 600' </dev/null >/dev/null 2>&1 & while [ ! -s "$PIDS" ]; do sleep 0.05; done; exit 0`,
		"that is stopped": `setsid sh -c 'echo $$ > "$PIDS"; trap "" TERM; while :; do sleep 0.1; done' </dev/null >/dev/null 2>&1 & exec sleep 600`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			file := filepath.Join(t.TempDir(), "pids")
			c := running(t, script, sandbox.Options{Volumes: []string{filepath.Dir(file)}})
			task := c.run(t, c.app(t, func(in *ecs.RegisterTaskDefinitionInput) {
				in.ContainerDefinitions[0].Environment = []types.KeyValuePair{{Name: aws.String("PIDS"), Value: &file}}
			}), nil)
			var pid int
			eventually(t, "the process that has left", func() bool {
				text, err := os.ReadFile(file)
				if err == nil {
					pid, err = strconv.Atoi(strings.TrimSpace(string(text)))
				}
				return err == nil
			})
			if name == "that is stopped" {
				must(c.ecs.StopTask(t.Context(), &ecs.StopTaskInput{Cluster: task.ClusterArn, Task: task.TaskArn}))(t)
			}
			c.awaitTask(t, task, "STOPPED")
			if state := processState(pid); state != "" && state != "Z" {
				t.Errorf("process %d is in state %s after its task has stopped", pid, state)
			}
		})
	}
}

// processState is that of a process, a letter; empty when there is none.
func processState(pid int) string {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return ""
	}
	return strings.Fields(string(stat[bytes.LastIndexByte(stat, ')')+1:]))[0]
}
