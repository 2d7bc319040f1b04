package worker

import (
	"context"
	"fmt"
	"sync"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"ecsctl/internal/awserr"
	"ecsctl/jobtemplate"
)

// maxTagged bounds each of the two generations of remembered tasks.
const maxTagged = 5000

// taskTags knows the tags of tasks, which events do not have. It asks ECS once for each
// task, for as many as there are in a batch, and remembers the last few thousand.
type taskTags struct {
	mu         sync.Mutex
	young, old map[string]map[string]string
}

// fill adds the tags to changes. A task that ECS no longer knows keeps none.
func (t *taskTags) fill(ctx context.Context, sets *clientSets, changes []*change) error {
	missing := map[string][]string{} // by cluster
	for _, c := range changes {
		if c.tags = t.known(c.arn()); c.tags == nil {
			missing[c.cluster()] = append(missing[c.cluster()], c.arn())
		}
	}
	if len(missing) == 0 {
		return nil
	}
	clients, err := sets.of(ctx, jobtemplate.Credentials{})
	if err != nil {
		return err
	}
	for cluster, tasks := range missing {
		if err := t.ask(ctx, clients, cluster, tasks); err != nil {
			return err
		}
	}
	for _, c := range changes {
		c.tags = t.known(c.arn())
		if c.tags == nil {
			c.tags = map[string]string{} // ECS has forgotten the task
		}
	}
	return nil
}

func (t *taskTags) ask(ctx context.Context, clients *awsClients, cluster string, tasks []string) error {
	out, err := clients.ecs.DescribeTasks(ctx, &ecs.DescribeTasksInput{Cluster: &cluster, Tasks: tasks, Include: []types.TaskField{types.TaskFieldTags}})
	if awserr.HasCode(err, "ClusterNotFoundException") {
		return nil // it is gone, and its tasks with it
	}
	if err != nil {
		return explain(fmt.Sprintf("read the tags of %d ECS tasks", len(tasks)), err)
	}
	for _, task := range out.Tasks {
		t.remember(aws.ToString(task.TaskArn), tagsOf(task))
	}
	return nil
}

func tagsOf(task types.Task) map[string]string {
	tags := make(map[string]string, len(task.Tags))
	for _, tag := range task.Tags {
		tags[aws.ToString(tag.Key)] = aws.ToString(tag.Value)
	}
	return tags
}

func (t *taskTags) known(arn string) map[string]string {
	t.mu.Lock()
	defer t.mu.Unlock()
	if tags := t.young[arn]; tags != nil {
		return tags
	}
	return t.old[arn]
}

func (t *taskTags) remember(arn string, tags map[string]string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.young == nil || len(t.young) >= maxTagged {
		t.young, t.old = map[string]map[string]string{}, t.young
	}
	t.young[arn] = tags
}

// forget drops a task that has stopped: there is no more to come.
func (t *taskTags) forget(arn string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	delete(t.young, arn)
	delete(t.old, arn)
}
