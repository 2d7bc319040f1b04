package worker

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"

	"ecsctl/internal/pause"
	"ecsctl/prefect"
	"ecsctl/prefect/channel"
	"ecsctl/templates"
	"ecsctl/worker/awsaccess"
	"ecsctl/worker/runlog"
)

// byChannel is the stage that keeps a worker channel open where the server has one. While
// it is open, no heartbeat goes over REST: the server gets them by the channel and sends
// the pool when it has changed.
type byChannel struct {
	opts      Options
	log       *slog.Logger
	heartbeat *heartbeat
	channel   *channel.Channel
}

// cleanupsAtOnce is how many cleanup messages are acted upon at the same time. A worker has
// a message until the task is seen stopped, which takes up to two minutes on Fargate.
const cleanupsAtOnce = 16

func newByChannel(o Options, log *slog.Logger, h *heartbeat, t *teardown) *byChannel {
	c := &byChannel{opts: o, log: log, heartbeat: h}
	c.channel = channel.New(channel.Options{
		API: o.Prefect, Pool: o.Pool, Worker: o.Name, WorkerType: Type, Heartbeat: o.HeartbeatInterval,
		WorkQueues: o.WorkQueues,
		OnPool:     c.pool,
		Handle:     t.handle, Kinds: []channel.Kind{channel.CancellingTimeout}, Concurrency: cleanupsAtOnce,
		Logger: log,
	})
	h.open = c.channel.Open
	return c
}

// Run waits until the server is known, and then keeps the channel open. The pool is made
// by REST (heartbeat.go), in one place for all servers.
func (c *byChannel) Run(ctx context.Context) {
	for c.heartbeat.current.Load() == nil {
		if pause.For(ctx, c.opts.HeartbeatInterval) != nil {
			return
		}
	}
	if c.heartbeat.current.Load().isPrefect2() {
		return
	}
	c.channel.Run(ctx)
}

// pool takes a snapshot over. One without a template is given the default one, as with
// the official worker; the server gets it with the next heartbeat over REST.
func (c *byChannel) pool(pool *prefect.WorkPool, workerID string) {
	ctx := context.Background() // for the log alone
	if isEmptyObject(pool.BaseJobTemplate) {
		pool.BaseJobTemplate = templates.ECSBaseJobTemplate
	}
	raw, err := json.Marshal(pool)
	if err != nil {
		c.log.ErrorContext(ctx, "failed to keep the work pool that the server has sent", "pool", pool.Name,
			"error", err)
		return
	}
	known := c.heartbeat.current.Load()
	next := &snapshot{pool: pool, rawPool: raw, version: known.version, read: time.Now()}
	if known.pool.ID == pool.ID {
		next.workerID = known.workerID
	}
	if workerID != "" {
		next.workerID = workerID
	}
	if err := c.heartbeat.checkType(ctx, pool); err != nil {
		c.log.WarnContext(ctx, "nothing is launched", "error", err)
		c.heartbeat.refuse(err)
		return
	}
	c.heartbeat.tell(next)
}

// notStopped is why a cleanup message is given back when ECS has taken the StopTask and
// the task has not stopped.
const notStopped channel.Reason = "infrastructure_not_stopped"

// teardown is the stage that stops the task of a run which was Cancelling for too long. The
// server has made the run Cancelled by then: its state is not touched.
type teardown struct {
	opts      Options
	log       *slog.Logger
	lines     *runlog.Lines
	heartbeat *heartbeat
	locate    *locator
	tasks     *findTask
	patience  patience
}

// handle acts on a cleanup message. It is acknowledged when the task was seen stopped, or
// when there is none.
func (d *teardown) handle(ctx context.Context, m channel.Message) channel.Reason {
	reason, err := d.act(ctx, m)
	if err != nil && ctx.Err() == nil {
		d.log.WarnContext(ctx, "failed to stop the ECS task of a cancelled flow run", "id", m.Target.FlowRunID,
			"attempt", m.DeliveryCount, "error", awsaccess.Sentence(err))
	}
	return reason
}

func (d *teardown) act(ctx context.Context, m channel.Message) (channel.Reason, error) {
	var run *prefect.FlowRun
	err := insist(ctx, d.log, "reading a cancelled flow run", func(ctx context.Context) (err error) {
		run, err = d.opts.Prefect.ReadFlowRun(ctx, m.Target.FlowRunID)
		return err
	})
	if errors.Is(err, prefect.ErrNotFound) {
		return channel.Done, nil
	}
	if err != nil {
		return channel.HandlerFailed, err
	}
	at, found, reason, err := d.find(ctx, run, m.Target.InfrastructurePID)
	if !found || err != nil {
		return reason, err
	}
	return d.stop(ctx, d.lines.Of(runlog.Run{ID: run.ID, Name: run.Name}), at)
}

// find tells which task is meant. The message knows it, unless its worker was killed
// before it could tell Prefect; then it is that of the run, as long as the run is over: a
// task of a later launch has nothing to do with the message.
func (d *teardown) find(ctx context.Context, run *prefect.FlowRun,
	pid string) (at place, found bool, reason channel.Reason, err error) {
	known := d.heartbeat.current.Load()
	switch {
	case pid != "":
		run.InfrastructurePID = pid
	case !run.StateType.Terminal() && run.InfrastructurePID != "":
		return place{}, false, channel.MissingHandle, nil
	case !run.StateType.Terminal():
		return place{}, false, channel.Done, nil
	case run.InfrastructurePID == "":
		return d.findByClaim(ctx, known, run)
	}
	task, err := d.locate.task(ctx, known, run)
	switch {
	case errors.Is(err, prefect.ErrNotFound):
		return place{}, false, channel.NoConfiguration, err
	case err != nil:
		return place{}, false, channel.HandlerFailed, err
	}
	return task.at, true, channel.Done, nil
}

func (d *teardown) findByClaim(ctx context.Context, known *snapshot,
	run *prefect.FlowRun) (at place, found bool, reason channel.Reason, err error) {
	states, err := d.opts.Prefect.FlowRunStates(ctx, run.ID)
	if err != nil {
		return place{}, false, channel.HandlerFailed, err
	}
	claim, claimed := claimIn(states)
	if !claimed || !claim.marked {
		return place{}, false, channel.Done, nil
	}
	job, clients, err := d.locate.job(ctx, known, run)
	if err != nil {
		return place{}, false, channel.HandlerFailed, err
	}
	made, found, err := d.tasks.started(ctx, d.log, clients, job.Cluster, startedBy(run.ID, claim.id))
	if err != nil {
		return place{}, false, channel.HandlerFailed, err
	}
	return place{clients, made.cluster, made.arn}, found, channel.Done, nil
}

// stop tells ECS to stop the task, waiting out an outage, and looks until it has.
func (d *teardown) stop(ctx context.Context, log *slog.Logger, at place) (channel.Reason, error) {
	err := patiently(ctx, log, d.patience, awsaccess.Passing, func() error {
		_, err := at.clients.ECS.StopTask(ctx, &ecs.StopTaskInput{
			Cluster: &at.cluster, Task: &at.task, Reason: aws.String(stopReason),
		})
		return err
	})
	if isUnknownTask(err) {
		return channel.Done, nil // ECS does not know it any more
	}
	if err != nil {
		return channel.HandlerFailed, awsaccess.Explain("stop ECS task \""+at.task+"\"", err)
	}
	log.InfoContext(ctx, "the flow run was Cancelling for too long: ECS is stopping its task", "task", at.task)
	for asked := time.Now(); time.Since(asked) < stopAgain; {
		task, err := describeOne(ctx, at)
		if err == nil && (task == nil || aws.ToString(task.LastStatus) == "STOPPED") {
			return channel.Done, nil
		}
		if err != nil {
			log.DebugContext(ctx, "failed to look at a task that is to stop", "task", at.task, "error", err)
		}
		if pause.For(ctx, d.opts.SweepInterval) != nil {
			return channel.HandlerFailed, ctx.Err()
		}
	}
	return notStopped, fmt.Errorf("ECS task %q has not stopped within %s", at.task, stopAgain)
}
