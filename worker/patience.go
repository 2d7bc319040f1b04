package worker

import (
	"context"
	"errors"
	"log/slog"
	"math/rand/v2"
	"net"
	"time"

	"github.com/aws/smithy-go"

	"ecsctl/internal/awserr"
	"ecsctl/internal/pause"
	"ecsctl/prefect"
	"ecsctl/worker/awsaccess"
)

const (
	firstPatience = time.Second
	mostPatience  = 15 * time.Second
	// rolePatience is for refusals that mostly mean a mistake: a role that ECS cannot
	// assume is rarely one that IAM has not told everybody about yet.
	rolePatience = 2 * time.Minute
)

// patience says how long AWS is asked again.
type patience struct {
	limit time.Duration
	// halt is closed when the worker has to come to its end: what is still refused then
	// is handed over instead of waited for.
	halt  <-chan struct{}
	tries Tries
}

// Tries say how often a call is made and with which waits between, as the settings
// PREFECT_INTEGRATIONS_AWS_ECS_WORKER_* do. The zero value leaves it to the worker.
type Tries struct {
	Most        int           // calls in all; 0 is as many as there is patience for
	First, Last time.Duration // the first wait, which doubles up to Last
	Jitter      time.Duration // the most that is added to each
}

// over reports whether the n-th failure, counted from 0, was the last.
func (t Tries) over(n int) bool { return t.Most > 0 && n+1 >= t.Most }

func (t Tries) Wait(n int) time.Duration {
	if t.Most == 0 {
		return pause.Backoff(n, firstPatience, mostPatience)
	}
	wait := t.First
	for range min(n, 30) {
		wait = min(2*wait, t.Last)
	}
	return wait + time.Duration(rand.Int64N(int64(t.Jitter)+1))
}

// with is the same patience with a number of tries.
func (p patience) with(tries Tries) patience {
	p.tries = tries
	return p
}

// haltedError is the last failure of a call that was not repeated because the worker
// comes to its end.
type haltedError struct{ error }

func (e *haltedError) Unwrap() error { return e.error }

// patiently repeats a call of AWS that may still work, for as long as patience lasts.
func patiently(ctx context.Context, log *slog.Logger, p patience, again func(error) bool, call func() error) error {
	began := time.Now()
	for n := 0; ; n++ {
		err := call()
		if err == nil || ctx.Err() != nil || !again(err) || p.tries.over(n) {
			return err
		}
		wait := p.tries.Wait(n)
		if time.Since(began)+wait > p.limitFor(err) {
			return err
		}
		log.WarnContext(ctx, "AWS rejected the call; retrying", "in", wait.Round(100*time.Millisecond).String(),
			"error", err)
		if !pauseUnless(ctx, p.halt, wait) {
			if ctx.Err() != nil {
				return err
			}
			return &haltedError{err}
		}
	}
}

func (p patience) limitFor(err error) time.Duration {
	if lasting(err) {
		return p.limit
	}
	return min(p.limit, rolePatience)
}

// lasting tells an outage of AWS, which is waited out, from what is more likely to be
// wrong here: a role that cannot be assumed, or no credentials.
func lasting(err error) bool {
	if awserr.FromEndpoint(err) {
		return false
	}
	var api smithy.APIError
	if errors.As(err, &api) {
		return !awsaccess.RoleIsNew(api)
	}
	var network net.Error
	var response interface{ HTTPStatusCode() int }
	return errors.As(err, &network) || errors.As(err, &response)
}

const (
	firstInsist = time.Second
	mostInsist  = 15 * time.Second // see maxLoopWait
)

// insist repeats a call of the Prefect API for as long as the API is away or too busy:
// what was claimed is not dropped. Only the context and a real answer end it.
func insist(ctx context.Context, log *slog.Logger, doing string, call func(context.Context) error) error {
	return insistWhile(ctx, log, doing, nil, call)
}

// errNoMore: while Prefect was away, the call has lost its reason.
var errNoMore = errors.New("what was to be said no longer holds")

// insistWhile does so for as long as the call still has its reason. That is asked after each wait,
// also of those that the client makes by itself.
func insistWhile(ctx context.Context, log *slog.Logger, doing string, s still,
	call func(context.Context) error) error {
	calling, waited := ctx, func(context.Context) error { return nil }
	if s != nil {
		asked := time.Now()
		waited = func(ctx context.Context) error {
			if time.Since(asked) < briefWait {
				return nil
			}
			asked = time.Now()
			if holds, err := s(ctx); err != nil || holds {
				return err
			}
			return errNoMore
		}
		calling = prefect.Guarded(ctx, waited)
	}
	for n := 0; ; n++ {
		err := waited(ctx)
		if err == nil {
			err = call(calling)
		}
		if err == nil || ctx.Err() != nil || !prefect.Temporary(err) {
			return err
		}
		wait := pause.Backoff(n, firstInsist, mostInsist)
		log.WarnContext(ctx, "Prefect does not answer: trying again", "while", doing, "in",
			wait.Round(time.Second).String(), "error", err)
		if pause.For(ctx, wait) != nil {
			return err
		}
	}
}

func isClosed(c <-chan struct{}) bool {
	select {
	case <-c:
		return true
	default:
		return false
	}
}

// pauseUnless waits; false when it was told to stop.
func pauseUnless(ctx context.Context, stop <-chan struct{}, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-stop:
	case <-ctx.Done():
	}
	return false
}
