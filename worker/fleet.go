package worker

import (
	"context"
	"encoding/json"
	"errors"
	"maps"
	"slices"
	"sync"
	"time"

	awsmiddleware "github.com/aws/aws-sdk-go-v2/aws/middleware"
	"github.com/aws/smithy-go/middleware"

	"ecsctl/internal/poolplace"
	"ecsctl/prefect"
	"ecsctl/worker/awsaccess"
)

// fleet is the stage that counts the workers of the pool: AWS's quotas are an account's,
// so that each worker takes its part of them and leaves the others theirs. Workers of
// other pools are not seen; what they take shows itself in throttled calls.
type fleet struct {
	opts    Options
	sharers *sharers
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
	f.sharers.note(f.opts.Pool, len(workers))
	return nil
}

// sharers knows how many workers each pool has. The process takes its part of the rates once for
// all its pools: that of the pool with the most workers.
type sharers struct {
	clients *awsaccess.Sets

	mu     sync.Mutex
	byPool map[string]int
}

func (s *sharers) note(pool string, workers int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.byPool[pool] = workers
	s.clients.Divide(max(1, slices.Max(slices.Collect(maps.Values(s.byPool)))))
}

// skewWarned is how far the clocks may differ before the worker warns.
const skewWarned = 5 * time.Second

// checkClock warns when the clocks of this machine and the server are apart, once for each
// change. The worker goes by the server's; what a person compares does not.
func (p *poll) checkClock(ctx context.Context) {
	ahead := p.opts.Prefect.ClockAhead()
	if (ahead - p.skew).Abs() <= skewWarned {
		return
	}
	p.skew = ahead
	if ahead.Abs() <= skewWarned {
		p.skew = 0
		p.log.InfoContext(ctx, "the clocks of this machine and the Prefect server agree again")
		return
	}
	p.log.WarnContext(ctx, "the clocks of this machine and the Prefect server are apart: the worker goes by the "+
		"server's",
		"server is ahead by", ahead.Round(time.Second).String())
}

// hereFromAWS is a time of AWS's by this machine's clock; the answer that it came in says
// what time it was there.
func hereFromAWS(answer middleware.Metadata, t *time.Time) time.Time {
	if t == nil {
		return time.Time{}
	}
	if skew, ok := awsmiddleware.GetAttemptSkew(answer); ok {
		return t.Add(-skew)
	}
	return *t
}

// checkPlace refuses to begin in another account or region than the one that the pool was set
// up in: its cluster, roles and network are there, and each launch here would fail. A pool
// with an AwsCredentials block says by itself where its tasks run.
func (h *heartbeat) checkPlace(ctx context.Context, pool *prefect.WorkPool) error {
	was, err := poolplace.Of(pool.BaseJobTemplate)
	if h.current.Load() != nil || err != nil || was == (poolplace.Place{}) || namesCredentials(pool.BaseJobTemplate) {
		return nil
	}
	here := poolplace.Place{Region: h.opts.AWS.Region}
	if err := was.Check(pool.Name, here); err != nil || was.Account == "" {
		return err
	}
	here.Account = awsaccess.AccountOf(ctx, h.opts.AWS)
	return was.Check(pool.Name, here)
}

// namesCredentials reports whether the pool's own variables have an AwsCredentials block.
func namesCredentials(baseJobTemplate json.RawMessage) bool {
	var template struct {
		Variables struct {
			Properties struct {
				Credentials struct{ Default any } `json:"aws_credentials"`
			}
		}
	}
	err := json.Unmarshal(baseJobTemplate, &template)
	return err == nil && template.Variables.Properties.Credentials.Default != nil
}
