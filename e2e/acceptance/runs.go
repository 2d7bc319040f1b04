//go:build e2e

package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"ecsctl/operate/verify"
	"ecsctl/prefect"
)

// The size of the flow runs' tasks, and of the worker's: all of them fit into the 6 vCPUs that AWS
// gives a new account.
const taskCPU, taskMemory = 256, 512

// flowSource takes its time.
const flowSource = `import time

from prefect import flow


@flow
def acceptance(seconds: float = 0):
    time.sleep(seconds)
`

// between is the time between two looks.
func (s *suite) between() time.Duration {
	if s.on == onAWS {
		return 5 * time.Second
	}
	return 200 * time.Millisecond
}

// long is for a run that is still there after the next step of the suite.
func (s *suite) long() float64 {
	if s.on == onAWS {
		return 180
	}
	return 4
}

// deploy makes the flow and its deployment, once.
func (s *suite) deploy(ctx context.Context) error {
	if s.deployment != nil {
		return nil
	}
	steps, err := verify.WritingSteps("acceptance", "acceptance.py", flowSource)
	if err != nil {
		return err
	}
	if s.flow, err = s.far.api.CreateFlow(ctx, s.pool); err != nil {
		return err
	}
	s.deployment, err = s.far.api.CreateDeployment(ctx, prefect.DeploymentCreate{
		Name: s.pool, FlowID: s.flow.ID, WorkPoolName: s.pool, Entrypoint: "acceptance.py:acceptance", PullSteps: steps,
		Parameters:   json.RawMessage(`{"seconds": 0}`),
		JobVariables: json.RawMessage(fmt.Sprintf(`{"cpu": %d, "memory": %d}`, taskCPU, taskMemory)),
	})
	return err
}

// start makes a run that takes so many seconds.
func (s *suite) start(ctx context.Context, seconds float64, variables json.RawMessage) (*prefect.FlowRun, error) {
	if err := s.deploy(ctx); err != nil {
		return nil, err
	}
	return s.far.api.CreateFlowRun(ctx, s.deployment.ID, prefect.FlowRunCreate{JobVariables: variables,
		Parameters: json.RawMessage(fmt.Sprintf(`{"seconds": %g}`, seconds))})
}

// awaitState waits for the state, and for no other that is final.
func (s *suite) awaitState(ctx context.Context, id string, want prefect.StateType) error {
	return s.await(ctx, "a run is "+string(want), func() (bool, error) {
		run, err := s.far.api.ReadFlowRun(ctx, id)
		switch {
		case err != nil:
			return false, err
		case run.StateType == want:
			return true, nil
		case run.StateType.Terminal():
			return false, fmt.Errorf("flow run %q is %s, not %s: %s", run.Name, run.StateName, want, s.why(ctx, run))
		}
		return false, nil
	})
}

// why is what its log says last.
func (s *suite) why(ctx context.Context, run *prefect.FlowRun) string {
	lines, err := s.far.api.LastFlowRunLogs(ctx, run.ID)
	if err != nil || len(lines) == 0 {
		return "it has no log"
	}
	var out []string
	for _, line := range lines {
		out = append(out, line.Message)
	}
	return lastLines(strings.Join(out, "\n"))
}

// manyRuns are each executed once.
func (s *suite) manyRuns(ctx context.Context) (string, error) {
	var ids []string
	for range runs {
		run, err := s.start(ctx, 0, nil)
		if err != nil {
			return "", err
		}
		ids = append(ids, run.ID)
	}
	tasks := map[string]bool{}
	for _, id := range ids {
		if err := s.awaitState(ctx, id, prefect.Completed); err != nil {
			return "", err
		}
		task, err := s.taskOf(ctx, id)
		if err != nil {
			return "", err
		}
		tasks[aws.ToString(task.TaskArn)] = true
	}
	if len(tasks) != runs {
		return "", fmt.Errorf("%d runs had %d tasks", runs, len(tasks))
	}
	return fmt.Sprintf("%d completed, each in a task of its own", runs), nil
}

// cancel ends a run whose task would go on.
func (s *suite) cancel(ctx context.Context) (string, error) {
	run, err := s.start(ctx, limit.Seconds(), nil)
	if err != nil {
		return "", err
	}
	if err := s.awaitState(ctx, run.ID, prefect.Running); err != nil {
		return "", err
	}
	if _, err := s.far.api.SetFlowRunState(ctx, run.ID,
		prefect.StateProposal{Type: prefect.Cancelling, Name: "Cancelling"}); err != nil {
		return "", err
	}
	if err := s.awaitState(ctx, run.ID, prefect.Cancelled); err != nil {
		return "", err
	}
	err = s.await(ctx, "the task has stopped", func() (bool, error) {
		task, err := s.taskOf(ctx, run.ID)
		return aws.ToString(task.LastStatus) == "STOPPED", err
	})
	return "the run is Cancelled, its task STOPPED", err
}

// spot runs on capacity that the cluster must be associated with.
func (s *suite) spot(ctx context.Context) (string, error) {
	task, err := s.completed(ctx, json.RawMessage(`{"launch_type": "FARGATE_SPOT"}`))
	if err != nil {
		return "", err
	}
	provider := aws.ToString(task.CapacityProviderName)
	if provider != "FARGATE_SPOT" {
		err = fmt.Errorf("its task ran on %q", provider)
	}
	return "its task ran on " + provider, err
}

// completed makes a run, and is its task once it is Completed.
func (s *suite) completed(ctx context.Context, variables json.RawMessage) (types.Task, error) {
	run, err := s.start(ctx, 0, variables)
	if err != nil {
		return types.Task{}, err
	}
	if err := s.awaitState(ctx, run.ID, prefect.Completed); err != nil {
		return types.Task{}, err
	}
	return s.taskOf(ctx, run.ID)
}

// taskOf is the task of a run, whose worker may still have to tell it.
func (s *suite) taskOf(ctx context.Context, id string) (task types.Task, err error) {
	err = s.await(ctx, "the worker tells the run's task", func() (bool, error) {
		run, err := s.far.api.ReadFlowRun(ctx, id)
		if err != nil || run.InfrastructurePID == "" {
			return false, err
		}
		cluster, arn, _ := strings.Cut(run.InfrastructurePID, "::")
		out, err := s.far.source.ECS.DescribeTasks(ctx, &ecs.DescribeTasksInput{
			Cluster: &cluster, Tasks: []string{arn},
		})
		if err != nil || len(out.Tasks) == 0 {
			return false, err
		}
		task = out.Tasks[0]
		return true, nil
	})
	return task, err
}

// workerTask is the one of the service that runs.
func (s *suite) workerTask(ctx context.Context) (task types.Task, err error) {
	client := s.far.source.ECS
	err = s.await(ctx, "one worker runs", func() (bool, error) {
		listed, err := client.ListTasks(ctx, &ecs.ListTasksInput{
			Cluster: &s.pool, ServiceName: aws.String(s.serviceName()),
		})
		if err != nil || len(listed.TaskArns) != 1 {
			return false, err
		}
		out, err := client.DescribeTasks(ctx, &ecs.DescribeTasksInput{Cluster: &s.pool, Tasks: listed.TaskArns})
		if err != nil || len(out.Tasks) != 1 {
			return false, err
		}
		task = out.Tasks[0]
		return true, nil
	})
	return task, err
}

// clearPrefect takes away the flow, and with it its deployment and runs.
func (s *suite) clearPrefect(ctx context.Context) (string, error) {
	var err error
	if s.deployment != nil {
		err = s.far.api.DeleteDeployment(ctx, s.deployment.ID)
	}
	if s.flow != nil {
		err = errors.Join(err, s.far.api.DeleteFlow(ctx, s.flow.ID))
	}
	return "", err
}
