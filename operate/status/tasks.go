package status

import (
	"context"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"ecsctl/prefect"
	"ecsctl/provision"
)

// The tags that ECS workers put on the tasks of flow runs (prefect/workers/base.py).
const (
	tagFlowRunID   = "prefect.io/flow-run-id"
	tagFlowRunName = "prefect.io/flow-run-name"
)

// FlowRunTask is a task that runs a flow run of the pool.
type FlowRunTask struct {
	ID        string    `json:"id"`
	FlowRun   string    `json:"flowRun"` // its name
	FlowRunID string    `json:"flowRunId,omitempty"`
	State     string    `json:"state,omitempty"` // of the run in Prefect
	Status    string    `json:"status"`          // of the task
	Created   time.Time `json:"created"`
}

// readFlowRunTasks lists the pool's running tasks and what Prefect says of their runs.
func (r *statusReader) readFlowRunTasks(ctx context.Context) {
	tasks, err := provision.FlowRunTasks(ctx, r.opts.Clients, r.spec.Cluster, r.spec.Pool)
	if err != nil {
		r.unread(AboutAWS, err)
		return
	}
	var shown []FlowRunTask
	var ids []string
	for _, task := range tasks {
		t := showFlowRunTask(task)
		shown = append(shown, t)
		if t.FlowRunID != "" {
			ids = append(ids, t.FlowRunID)
		}
		if p, stuck := r.stuck(task, "the task of flow run "+fmt.Sprintf("%q", t.FlowRun), AboutFlowRunTask); stuck {
			r.add(p)
		}
	}
	states := r.flowRunStates(ctx, ids)
	for i := range shown {
		shown[i].State = states[shown[i].FlowRunID]
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.out.FlowRunTasks = shown
}

// flowRunStates asks Prefect for the states of runs; without an answer they are left
// out, and the side that reads Prefect tells why.
func (r *statusReader) flowRunStates(ctx context.Context, ids []string) map[string]string {
	out := map[string]string{}
	if len(ids) == 0 {
		return out
	}
	runs, err := r.opts.Clients.Prefect.FilterFlowRuns(ctx, prefect.FlowRunFilter{IDs: ids})
	if err != nil {
		r.opts.Logger.DebugContext(ctx, "cannot read the states of flow runs", "error", err)
	}
	for _, run := range runs {
		out[run.ID] = run.StateName
	}
	return out
}

func showFlowRunTask(task types.Task) FlowRunTask {
	out := FlowRunTask{ID: ShortName(aws.ToString(task.TaskArn)), Status: aws.ToString(task.LastStatus),
		Created: aws.ToTime(task.CreatedAt).UTC()}
	for _, tag := range task.Tags {
		switch aws.ToString(tag.Key) {
		case tagFlowRunID:
			out.FlowRunID = aws.ToString(tag.Value)
		case tagFlowRunName:
			out.FlowRun = aws.ToString(tag.Value)
		}
	}
	return out
}

// stuck reports whether a task has been starting for too long.
func (r *statusReader) stuck(task types.Task, what string, about About) (Problem, bool) {
	age := r.now.Sub(aws.ToTime(task.CreatedAt))
	if !starting(task) || age < r.opts.StuckAfter {
		return Problem{}, false
	}
	p := Problem{Severity: Fail, About: about,
		Cause: fmt.Sprintf("%s has been %s for %s", what, aws.ToString(task.LastStatus), age.Round(time.Second)),
		Fix: []string{r.stopTask(ShortName(aws.ToString(task.TaskArn))),
			"if the next one hangs too: look for the subnets' way out, a huge image, or missing capacity with " +
				"`ecsctl doctor`"}}
	for _, a := range task.Attachments {
		if aws.ToString(a.Status) == "PRECREATED" {
			p.Details = append(p.Details, "its network interface is not attached yet")
		}
	}
	return p, true
}

func starting(task types.Task) bool {
	switch aws.ToString(task.LastStatus) {
	case "PROVISIONING", "PENDING", "ACTIVATING":
		return true
	}
	return false
}
