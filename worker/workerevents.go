package worker

import (
	"context"
	"crypto/sha256"
	"slices"
	"time"

	"ecsctl/internal/uuid"
	"ecsctl/prefect"
	"ecsctl/worker/taskchange"
)

// The names of a worker's events, which automations and the UI look for.
const (
	eventStarted   = "prefect.worker.started"
	eventStopped   = "prefect.worker.stopped"
	eventSubmitted = "prefect.worker.submitted-flow-run"
	eventExecuted  = "prefect.worker.executed-flow-run"
)

// followsWithin is how close two events must be for one to say that it follows the other.
const followsWithin = 5 * time.Minute

// workerEvents tells Prefect's event feed what the worker does, in the events of the
// official worker (prefect/workers/base.py, _emit_*_event).
type workerEvents struct {
	emitter   *emitter
	heartbeat *heartbeat
	resolve   *resolve
	name      string
	began     prefect.Event // that the worker has started
}

// started tells that the worker is there.
func (w *workerEvents) started() {
	if known := w.heartbeat.current.Load(); known != nil {
		w.began = w.event(known, uuid.New(), eventStarted, nil)
		w.emitter.emit(known, w.began)
	}
}

// Stopped tells that the worker is gone.
func (w *workerEvents) Stopped() {
	known := w.heartbeat.current.Load()
	if known == nil || w.began.ID == "" {
		return
	}
	e := w.event(known, uuid.New(), eventStopped, nil)
	follow(&e, w.began)
	w.emitter.emit(known, e)
}

// submitted tells that the run's job is about to be launched.
func (w *workerEvents) submitted(ctx context.Context, c candidate, known *snapshot) prefect.Event {
	e := w.event(known, claimEventID(c, eventSubmitted), eventSubmitted, w.resolve.related(ctx, c))
	w.emitter.emit(known, e)
	return e
}

// executed tells which infrastructure the run has. The official worker does not wait for
// the task to end either, and always tells the status 0. after is the zero value when
// another worker has submitted the run.
func (w *workerEvents) executed(ctx context.Context, c candidate, known *snapshot, pid string, after prefect.Event) {
	related := w.resolve.related(ctx, c)
	for _, resource := range related {
		if resource[resourceRole] == "flow-run" {
			resource["prefect.infrastructure.identifier"] = pid
			resource["prefect.infrastructure.status-code"] = "0"
		}
	}
	e := w.event(known, claimEventID(c, eventExecuted), eventExecuted, related)
	follow(&e, after)
	w.emitter.emit(known, e)
}

// claimEventID is the same for all workers that go on with a claim: the server keeps the
// first event of an id, so that no launch is told twice.
func claimEventID(c candidate, event string) string {
	sum := sha256.Sum256([]byte(c.run.ID + "/" + c.claim + "/" + event))
	return uuid.From([16]byte(sum[:16]))
}

func (w *workerEvents) event(known *snapshot, id, name string, related []map[string]string) prefect.Event {
	pool := map[string]string{
		resourceID: "prefect.work-pool." + known.pool.ID, resourceRole: "work-pool", resourceName: known.pool.Name,
	}
	return prefect.Event{
		ID: id, Occurred: time.Now().UTC(), Event: name, Related: append(related, pool),
		Resource: map[string]string{
			resourceID: "prefect.worker.ecs." + taskchange.WorkerSlug(w.name), resourceName: w.name,
			"prefect.version": known.version, "prefect.worker-type": Type,
		},
	}
}

const (
	resourceID   = "prefect.resource.id"
	resourceRole = "prefect.resource.role"
	resourceName = "prefect.resource.name"
)

// related are the objects that a run belongs to and the tags of all of them, in the
// official order. They were read for the run's job, so this makes no calls.
func (r *resolve) related(ctx context.Context, c candidate) []map[string]string {
	var out []map[string]string
	tags := slices.Clone(c.run.Tags)
	add := func(kind, id, name string) {
		out = append(out, map[string]string{
			resourceID: "prefect." + kind + "." + id, resourceRole: kind, resourceName: name,
		})
	}
	if c.run.DeploymentID != "" {
		if d, err := r.deployment(ctx, c); err == nil {
			add("deployment", d.ID, d.Name)
			tags = append(tags, d.Tags...)
		}
	}
	if flow, err := r.flow(ctx, c); err == nil {
		add("flow", flow.ID, flow.Name)
		tags = append(tags, flow.Tags...)
	}
	add("flow-run", c.run.ID, c.run.Name)
	slices.Sort(tags)
	for _, tag := range slices.Compact(tags) {
		out = append(out, map[string]string{resourceID: "prefect.tag." + tag, resourceRole: "tag"})
	}
	return out
}

// follow says that e came after before, as far as that is known and they are close.
func follow(e *prefect.Event, before prefect.Event) {
	if before.ID != "" && e.Occurred.Sub(before.Occurred).Abs() < followsWithin {
		e.Follows = before.ID
	}
}

// labelsOfRun are what a worker writes on the runs that it launches.
func labelsOfRun(worker string, pool *prefect.WorkPool) map[string]string {
	return map[string]string{
		"prefect.worker.name": worker, "prefect.worker.type": Type, "prefect.work-pool.name": pool.Name,
		"prefect.work-pool.id": pool.ID,
	}
}

// label writes them, at the same time as the launch: no launch waits for it, or fails for it.
// The returned function waits until it is done.
func (s *submit) label(ctx context.Context, c candidate, known *snapshot) (wait func()) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		if known.isPrefect2() {
			return
		}
		if err := s.report.api.LabelFlowRun(ctx, c.run.ID, labelsOfRun(s.heartbeat.opts.Name, known.pool)); err != nil {
			s.log.DebugContext(ctx, "failed to label the flow run", "id", c.run.ID, "error", err)
		}
	}()
	return func() { <-done }
}
