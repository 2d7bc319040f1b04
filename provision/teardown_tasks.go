package provision

import (
	"context"
	"errors"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"golang.org/x/sync/errgroup"

	"ecsctl/internal/english"
)

// taskStep settles the flow runs that still run, once the worker can start no more.
func (t *Teardown) taskStep(progress Progress) step {
	change := Change{Kind: KindTask, Name: "flow runs of " + t.w.spec.Pool, Action: None}
	if len(t.running) > 0 && t.opts.Running != RunningLeave {
		change.Action = Delete
	}
	return step{change: change, needs: []Kind{KindService}, run: func(ctx context.Context) (string, error) {
		ctx, cancel := context.WithTimeout(ctx, t.opts.Limit)
		defer cancel()
		return "", adviseTime(ctx, t.settleTasks(ctx, progress))
	}}
}

func (t *Teardown) settleTasks(ctx context.Context, progress Progress) error {
	if t.opts.Running == RunningLeave {
		return nil
	}
	running, err := t.w.runningTasks(ctx)
	if err != nil {
		return err
	}
	if t.opts.Running == RunningRefuse && len(running) > 0 {
		t.running = running // started since the plan was made
		return t.Refused()
	}
	if t.opts.Running == RunningStop {
		if err := t.w.stopTasks(ctx, running); err != nil {
			return err
		}
	}
	told := 0
	return t.w.until(ctx, func() (waiting, err error) {
		if told > 0 {
			running, err = t.w.runningTasks(ctx)
		}
		if err != nil || len(running) == 0 {
			return nil, err
		}
		if len(running) != told {
			told = len(running)
			progress.Note("waiting for " + english.Count(told, "flow run") + " to end")
		}
		return errors.New(english.Are(told, "flow run") + " still running"), nil
	})
}

func (w *world) stopTasks(ctx context.Context, tasks []runningTask) error {
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(8)
	for _, task := range tasks {
		group.Go(func() error {
			_, err := w.aws.ECS.StopTask(ctx, &ecs.StopTaskInput{
				Cluster: aws.String(w.spec.Cluster), Task: aws.String(task.arn),
				Reason: aws.String("ecsctl teardown of work pool " + w.spec.Pool),
			})
			return explain("stop the task of flow run "+task.name, err)
		})
	}
	return group.Wait()
}

// keepForRuns makes the plan leave what flow runs that are left still need: AWS would refuse to delete it for as
// long as they run.
func (t *Teardown) keepForRuns(ctx context.Context, cluster *cluster, groups []removable) error {
	if t.opts.Running != RunningLeave || len(t.running) == 0 {
		return nil
	}
	cluster.runs = len(t.running)
	var ids []string
	for _, g := range groups {
		ids = append(ids, *g.(*securityGroup).found.GroupId)
	}
	if len(ids) == 0 {
		return nil
	}
	interfaces, err := t.w.interfacesIn(ctx, ids)
	for _, i := range interfaces {
		for _, r := range groups {
			g := r.(*securityGroup)
			if isIn(i, *g.found.GroupId) && t.isOfRun(aws.ToString(i.NetworkInterfaceId)) {
				g.runs++
			}
		}
	}
	return err
}

// isOfRun reports whether a network interface is that of a flow run.
func (t *Teardown) isOfRun(networkInterface string) bool {
	return slices.ContainsFunc(t.running, func(r runningTask) bool { return r.networkInterface == networkInterface })
}
