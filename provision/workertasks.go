package provision

import (
	"context"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
)

// workersSince is the time from which each heartbeat of the service's workers is that
// of a task of its newest deployment. It is false while there is no such time: no such
// task runs, or another still does.
//
// A worker's name does not tell: it holds the host name, which an address used again
// gives to another task. And the time of the deployment does not: the tasks that it
// replaces go on for a while, those that ECS does not count as healthy for as long as it
// takes to stop them, and a worker counts as ONLINE for three heartbeats after its last.
func (b *Bootstrap) workersSince(ctx context.Context) (time.Time, bool, error) {
	newest := primaryOf(b.service.found)
	if newest == nil || len(b.service.found.Deployments) > 1 {
		return time.Time{}, false, nil
	}
	// In this order a task that is told to stop in between is seen twice, not missed.
	running, err := b.w.serviceTasks(ctx, types.DesiredStatusRunning)
	if err != nil {
		return time.Time{}, false, err
	}
	stopped, err := b.w.serviceTasks(ctx, types.DesiredStatusStopped)
	if err != nil {
		return time.Time{}, false, err
	}
	started, ok := firstStart(running, aws.ToString(newest.Id))
	if !ok {
		return time.Time{}, false, nil
	}
	ended, ok := lastEnd(stopped)
	if !ok {
		return time.Time{}, false, nil
	}
	if ended.After(started) {
		return ended, true, nil
	}
	return started, true, nil
}

func primaryOf(got *types.Service) *types.Deployment {
	if got == nil {
		return nil
	}
	for _, d := range got.Deployments {
		if aws.ToString(d.Status) == "PRIMARY" {
			return &d
		}
	}
	return nil
}

// firstStart is before which no container of the deployment's running tasks began: they
// start when their images are there. It is false when none runs or one of another
// deployment does; startedBy of a service's task is the id of its deployment.
func firstStart(running []types.Task, deployment string) (time.Time, bool) {
	var first time.Time
	found := false
	for _, task := range running {
		if aws.ToString(task.StartedBy) != deployment {
			return time.Time{}, false
		}
		if aws.ToString(task.LastStatus) != string(types.DesiredStatusRunning) {
			continue
		}
		if t := aws.ToTime(task.PullStoppedAt); !found || t.Before(first) {
			first = t
		}
		found = true
	}
	return first, found
}

// lastEnd is after which no task that was told to stop ran; false while one may still.
// One that never started had no worker.
func lastEnd(stopped []types.Task) (time.Time, bool) {
	var last time.Time
	for _, task := range stopped {
		if task.StartedAt == nil {
			continue
		}
		if aws.ToString(task.LastStatus) != string(types.DesiredStatusStopped) {
			return time.Time{}, false
		}
		ended := task.ExecutionStoppedAt
		if ended == nil {
			ended = task.StoppedAt
		}
		if t := aws.ToTime(ended); t.After(last) {
			last = t
		}
	}
	return last, true
}
