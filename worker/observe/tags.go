package observe

import (
	"context"
	"fmt"
	"sync"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"ecsctl/internal/awserr"
	"ecsctl/jobtemplate"
	"ecsctl/worker/awsaccess"
	"ecsctl/worker/taskchange"
)

// MaxTagged bounds each of the two generations of remembered tasks.
const MaxTagged = 5000

// Tags knows the tags of tasks, which events do not have. It asks ECS once for each
// task, for as many as there are in a batch, and remembers the last few thousand.
type Tags struct {
	mu         sync.Mutex
	Young, Old map[string]map[string]string
}

// Fill adds the tags to changes. A task that ECS no longer knows keeps none.
func (t *Tags) Fill(ctx context.Context, sets *awsaccess.Sets, changes []*taskchange.Change) error {
	missing := map[string][]string{} // by cluster
	for _, c := range changes {
		if c.Tags = t.known(c.ARN()); c.Tags == nil {
			missing[c.Cluster()] = append(missing[c.Cluster()], c.ARN())
		}
	}
	if len(missing) == 0 {
		return nil
	}
	clients, err := sets.Of(ctx, jobtemplate.Credentials{})
	if err != nil {
		return err
	}
	for cluster, tasks := range missing {
		if err := t.ask(ctx, clients, cluster, tasks); err != nil {
			return err
		}
	}
	for _, c := range changes {
		c.Tags = t.known(c.ARN())
		if c.Tags == nil {
			c.Tags = map[string]string{} // ECS has forgotten the task
		}
	}
	return nil
}

func (t *Tags) ask(ctx context.Context, clients *awsaccess.Clients, cluster string, tasks []string) error {
	out, err := clients.ECS.DescribeTasks(ctx, &ecs.DescribeTasksInput{
		Cluster: &cluster, Tasks: tasks, Include: []types.TaskField{types.TaskFieldTags},
	})
	if awserr.HasCode(err, "ClusterNotFoundException") {
		return nil // it is gone, and its tasks with it
	}
	if err != nil {
		return awsaccess.Explain(fmt.Sprintf("read the tags of %d ECS tasks", len(tasks)), err)
	}
	for _, task := range out.Tasks {
		t.Remember(aws.ToString(task.TaskArn), TagsOf(task))
	}
	return nil
}

// TagsOf returns the tags of a task.
func TagsOf(task types.Task) map[string]string {
	tags := make(map[string]string, len(task.Tags))
	for _, tag := range task.Tags {
		tags[aws.ToString(tag.Key)] = aws.ToString(tag.Value)
	}
	return tags
}

func (t *Tags) known(arn string) map[string]string {
	t.mu.Lock()
	defer t.mu.Unlock()
	if tags := t.Young[arn]; tags != nil {
		return tags
	}
	return t.Old[arn]
}

// Remember keeps the tags of a task.
func (t *Tags) Remember(arn string, tags map[string]string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.Young == nil || len(t.Young) >= MaxTagged {
		t.Young, t.Old = map[string]map[string]string{}, t.Young
	}
	t.Young[arn] = tags
}

// Forget drops a task that has stopped: there is no more to come.
func (t *Tags) Forget(arn string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	delete(t.Young, arn)
	delete(t.Old, arn)
}
