package sandbox_test

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"ecsctl/sandbox"
)

// ECS Exec is for tasks that start after it was switched on, which starts none by itself.
func TestServiceWithECSExec(t *testing.T) {
	t.Parallel()
	c := running(t, "exec sleep 600", sandbox.Options{})
	role := c.role(t).Arn
	s := c.serve(t, c.app(t, func(in *ecs.RegisterTaskDefinitionInput) { in.TaskRoleArn = role }), nil)
	c.awaitService(t, s, "steady", completed)
	in := &ecs.UpdateServiceInput{Cluster: s.ClusterArn, Service: s.ServiceName, EnableExecuteCommand: aws.Bool(true)}
	got := must(c.ecs.UpdateService(t.Context(), in))(t).Service
	if !got.EnableExecuteCommand || len(got.Deployments) != 1 || c.tasksOf(t, s)[0].EnableExecuteCommand {
		t.Errorf("got %t with %d deployments, or the task that ran has it too",
			got.EnableExecuteCommand, len(got.Deployments))
	}
	in.ForceNewDeployment, in.EnableExecuteCommand = true, nil
	must(c.ecs.UpdateService(t.Context(), in))(t)
	c.awaitService(t, s, "steady again", completed)
	if tasks := c.tasksOf(t, s); len(tasks) != 1 || !tasks[0].EnableExecuteCommand {
		t.Errorf("the new task has no ECS Exec: %+v", tasks)
	}
}

func TestECSExecNeedsATaskRole(t *testing.T) {
	t.Parallel()
	c := running(t, "exec sleep 600", sandbox.Options{})
	definition := c.app(t, nil)
	_, err := c.ecs.CreateService(t.Context(), &ecs.CreateServiceInput{
		Cluster: c.cluster(t), ServiceName: aws.String("exec"), TaskDefinition: definition, DesiredCount: aws.Int32(1),
		LaunchType: types.LaunchTypeFargate, NetworkConfiguration: c.network(t), EnableExecuteCommand: true,
	})
	wantMessage(t, err, "InvalidParameterException", "couldn't be created because a valid taskRoleArn")
	s := c.serve(t, definition, nil)
	_, err = c.ecs.UpdateService(t.Context(), &ecs.UpdateServiceInput{
		Cluster: s.ClusterArn, Service: s.ServiceName, EnableExecuteCommand: aws.Bool(true)})
	wantMessage(t, err, "InvalidParameterException", "couldn't be updated because a valid taskRoleArn")
}
