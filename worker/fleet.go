package worker

import (
	"context"
	"errors"
	"time"

	"ecsctl/prefect"
	"ecsctl/worker/awsaccess"
)

// fleet is the stage that counts the workers of the pool: AWS's quotas are an account's,
// so that each worker takes its part of them and leaves the others theirs. Workers of
// other pools are not seen; what they take shows itself in throttled calls.
type fleet struct {
	opts    Options
	clients *awsaccess.Sets
	table   *table

	counted time.Time
}

// idleCount is between two counts while this worker launches nothing.
const idleCount = 5 * time.Minute

// count asks Prefect who is online and divides the rates anew.
func (f *fleet) count(ctx context.Context) error {
	if f.table.isEmpty() && time.Since(f.counted) < max(idleCount, f.opts.HeartbeatInterval) {
		return nil
	}
	workers, err := f.opts.Prefect.OnlineWorkers(ctx, f.opts.Pool)
	if errors.Is(err, prefect.ErrNotFound) {
		return nil // the pool is gone: the heartbeat sees to that
	}
	if err != nil {
		return err
	}
	f.counted = time.Now()
	f.clients.Divide(max(1, len(workers)))
	return nil
}
