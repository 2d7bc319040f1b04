//go:build e2e

package sandbox

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"ecsctl/e2e/peers"
)

// shell registers a task definition that runs a script in the shell.
func (w *world) shell(client *ecs.Client, script string) *types.NetworkConfiguration {
	w.t.Helper()
	_, err := client.CreateCluster(w.t.Context(), &ecs.CreateClusterInput{})
	w.must(err)
	_, err = client.RegisterTaskDefinition(w.t.Context(), &ecs.RegisterTaskDefinitionInput{
		Family: aws.String("shell"), NetworkMode: types.NetworkModeAwsvpc, Cpu: aws.String("256"),
		Memory:                  aws.String("512"),
		RequiresCompatibilities: []types.Compatibility{types.CompatibilityFargate},
		ContainerDefinitions: []types.ContainerDefinition{{
			Name: aws.String("main"), Image: aws.String("prefecthq/prefect:3-latest"),
			Command: []string{"/bin/sh", "-c", script}, StopTimeout: aws.Int32(2),
		}},
	})
	w.must(err)
	subnets, _ := w.network()
	return &types.NetworkConfiguration{
		AwsvpcConfiguration: &types.AwsVpcConfiguration{Subnets: strings.Split(subnets, ",")}}
}

func (w *world) runTasks(client *ecs.Client, network *types.NetworkConfiguration, count int32) []string {
	w.t.Helper()
	out, err := client.RunTask(w.t.Context(), &ecs.RunTaskInput{
		TaskDefinition: aws.String("shell"), LaunchType: types.LaunchTypeFargate, NetworkConfiguration: network,
		Count: &count})
	w.must(err)
	var arns []string
	for _, task := range out.Tasks {
		arns = append(arns, *task.TaskArn)
	}
	return arns
}

// waitForTasks waits until all tasks have a status.
func (w *world) waitForTasks(client *ecs.Client, arns []string, status string) {
	w.t.Helper()
	w.eventually(fmt.Sprintf("%d tasks are %s", len(arns), status), func() error {
		for chunk := range slices.Chunk(arns, 100) {
			out, err := client.DescribeTasks(w.t.Context(), &ecs.DescribeTasksInput{Tasks: chunk})
			if err != nil {
				return err
			}
			for _, task := range out.Tasks {
				if *task.LastStatus != status {
					return fmt.Errorf("one is %s: %s", *task.LastStatus, aws.ToString(task.StoppedReason))
				}
			}
		}
		return nil
	})
}

// TestTwoHundredTasks run, stop and are cleaned up.
func TestTwoHundredTasks(t *testing.T) {
	w := newWorld(t, peers.Prefect3)
	client := ecs.NewFromConfig(w.config())
	network := w.shell(client, "exec sleep 600")
	var arns []string
	for range 20 {
		arns = append(arns, w.runTasks(client, network, 10)...)
	}
	w.waitForTasks(client, arns, "RUNNING")
	if n := len(descendants(w.process.PID())); n < len(arns) {
		t.Errorf("%d processes for %d tasks", n, len(arns))
	}
	for _, arn := range arns {
		_, err := client.StopTask(t.Context(), &ecs.StopTaskInput{Task: &arn})
		w.must(err)
	}
	w.waitForTasks(client, arns, "STOPPED")
	w.eventually("only the guard is left", func() error {
		if left := descendants(w.process.PID()); len(left) > 1 {
			return fmt.Errorf("%d processes", len(left))
		}
		return nil
	})
}

// TestNothingOutlivesAKill kills the sandbox in a way that it cannot answer.
func TestNothingOutlivesAKill(t *testing.T) {
	w := newWorld(t, peers.Prefect3)
	client := ecs.NewFromConfig(w.config())
	// A child, a grandchild, and one that does not listen to SIGTERM.
	network := w.shell(client, `trap "" TERM; sh -c "sleep 600 & sleep 600" & wait`)
	w.waitForTasks(client, w.runTasks(client, network, 5), "RUNNING")
	var pids []int
	w.eventually("the grandchildren are there", func() error {
		if pids = descendants(w.process.PID()); len(pids) < 5*4 {
			return fmt.Errorf("%d processes", len(pids))
		}
		return nil
	})
	process, err := os.FindProcess(w.process.PID())
	w.must(err)
	w.must(process.Kill())
	w.eventually("all processes are gone", func() error {
		for _, pid := range pids {
			if alive(pid) {
				return fmt.Errorf("process %d of %d is still there", pid, len(pids))
			}
		}
		return nil
	})
}

// descendants are all processes below one, by id.
func descendants(root int) []int {
	children := map[int][]int{}
	stats, _ := filepath.Glob("/proc/[0-9]*/stat") // the pattern is right
	for _, path := range stats {
		pid, err := strconv.Atoi(filepath.Base(filepath.Dir(path)))
		if _, parent, ok := stat(pid); ok && err == nil {
			children[parent] = append(children[parent], pid)
		}
	}
	var out []int
	for queue := children[root]; len(queue) > 0; queue = queue[1:] {
		out = append(out, queue[0])
		queue = append(queue, children[queue[0]]...)
	}
	return out
}

// alive is false also for a process that nobody has waited for yet.
func alive(pid int) bool {
	state, _, ok := stat(pid)
	return ok && state != "Z"
}

func stat(pid int) (state string, parent int, ok bool) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return "", 0, false
	}
	fields := strings.Fields(string(text[strings.LastIndex(string(text), ")")+1:]))
	parent, err = strconv.Atoi(fields[1])
	return fields[0], parent, err == nil
}
