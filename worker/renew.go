package worker

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"ecsctl/internal/awserr"
	"ecsctl/jobtemplate"
	"ecsctl/prefect"
	"ecsctl/worker/awsaccess"
)

// renewPause is how long a block whose credentials AWS does not take is left alone after
// it was read again: whoever rotates them may take a while.
const renewPause = 15 * time.Second

// renew reads AwsCredentials blocks again when AWS no longer takes what was read from them:
// keys are rotated and sessions expire while tasks run.
type renew struct {
	api       *prefect.Client
	log       *slog.Logger
	table     *table
	heartbeat *heartbeat
	resolve   *resolve
	clients   *awsaccess.Sets

	mu   sync.Mutex
	last map[*awsaccess.Clients]time.Time
}

// isStale reports whether AWS refuses the credentials themselves, in the words of its
// services: they are expired, or the key or its session no longer exists.
func isStale(err error) bool {
	return awserr.HasCode(err, "ExpiredToken", "ExpiredTokenException", "RequestExpired", "UnrecognizedClientException",
		"InvalidClientTokenId",
		"InvalidSignatureException", "SignatureDoesNotMatch", "AuthFailure")
}

// forLaunch makes the job again from what is there now. It returns false if that changes
// nothing of how AWS is reached.
func (r *renew) forLaunch(ctx context.Context, log *slog.Logger, c candidate, known *snapshot,
	old *awsaccess.Clients) (*jobtemplate.Job, *awsaccess.Clients, bool) {
	c.found = time.Now()
	job, err := r.resolve.job(ctx, c, known)
	if err != nil {
		return nil, nil, false
	}
	clients, err := r.clients.Of(ctx, job.Credentials)
	if err != nil || clients == old {
		return nil, nil, false
	}
	log.InfoContext(ctx, "AWS no longer takes the credentials of the job: they were read again")
	return job, clients, true
}

// tracked gives the runs of a batch, whose tasks cannot be looked at, the clients that their
// jobs have now.
func (r *renew) tracked(ctx context.Context, batch []tracked) error {
	if !r.due(batch[0].at.clients) {
		return nil
	}
	ids := make([]string, len(batch))
	for i, entry := range batch {
		ids[i] = entry.run.ID
	}
	runs, err := r.api.FilterFlowRuns(ctx, prefect.FlowRunFilter{IDs: ids})
	if err != nil {
		return err
	}
	var failures []error
	began, renewed := time.Now(), 0
	for i := range runs {
		changed, err := r.one(ctx, &runs[i], batch[0].at.clients, began)
		failures = append(failures, err)
		if changed {
			renewed++
		}
	}
	if renewed > 0 {
		r.log.InfoContext(ctx, "AWS no longer takes the credentials of some tasks: they were read again",
			"tasks", renewed)
	}
	return errors.Join(failures...)
}

func (r *renew) due(clients *awsaccess.Clients) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if time.Since(r.last[clients]) < renewPause {
		return false
	}
	if r.last == nil {
		r.last = map[*awsaccess.Clients]time.Time{}
	}
	r.last[clients] = time.Now()
	return true
}

func (r *renew) one(ctx context.Context, run *prefect.FlowRun, old *awsaccess.Clients,
	began time.Time) (changed bool, err error) {
	job, err := r.resolve.job(ctx, newCandidate(*run, began), r.heartbeat.current.Load())
	if ProblemsOf(err) != nil {
		return false, nil // the deployment has changed since: what was known stays
	}
	if err != nil {
		return false, err
	}
	clients, err := r.clients.Of(ctx, job.Credentials)
	if err != nil || clients == old {
		return false, err
	}
	r.table.change(run.ID, func(entry *tracked) {
		if entry.at.clients == old {
			entry.at.clients, changed = clients, true
		}
	})
	return changed, nil
}
