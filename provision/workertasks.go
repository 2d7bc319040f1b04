package provision

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"ecsctl/prefect"
)

// standing tells the service's workers that are to stay from those that its newest deployment replaces.
type standing struct {
	service string
	tasks   []string  // the ids of the newest deployment's running tasks
	since   time.Time // after it each heartbeat is that of such a task
}

// has reports whether a worker is to stay. The name of our worker ends in its task's id, so that its first
// heartbeat is enough.
//
// Another's name does not tell: it holds the host name, which an address used again
// gives to another task. And the time of the deployment does not: the tasks that it
// replaces go on for a while, those that ECS does not count as healthy for as long as it
// takes to stop them, and a worker counts as ONLINE for three heartbeats after its last.
func (s standing) has(worker prefect.Worker) bool {
	return slices.Contains(s.tasks, strings.TrimPrefix(worker.Name, s.service+"-")) ||
		worker.LastHeartbeatTime.After(s.since)
}

// standing is false while no task of the newest deployment runs, or another still does.
func (b *Bootstrap) standing(ctx context.Context) (standing, bool, error) {
	newest := primaryOf(b.service.found)
	if newest == nil || len(b.service.found.Deployments) > 1 {
		return standing{}, false, nil
	}
	// In this order a task that is told to stop in between is seen twice, not missed.
	running, err := b.w.serviceTasks(ctx, types.DesiredStatusRunning)
	if err != nil {
		return standing{}, false, err
	}
	stopped, err := b.w.serviceTasks(ctx, types.DesiredStatusStopped)
	if err != nil {
		return standing{}, false, err
	}
	started, ok := firstStart(running, aws.ToString(newest.Id))
	if !ok {
		return standing{}, false, nil
	}
	ended, ok := lastEnd(stopped)
	if !ok {
		return standing{}, false, nil
	}
	out := standing{service: b.w.spec.Names.Service, since: started}
	if ended.After(started) {
		out.since = ended
	}
	for _, task := range running {
		out.tasks = append(out.tasks, shortName(aws.ToString(task.TaskArn)))
	}
	return out, true, nil
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
