package provision

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
)

// describeAtOnce is how many tasks DescribeTasks takes (API_DescribeTasks).
const describeAtOnce = 100

// tasks lists the tasks of the cluster that in asks for, with their tags.
func (w *world) tasks(ctx context.Context, in ecs.ListTasksInput) ([]types.Task, error) {
	in.Cluster, in.MaxResults = aws.String(w.spec.Cluster), aws.Int32(describeAtOnce)
	var out []types.Task
	pages := ecs.NewListTasksPaginator(w.aws.ECS, &in)
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, explain("list the tasks", err)
		}
		if len(page.TaskArns) == 0 {
			continue
		}
		got, err := w.aws.ECS.DescribeTasks(ctx, &ecs.DescribeTasksInput{
			Cluster: in.Cluster, Tasks: page.TaskArns, Include: []types.TaskField{types.TaskFieldTags},
		})
		if err != nil {
			return nil, explain("read the tasks", err)
		}
		for _, task := range got.Tasks {
			if in.DesiredStatus == "" || aws.ToString(task.DesiredStatus) == string(in.DesiredStatus) {
				out = append(out, task) // an emulator may not know the filter
			}
		}
	}
	return out, nil
}

// serviceTasks lists the service's tasks that are to run (RUNNING) or not (STOPPED).
// ECS puts each into a group named after its service.
func (w *world) serviceTasks(ctx context.Context, desired types.DesiredStatus) ([]types.Task, error) {
	all, err := w.tasks(ctx, ecs.ListTasksInput{ServiceName: aws.String(w.spec.Names.Service), DesiredStatus: desired})
	var out []types.Task
	for _, task := range all {
		if aws.ToString(task.Group) == "service:"+w.spec.Names.Service {
			out = append(out, task)
		}
	}
	return out, err
}
