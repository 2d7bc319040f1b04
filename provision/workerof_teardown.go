package provision

import (
	"context"
	"errors"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"ecsctl/internal/hint"
	"ecsctl/prefect"
	"ecsctl/provision/spec"
)

// undone is something of another pool's worker that a teardown makes as it was without the pool.
type undone struct {
	resource
	there func() bool
	after []Kind // what must be done before it; nil is what it is for others
}

func (u undone) remove() Change {
	c := Change{Action: None}
	c.Kind, c.Name = u.ref()
	if !u.there() {
		return c
	}
	return u.diff()
}

func (u undone) order() []Kind { return u.after }

func (u undone) delete(ctx context.Context) error {
	_, err := u.apply(ctx)
	return err
}

// hostOf finds the worker that serves the pool beside its own; nil where the pool has one of its own, or where that
// pool is no more. The pool no longer counts to those that it serves.
func (t *Teardown) hostOf(ctx context.Context) (*host, error) {
	w := t.w
	if w.spec.Worker.Of == "" || w.aws.Prefect == nil {
		return nil, nil
	}
	h, err := w.findHost(ctx)
	var gone *noHostError
	if errors.As(err, &gone) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	h.w.serves = withoutServed(h.w.serves, w.spec.Pool)
	return h, nil
}

// served reports whether the worker of another pool serves this one, be it there or not.
func (t *Teardown) served() bool { return t.w.spec.Worker.Of != "" }

// isWorkers reports whether something is the worker's, or was there before a pool that it serves.
func isWorkers(r removable) bool {
	named, ok := r.(interface{ ref() (Kind, string) })
	if !ok {
		return false
	}
	switch kind, _ := named.ref(); kind {
	case KindService, KindExecutionRole, KindWorkerRole, KindRepository, KindAPIKeySecret, KindAuthStringSecret,
		KindRule, KindQueue, KindDeadLetterQueue, KindCluster:
		return true
	}
	return false
}

// undo are the steps that take the pool out of the host's worker. The tasks that serve it end before it goes: a
// worker makes a pool that it does not find.
func (h *host) undo(w *world) []removable {
	if h == nil {
		return nil
	}
	policy := newServedPolicy(h, w)
	policy.policy = func() string { return "" }
	memory := &servedMemory{h: h, w: w, leaves: true}
	out := []removable{
		undone{resource: memory, there: func() bool { return h.pool.found != nil }, after: []Kind{KindService}},
		&undoneService{undone: undone{resource: h.service, there: h.runs, after: []Kind{}}, host: h, memory: memory},
	}
	if !spec.IsARN(h.w.spec.Names.WorkerRole) {
		out = append(out, undone{resource: policy, there: policy.owned})
	}
	if rule := (&eventRule{w: h.w}); h.w.Observes() {
		out = append(out, undone{resource: rule, there: rule.owned})
	}
	return out
}

// undoneService has the host's pool forget the pool, registers the worker's task without it, rolls the host's service
// and waits for the tasks that were there before. It is one step: those of the kind task-definition are the flow runs'
// own, which wait for the service, and what the host's pool remembers by now says which pools the worker serves.
type undoneService struct {
	undone
	host   *host
	memory *servedMemory
	older  bool // tasks of an older deployment are there
}

func (u *undoneService) find(ctx context.Context) error {
	err := u.host.service.find(ctx)
	if err == nil {
		err = u.host.definition.find(ctx)
	}
	if err == nil && u.there() {
		u.older, err = u.host.service.replaces(ctx)
	}
	return err
}

func (u *undoneService) remove() Change {
	if u.there() {
		u.host.definition.diff() // tells the service of a revision that is as wanted
	}
	c := u.undone.remove()
	if c.Action == None && u.older {
		c.Action, c.Reason = Update, "its tasks that serve the pool have not ended yet"
	}
	return c
}

func (u *undoneService) delete(ctx context.Context) error {
	if _, err := u.memory.apply(ctx); err != nil {
		return err
	}
	if u.memory.written {
		u.host.w.serves = u.host.pool.template.marker.Serves
	}
	if _, err := u.host.definition.apply(ctx); err != nil {
		return err
	}
	if err := u.undone.delete(ctx); err != nil {
		return err
	}
	s := u.host.service
	return s.w.until(ctx, func() (waiting, err error) {
		if err := s.find(ctx); err != nil || s.found == nil {
			return nil, err
		}
		if newest := primaryOf(s.found); newest != nil && newest.RolloutState == types.DeploymentRolloutStateFailed {
			return nil, fmt.Errorf("%w: %s", errFailedDeployment, aws.ToString(newest.RolloutStateReason))
		}
		older, err := s.replaces(ctx)
		if err != nil || !older && !s.lags() {
			return nil, err
		}
		return errors.New("the tasks that serve the pool have not ended"), nil
	})
}

// replaces reports whether tasks are there that are not of the newest deployment.
func (s *service) replaces(ctx context.Context) (bool, error) {
	newest := primaryOf(s.found)
	if newest == nil || len(s.found.Deployments) > 1 {
		return true, nil
	}
	for _, status := range []types.DesiredStatus{types.DesiredStatusRunning, types.DesiredStatusStopped} {
		tasks, err := s.w.serviceTasks(ctx, status)
		if err != nil {
			return false, err
		}
		for _, task := range tasks {
			if aws.ToString(task.StartedBy) != aws.ToString(newest.Id) && aws.ToString(task.LastStatus) != "STOPPED" {
				return true, nil
			}
		}
	}
	return false, nil
}

// checkServed refuses to take away a worker that serves other pools, too.
func (t *Teardown) checkServed(ctx context.Context) error {
	if t.w.aws.Prefect == nil {
		return nil
	}
	served, err := t.w.stillServed(ctx, t.w.remembered.Serves)
	if err != nil || len(served) == 0 {
		return err
	}
	return hint.Add(fmt.Errorf("the worker of pool %q serves %s, too", t.w.spec.Pool, servedNames(served)),
		takeOut(served)...)
}

// leaveHost makes a pool that is kept forget whose worker served it.
func (p *workPool) leaveHost(ctx context.Context) error {
	m := &p.template.marker
	names := *m.Names
	usual := spec.DeriveNames(p.w.spec.Pool, p.w.spec.Region)
	if names = names.TakeWorker(usual); names == usual {
		m.Names = nil
	} else {
		m.Names = &names
	}
	m.Choices.Worker.Of, m.WorkerLogs = "", ""
	raw, err := p.template.encode()
	if err != nil {
		return err
	}
	return p.w.aws.Prefect.UpdateWorkPool(ctx, p.w.spec.Pool, prefect.WorkPoolUpdate{BaseJobTemplate: raw})
}
