package worker

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"ecsctl/internal/hint"
	"ecsctl/prefect"
)

// defaultKeyPatience is how long Prefect may refuse the worker. A server that restarts or a
// proxy in front of it may do so for a moment; a key that was rotated is refused for good.
const defaultKeyPatience = 2 * time.Minute

// refusal watches whether Prefect refuses the worker: no waiting fixes a key that is not taken
// any more, but a new task of the service gets the new one from its secret.
type refusal struct {
	patience time.Duration
	over     chan struct{} // closed when patience has ended

	mu    sync.Mutex
	since time.Time // of the first refusal in a row; zero when there is none
	last  error
}

func newRefusal(patience time.Duration) *refusal {
	return &refusal{patience: patience, over: make(chan struct{})}
}

// heard takes in how a call of Prefect came out.
func (r *refusal) heard(ctx context.Context, log *slog.Logger, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	switch {
	case err == nil:
		r.since, r.last = time.Time{}, nil
		return
	case !errors.Is(err, prefect.ErrUnauthorized):
		return // it says nothing of the key
	case r.since.IsZero():
		r.since = time.Now()
	}
	r.last = err
	if time.Since(r.since) < r.patience || isClosed(r.over) {
		return
	}
	log.ErrorContext(ctx, "Prefect refuses the worker: it ends", "since", r.since.UTC().Format(time.RFC3339),
		"error", err)
	close(r.over)
}

// reason is why the worker is not well: Prefect has refused it for half the time, or more.
func (r *refusal) reason() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.since.IsZero() || time.Since(r.since) < r.patience/2 {
		return nil
	}
	return r.last
}

// final is the error that the worker ends with.
func (r *refusal) final() error {
	if !isClosed(r.over) {
		return nil
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	return hint.Add(fmt.Errorf("prefect has refused the worker for %s: %w", r.patience, r.last),
		"a key that was rotated reaches a worker when it starts: start it anew, or let its service do so")
}

// orOver is closed with stop, or when patience has ended.
func (r *refusal) orOver(ctx context.Context, stop <-chan struct{}) <-chan struct{} {
	either := make(chan struct{})
	go func() {
		defer close(either)
		select {
		case <-stop:
		case <-r.over:
		case <-ctx.Done():
		}
	}()
	return either
}
