package verify

import (
	"context"
	"errors"
	"fmt"
	"time"

	"ecsctl/internal/shellword"
	"ecsctl/operate/status"
	"ecsctl/prefect"
	"ecsctl/provision"
)

// findWorker looks whether anybody is there to take a run.
func (v *verification) findWorker(ctx context.Context) bool {
	began := time.Now()
	pool, err := v.Clients.Prefect.ReadWorkPool(ctx, v.Pool)
	if errors.Is(err, prefect.ErrNotFound) {
		return v.poolGone(ctx)
	}
	if status.IsRefusedKey(err) {
		return v.fail(StepWorker, err.Error(), status.KeyFix(err, status.BootstrapLine(ctx, v.Status, v.Pool)))
	}
	if err != nil {
		return v.failed(StepWorker, err)
	}
	v.pool = pool
	if err := v.checkPlace(ctx, pool); err != nil {
		return v.failed(StepWorker, err)
	}
	if pool.IsPaused {
		return v.fail(StepWorker, fmt.Sprintf("work pool %q is paused: its workers are given no runs", v.Pool),
			fmt.Sprintf("prefect work-pool resume %s", shellword.Quote(v.Pool)))
	}
	workers, err := v.Clients.Prefect.Workers(ctx, v.Pool)
	if err != nil {
		return v.failed(StepWorker, err)
	}
	for _, w := range workers {
		if w.Online() {
			v.result.Worker = w.Name
			v.ok(StepWorker, time.Since(began), fmt.Sprintf("worker %q: last heartbeat %s ago", w.Name,
				ago(w.LastHeartbeatTime)))
			return true
		}
	}
	reason := fmt.Sprintf("work pool %q has never had a worker", v.Pool)
	if len(workers) > 0 {
		reason = fmt.Sprintf("no worker of pool %q is online: the last heartbeat of %q was %s ago", v.Pool,
			workers[0].Name, ago(workers[0].LastHeartbeatTime))
	}
	return v.symptom(ctx, StepWorker, reason, status.BootstrapLine(ctx, v.Status, v.Pool)+
		"; `ecsctl doctor` looks for what may keep it from starting")
}

// poolGone tells a pool that was deleted, whose service is there, from one that never was.
func (v *verification) poolGone(ctx context.Context) bool {
	missing := provision.NoSuchPool(ctx, v.Clients.Prefect, v.Pool)
	if v.Status != nil {
		if recalled, err := provision.Recall(ctx, v.Status.Options); err == nil && recalled.Known {
			return v.fail(StepWorker, missing.Error(), status.BootstrapLine(ctx, v.Status, v.Pool))
		}
	}
	return v.failed(StepWorker, missing)
}

// checkPlace refuses a pool that stands elsewhere: its tasks could not be looked at. Without
// credentials of AWS nobody knows where we are, and the run itself needs none of ours.
func (v *verification) checkPlace(ctx context.Context, pool *prefect.WorkPool) error {
	id, err := provision.WhoAmI(ctx, v.Clients)
	if err != nil {
		return nil
	}
	return provision.CheckPlace(pool, id)
}

// ago is the time since then, in whole seconds.
func ago(then time.Time) time.Duration { return max(0, time.Since(then)).Round(time.Second) }
